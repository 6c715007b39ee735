# SPDX-License-Identifier: Apache-2.0
"""The transcript player against a scripted server: what must pass passes, and what must fail fails for the right reason."""

import pathlib
import socket
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from transcript import BadScript, Failure, Pattern, Player, Step, Violation, parse, unescape  # noqa: E402


class FakeServer:
    """Answers each command line by its words (tag left out) with the canned text; {tag} stands for the tag."""

    def __init__(self, answers, greeting=b"* OK ready\r\n"):
        self.answers, self.greeting = answers, greeting
        self.received = []
        self.connections = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        sock.sendall(self.greeting)
        lines = sock.makefile("rb")
        for line in lines:
            words = line.rstrip(b"\r\n")
            if words.endswith(b"}"):
                size = int(words[words.rindex(b"{") + 1 : -1].rstrip(b"+"))
                if not words.endswith(b"+}"):
                    sock.sendall(b"+ go on\r\n")
                words += b"|" + lines.read(size) + lines.readline().rstrip(b"\r\n")
            self.received.append(words)
            tag, _, command = words.partition(b" ")
            if self._answer(sock, tag, command) is False:
                break
        sock.close()

    def _answer(self, sock, tag, command):
        command = command or tag  # DONE stands alone
        for start, answer in self.answers.items():
            if command.upper().startswith(start.encode().upper()):
                if answer is None:
                    sock.shutdown(socket.SHUT_RDWR)
                    return False
                sock.sendall(answer.replace("{tag}", tag.decode()).encode("latin-1"))
                return True
        sock.sendall(tag + b" OK done\r\n")
        if command.upper() == b"LOGOUT":
            sock.shutdown(socket.SHUT_RDWR)
            return False
        return True

    def close(self):
        self.listener.close()
        for sock in self.connections:
            sock.close()


SELECTED = (
    "* 3 EXISTS\r\n* FLAGS (\\Seen \\Answered)\r\n* OK [UIDVALIDITY 77] there\r\n* OK [UIDNEXT 12] next\r\n"
    "{tag} OK [READ-WRITE] selected\r\n"
)


def play(text, answers=None, rev="rev1", greeting=b"* OK ready\r\n"):
    server = FakeServer(answers or {}, greeting)
    player = Player(parse(text), rev, {"imap": server.port}, [("anna", 'se"c')])
    player.script.check_grammar = False
    try:
        player.play()
    finally:
        server.close()
    return player, server


def pattern(text, response, body=None, **variables):
    step = Step(1, None, "main", "S:", text, body)
    found = Pattern(text, step, variables)
    return found.match(response if isinstance(response, bytes) else response.encode("latin-1") + b"\r\n"), variables


