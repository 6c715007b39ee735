# SPDX-License-Identifier: Apache-2.0
"""What the search lines of ./dev bench do not show, since they look for words that are nowhere: that a word is found wherever it hides.
Not timed; one message for each way to hide it."""

import base64
import quopri

from bench_servers import Talk, Trouble

HEAD = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: %s\r\nDate: Mon, 06 Jan 2025 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
PART = b"Content-Type: text/%s; charset=%s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s\r\n"


def single(charset, encoding, text, kind=b"plain"):
    return HEAD % b"hidden" + PART % (kind, charset, encoding, text)


def attached(charset, encoding, text):
    """The text in the second part of two."""
    first, second = PART % (b"plain", b"us-ascii", b"7bit", b"nothing"), PART % (b"plain", charset, encoding, text)
    return (HEAD % b"hidden" + b'Content-Type: multipart/mixed; boundary="=_b"\r\n\r\n'
            b"--=_b\r\n" + first + b"--=_b\r\n" + second + b"--=_b--\r\n")  # fmt: skip


def base64_of(text):
    return base64.encodebytes(text).replace(b"\n", b"\r\n")


def quoted(text):
    return quopri.encodestring(text).replace(b"\n", b"\r\n")


FILLER = "Dies und das, und noch manches mehr. " * 5  # so that lines break inside of words now and then

WORDS = [  # how it hides, the word to look for, the message
    ("base64", "quastenflosser", single(b"utf-8", b"base64", base64_of((FILLER + "Quastenflosser").encode()))),
    ("quoted-printable", "wüstenspringmaus", single(b"utf-8", b"quoted-printable", quoted((FILLER + "Wüstenspringmaus").encode()))),
    ("quoted-printable, with a soft line break inside", "schnabeltierchen",
     single(b"utf-8", b"quoted-printable", b"Schnabel=\r\ntierchen")),
    ("ISO-8859-1, 8 bits", "mähnenwölfe", single(b"iso-8859-1", b"8bit", "Mähnenwölfe".encode("iso-8859-1"))),
    ("KOI8-R in base64", "утконос", single(b"koi8-r", b"base64", base64_of("Здесь утконос".encode("koi8-r")))),
    ("ISO-2022-JP, 7 bits", "日本語", single(b"iso-2022-jp", b"7bit", "これは日本語です".encode("iso-2022-jp"))),
    ("windows-1252 in quoted-printable, second part", "ameisenbären",
     attached(b"windows-1252", b"quoted-printable", quoted("Ameisenbären".encode("windows-1252")))),
    ("base64, second part", "erdmännchen", attached(b"utf-8", b"base64", base64_of((FILLER + "Erdmännchen").encode()))),
    ("an encoded word of the subject", "zwergseidenäffchen",
     HEAD % b"=?utf-8?q?Zwergseiden=C3=A4ffchen?=" + PART % (b"plain", b"us-ascii", b"7bit", b"nothing")),
]  # fmt: skip


def check(server, user):
    """[how] of the words that the server does not find in the one message that has them."""
    missed = []
    with Talk(server, user) as talk:
        for _, _, message in WORDS:
            talk.command("APPEND INBOX", message)
        talk.command("SELECT INBOX")
        for number, (how, word, _) in enumerate(WORDS, 1):
            try:
                found = talk.command("SEARCH CHARSET UTF-8 TEXT", word.encode())
            except Trouble:
                found = []
            if f"* SEARCH {number}" not in found:
                missed.append(how)
    return missed