class Patterns(unittest.TestCase):
    def check(self, text, response, good=True, body=None, **variables):
        self.assertEqual(pattern(text, response, body, **variables)[0], good, f"{text!r} / {response!r}")

    def test_plain_text(self):
        self.check("* 3 EXISTS", "* 3 EXISTS")
        self.check("* 3 EXISTS", "* 31 EXISTS", False)
        self.check("* FLAGS (\\Seen $Junk a.b)", "* FLAGS (\\Seen $Junk a.b)")
        self.check("* FLAGS (a.b)", "* FLAGS (axb)", False)

    def test_words(self):
        self.check("* $num EXISTS", "* 12 EXISTS")
        self.check("* $num EXISTS", "* x EXISTS", False)
        self.check("BAD $anyexpected", "BAD x: expected")
        self.check("* 1 FETCH ($any UID 5)", '* 1 FETCH (BODY[] {3}\r\na)b UID 5)')
        self.check("* 1 FETCH (UID $nz)", "* 1 FETCH (UID 0)", False)
        self.check("* LIST $any {{(INBOX|inbox)}}", '* LIST () "/" inbox')

    def test_free_text_after_codes(self):
        self.check("OK", "OK done well")
        self.check("OK [READ-ONLY]", "OK [READ-ONLY] look")
        self.check("OK [READ-ONLY]", "OK [READ-WRITE] look", False)
        self.check("* BYE", "* BYE so long")
        self.check("NO", "OK done", False)
        self.check("OK exactly", "OK exactly so", False)
        self.check("x1 BAD", "x1 BAD what")

    def test_strings(self):
        for form in ('"a b"', "{3}\r\na b", "~{3}\r\na b"):
            self.check('* 1 FETCH (BODY[] $str"a b")', f"* 1 FETCH (BODY[] {form})")
        self.check('X $str"ab"', "X ab")
        self.check('X $nstr"ab"', "X ab", False)
        self.check('X $lit"a\\r\\n"', "X {3}\r\na\r\n")
        self.check('X $lit"a"', 'X "a"', False)
        self.check('X $lit8"\\x00"', b"X ~{1}\r\n\0\r\n")
        self.check('X $str"q\\"q"', 'X "q\\"q"')
        self.check("X <<)", "X {7}\r\nab\r\nc\r\n)", body=["ab", "c"])
        self.check("X $string Y", 'X {4}\r\na" b Y')
        self.check("X $string Y", "X NIL Y")

    def test_sets_and_orders(self):
        self.check("(FLAGS $set(\\Seen \\Deleted))", "(FLAGS (\\Deleted \\Seen))")
        self.check("(FLAGS $set(\\Seen))", "(FLAGS (\\Deleted \\Seen))", False)
        self.check("(FLAGS $has(\\Seen))", "(FLAGS (\\Deleted \\Seen))")
        self.check("(FLAGS $set())", "(FLAGS ())")
        self.check('* 1 FETCH $items(UID 5, FLAGS $set(\\Seen $a), BODY[] $str"x, y")',
                   '* 1 FETCH (BODY[] "x, y" UID 5 FLAGS ($a \\Seen))')
        self.check("* 1 FETCH $items(UID 5, FLAGS ())", "* 1 FETCH (UID 5)", False)
        self.check("* STATUS a $items(MESSAGES 1, UIDNEXT ${next})", "* STATUS a (UIDNEXT 9 MESSAGES 1)")

    def test_captures(self):
        good, variables = pattern("OK [UIDNEXT ${next}]", "OK [UIDNEXT 12] x")
        self.assertTrue(good)
        self.assertEqual(variables, {"next": "12"})
        self.check("* ${next} EXISTS", "* 12 EXISTS", next="12")
        self.check("* ${next+1} EXISTS", "* 13 EXISTS", next="12")
        self.check("* ${next-1} EXISTS", "* 13 EXISTS", False, next="12")
        self.assertEqual(pattern("X ${a=[0-9]{2}}5", "X 125")[1], {"a": "12"})
        self.check("X ${a} ${a}", "X 1 2", False)
        with self.assertRaises(BadScript):
            pattern("X ${a+1}", "X 1")

    def test_escapes(self):
        self.assertEqual(unescape('a\\r\\n\\\\\\"\\x00\\xffü\\Seen'), b'a\r\n\\"\0\xff\xc3\xbc\\Seen')


class Parsing(unittest.TestCase):
    def test_headers(self):
        script = parse('@ rev rev2\n@ engines local\n@ mailbox "A b" 2\n@ mailbox X a.eml (\\Seen $F) "1-Jan-2020"\n'
                       "@ needs MOVE\n@ users 2\nC: NOOP\nS: OK\n")
        self.assertEqual(script.revs, ["rev2"])
        self.assertEqual(script.engines, ["local"])
        self.assertEqual(script.mailboxes[0], ("A b", [(1, "", None), (2, "", None)]))
        self.assertEqual(script.mailboxes[1], ("X", [("a.eml", "\\Seen $F", "1-Jan-2020")]))
        self.assertEqual((script.needs, script.users), (["MOVE"], 2))

    def test_refuses(self):
        for text in ("", "@ rev rev3\nC: a", "C NOOP", "C: a\n@ rev rev1", "> body", "BOGUS\n", "a b C: x"):
            with self.assertRaises(BadScript, msg=text):
                parse(text)


class Playing(unittest.TestCase):
    def fails(self, why, text, answers=None, **more):
        with self.assertRaises(Failure) as caught:
            play(text, answers, **more)
        self.assertIn(why, str(caught.exception))

    def test_logs_in_by_itself(self):
        _, server = play("C: NOOP\nS: OK", rev="rev2")
        self.assertEqual(server.received, [b'main1 LOGIN "anna" "se\\"c"', b"main2 ENABLE IMAP4rev2", b"main3 NOOP"])

    def test_order_and_groups(self):
        play("C: SELECT INBOX\nS: * 3 EXISTS\nS: ...\nS: OK [READ-WRITE]\nNONE", {"SELECT": SELECTED})
        play("C: SELECT INBOX\nS~ * OK [UIDNEXT ${n}]\nS~ * 3 EXISTS\nS~ ...\nS: OK\n", {"SELECT": SELECTED})
        self.fails("wanted", "C: SELECT INBOX\nS~ * 4 EXISTS\nS~ ...\nS: OK", {"SELECT": SELECTED})
        self.fails("got b'* 3 EXISTS", "C: SELECT INBOX\nS: OK", {"SELECT": SELECTED})
        self.fails("got b'* 3 EXISTS", "C: SELECT INBOX\nS: * FLAGS $any\nS: OK", {"SELECT": SELECTED})
        self.fails("wanted", "C: SELECT INBOX\nS~ * 3 EXISTS\nS: OK", {"SELECT": SELECTED})

    def test_skipping_ends_with_the_next_match(self):
        self.fails("got", "C: SELECT INBOX\nS: ...\nS: * 3 EXISTS\nS: OK", {"SELECT": SELECTED})

    def test_never(self):
        play("C: SELECT INBOX\nS! * $num RECENT\nS: ...\nS: OK", {"SELECT": SELECTED})
        self.fails("forbids", "C: SELECT INBOX\nS! * $num EXISTS\nS: ...\nS: OK", {"SELECT": SELECTED})

    def test_none(self):
        self.fails("NOOP brought", "NONE", {"NOOP": "* 4 EXISTS\r\n{tag} OK\r\n"})
        play("SYNC\nb NONE\n", {"NOOP b": ""})

    def test_sends_literals(self):
        _, server = play('C: APPEND INBOX (\\Seen) $lit"a\\r\\n"\nS: OK\nC: APPEND X $lit+"b"\nS: OK\n'
                         "C: APPEND INBOX <<\n> Subject: x\n>\n> y\nS: OK")
        self.assertEqual(server.received[1:], [b"main2 APPEND INBOX (\\Seen) {3}|a\r\n", b"main3 APPEND X {1+}|b",
                                               b"main4 APPEND INBOX {17}|Subject: x\r\n\r\ny\r\n"])

    def test_variables_flow(self):
        _, server = play("C: SELECT INBOX\nS~ ...\nS~ * OK [UIDNEXT ${n}]\nS: OK\nC: UID FETCH ${n-1} FLAGS\nS: OK",
                         {"SELECT": SELECTED})
        self.assertEqual(server.received[-1], b"main3 UID FETCH 11 FLAGS")

    def test_raw_lines_and_idle(self):
        _, server = play("C: IDLE\nS: + $any\nC= DONE\nS: OK\nC= x1 \\x00bad\nS: x1 BAD",
                         {"IDLE": "+ idling\r\n", "\0bad": "{tag} BAD no\r\n", "DONE": "main2 OK idled\r\n"})
        self.assertEqual(server.received[-1], b"x1 \0bad")

    def test_pipelining(self):
        play("C: A\nC: B\nS: * 1 EXISTS\nS: OK one\nS: OK two",
             {"A": "* 1 EXISTS\r\n{tag} OK one\r\n", "B": "{tag} OK two\r\n"})

    def test_many_connections(self):
        player, _ = play("a C: NOOP\na S: OK\nb C: CHECK\nb S: OK\na NONE")
        self.assertIn("b C: b2 CHECK", player.transcript())

    def test_greeting_and_closing(self):
        play("CONNECT\nS: * BYE [UNAVAILABLE]\n", greeting=b"* BYE [UNAVAILABLE] later\r\n")
        play("CONNECT\nS: * OK\nC: LOGOUT\nS: * BYE\nS: OK\n", {"LOGOUT": "* BYE bye\r\n{tag} OK\r\n"})
        play("C: DIE\nCLOSED", {"DIE": None})
        self.fails("wanted the connection closed", "C: NOOP\nCLOSED")
        self.fails("closed the connection", "C: DIE\nS: OK", {"DIE": None})

    def test_revisions(self):
        text = "C: NOOP\n[rev1] S: * 0 RECENT\nS: OK"
        play(text, {"NOOP": "* 0 RECENT\r\n{tag} OK\r\n"}, rev="rev1")
        play(text, {}, rev="rev2")

    def test_preloads(self):
        _, server = play("@ mailbox INBOX 2\n@ mailbox A/B\nC: NOOP\nS: OK")
        self.assertTrue(any(b"APPEND \"INBOX\" {" in line and b"Subject: Message 2" in line for line in server.received))
        self.assertIn(b'setup4 CREATE "A/B"', server.received)

    def test_needs(self):
        server = FakeServer({"CAPABILITY": "* CAPABILITY IMAP4rev2 MOVE\r\n{tag} OK\r\n"})
        for need, applies in (("MOVE", True), ("SORT", False)):
            player = Player(parse(f"@ needs {need}\nC: NOOP\nS: OK"), "rev1", {"imap": server.port}, [("a", "b")])
            player.script.check_grammar = False
            self.assertEqual(player.play(), applies)
        server.close()

    def test_bad_framing_is_a_violation(self):
        with self.assertRaises(Violation):
            play("C: NOOP\nS: OK", {"NOOP": "* 1 EXISTS\n{tag} OK\r\n"})


if __name__ == "__main__":
    unittest.main()
