// SPDX-License-Identifier: Apache-2.0
// The reader and the loop of a session over a connection in memory, with every split of the input.
#include "auth/fake_testing.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/limits.h"
#include "base/log.h"
#include "imap/imap.h"
#include "mail/account.h"

static struct op op;
static struct store *store;
static struct mail *mail;
static struct imap *imap;

static const struct imap_config config = { .allow_plaintext = true };

static int setup(void **state)
{
	(void)state;
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true };
	struct imap_config ic = config;
	log_level_set(LOG_ERROR_);
	op_init(&op, 0);
	if (store_open(&op, &sc, &store) < 0 || mail_open(&op, store, &mc, &mail) < 0)
		return -1;
	ic.mail = mail;
	return imap_new(&op, &ic, &imap);
}

static int teardown(void **state)
{
	(void)state;
	imap_free(imap);
	mail_close(mail);
	store_close(store);
	op_done(&op);
	return 0;
}

// A dialogue: what is sent, in pieces of every size; what comes, whole. "?" in `want` stands for the rest of a line.
static bool line_fits(struct span got, struct span want)
{
	size_t any = span_find_char(want, '?');
	return any == want.n ? span_eq(got, want) : span_starts(got, span_cut(want, 0, any));
}

static void dialogue(const char *sent, size_t sent_n, const char *want)
{
	static const size_t chunks[] = { 0, 1, 2, 3, 7, 64 };
	for (size_t i = 0; i < countof(chunks); i++) {
		struct fake f;
		fake_open(&f, &imap_service, imap);
		(void)fake_output(&f); // the greeting
		fake_send(&f, span_of(sent, sent_n), chunks[i]);
		struct span got = fake_output(&f), rest = span_str(want);
		while (rest.n || got.n) {
			struct span line, wanted;
			got = span_split(got, '\n', &line);
			rest = span_split(rest, '\n', &wanted);
			line = span_trim(line);
			if (!line_fits(line, wanted))
				fail_msg("chunks of %zu: got \"%.*s\", want \"%.*s\"", chunks[i],
					SPAN_FMT(line), SPAN_FMT(wanted));
		}
		fake_close(&f);
	}
}
#define DIALOGUE(sent, want) dialogue(sent, sizeof(sent) - 1, want)

static void greets(void **state)
{
	struct fake f;
	fake_open(&f, &imap_service, imap);
	struct span hello = fake_output(&f);
	assert_true(span_starts(hello, SPAN("* OK [CAPABILITY IMAP4rev2 IMAP4rev1 ")));
	fake_close(&f);
}

static void reads_commands(void **state)
{
	DIALOGUE("a NOOP\r\nb noop\r\n", "a OK?\nb OK?");
	DIALOGUE("a NOOP\nb NOOP\n", "a OK?\nb OK?"); // a lone LF
	DIALOGUE("a LOGIN u p\r\nb LOGIN u p\r\n", "a OK [CAPABILITY ?\nb BAD?");
	DIALOGUE("a LOGIN {1+}\r\nu {1+}\r\np\r\n", "a OK?");
	DIALOGUE("a LOGIN {1}\r\nu {1}\r\np\r\n", "+ OK\n+ OK\na OK?");
	DIALOGUE("a LOGIN {0+}\r\n {0+}\r\n\r\nb NOOP\r\n", "a NO?\nb OK?");
	DIALOGUE("a LOGOUT\r\nb NOOP\r\n", "* BYE?\na OK?");
}

static void refuses_bad_lines(void **state)
{
	DIALOGUE("\r\na NOOP\r\n", "* BAD expected a tag at position 1, ?\na OK?");
	DIALOGUE("a\r\nb NOOP\r\n", "a BAD?\nb OK?");
	DIALOGUE("a FROB x\r\nb NOOP\r\n", "a BAD unknown command \"FROB\"\nb OK?");
	DIALOGUE("a SELECT INBOX\r\n", "a BAD SELECT is not allowed before log-in");
	DIALOGUE("a LOGIN u\r\n",
		"a BAD LOGIN: expected a space at position 10, found the end of the line");
	DIALOGUE(
		"a LOGIN u p \r\n", "a BAD LOGIN: expected the end of the command at position 12?");
	DIALOGUE("a LOGIN u \"p\0\"\r\nb NOOP\r\n", "a BAD?\nb OK?");
	DIALOGUE("a LOGIN \"\xff\" p\r\n", "a BAD LOGIN: expected UTF-8 in a quoted string?");
	DIALOGUE("a\xc3\xbc NOOP\r\nb NOOP\r\n", "* BAD?\nb OK?");
	DIALOGUE("+ NOOP\r\n", "* BAD?");
	DIALOGUE("a UID\r\nb UID x\r\n", "a BAD?\nb BAD unknown command \"UID x\"");
	DIALOGUE("a  NOOP\r\nb NOOP \r\n", "a BAD?\nb BAD?");
}

// A literal that cannot be had is refused before "+", or swallowed.
static void refuses_literals(void **state)
{
	DIALOGUE("a LOGIN {100000}\r\nb NOOP\r\n", "a NO [TOOBIG]?\nb OK?");
	DIALOGUE("a LOGIN {5+}\r\n\r\n\r\n) x\r\nb NOOP\r\n", "a NO?\nb OK?");
	DIALOGUE("a FROB {5}\r\nb NOOP\r\n", "a BAD?\nb OK?");
	DIALOGUE("a FROB {8+}\r\nx NOOP\r\n y\r\nb NOOP\r\n", "a BAD?\nb OK?");
	DIALOGUE("a FROB {3+}\r\nabc{3+}\r\nabc {9}\r\nb NOOP\r\n", "a BAD?\nb OK?");
	DIALOGUE("a LOGIN {9999999999999999999999+}\r\n", "* BYE [TOOBIG]?");
	DIALOGUE("a LOGIN {70000+}\r\n", "* BYE [TOOBIG]?");
	DIALOGUE("a LOGIN {1-}\r\n", "a BAD?");
}

static void long_lines(void **state)
{
	struct fake f;
	fake_open(&f, &imap_service, imap);
	(void)fake_output(&f);
	char *line = malloc(200000);
	memset(line, 'x', 200000);
	memcpy(line, "a LOGIN ", 8);
	fake_send(&f, span_of(line, 100000), 0);
	fake_send(&f, SPAN("\r\nb NOOP\r\n"), 0);
	struct span out = fake_output(&f);
	assert_true(span_starts(out, SPAN("a BAD [LIMIT]")));
	assert_true(span_find(out, SPAN("b OK")) != SIZE_MAX);
	// The same in pieces, ending in a literal that is swallowed, too.
	fake_send(&f, span_of(line, 100000), 1000);
	fake_send(&f, SPAN(" {8+}\r\nx NOOP\r\n y\r\nc NOOP\r\n"), 1);
	out = fake_output(&f);
	assert_true(span_starts(out, SPAN("a BAD [LIMIT]")));
	assert_true(span_find(out, SPAN("x OK")) == SIZE_MAX &&
		span_find(out, SPAN("c OK")) != SIZE_MAX);
	fake_send(&f, SPAN("d LOGIN u p\r\n"), 0);
	(void)fake_output(&f);
	memcpy(line, "e SELECT ", 9);
	fake_send(&f, span_of(line, IMAP_LINE_MAX), 0);
	fake_send(&f, SPAN("\r\n"), 0); // as long as it may be: another fault
	out = fake_output(&f);
	assert_true(span_starts(out, SPAN("e NO")));
	fake_send(&f, span_of(line, IMAP_LINE_MAX + 1), 0);
	fake_send(&f, SPAN("\r\n"), 0);
	assert_true(span_starts(fake_output(&f), SPAN("e BAD [LIMIT]")));
	free(line);
	fake_close(&f);
}

// What a user may use of the threads in front is one for all of his sessions, and of nobody else's.
static void one_purse(void **state)
{
	struct fake f, g;
	fake_open(&f, &imap_service, imap);
	fake_open(&g, &imap_service, imap);
	assert_null(fake_purse(&f));
	fake_send(&f, SPAN("a LOGIN u p\r\n"), 0);
	fake_send(&g, SPAN("a LOGIN u p\r\n"), 0);
	assert_non_null(fake_purse(&f));
	assert_ptr_equal(fake_purse(&f), fake_purse(&g));
	fake_send(&g, SPAN("a UNAUTHENTICATE\r\n"), 0);
	assert_null(fake_purse(&g));
	fake_close(&g);
	fake_close(&f);
	(void)state;
}

// A tag, a line, an answer of AUTHENTICATE without end: after a while nobody waits for the end any more.
static void endless_lines(void **state)
{
	static const char *const beginnings[] = { "", "a SEARCH ", "a AUTHENTICATE PLAIN\r\n" };
	static char octets[65536];
	memset(octets, 'a', sizeof octets);
	for (size_t i = 0; i < countof(beginnings); i++) {
		struct fake f;
		fake_open(&f, &imap_service, imap);
		fake_send(&f, span_str(beginnings[i]), 0);
		for (size_t n = 0; n <= LINE_DROP_MAX + IMAP_LINE_MAX && !f.closed;
			n += sizeof octets)
			fake_send(&f, span_of(octets, sizeof octets), 0);
		assert_true(f.closed);
		assert_true(span_find(fake_output(&f), SPAN("* BYE [LIMIT] ")) != SIZE_MAX);
		fake_close(&f);
	}
}

static void too_many_errors(void **state)
{
	struct fake f;
	fake_open(&f, &imap_service, imap);
	(void)fake_output(&f);
	for (unsigned i = 0; i < IMAP_PREAUTH_BAD_MAX; i++) {
		assert_false(f.closed);
		fake_send(&f, SPAN("GET / HTTP/1.0\r\n"), 0);
	}
	assert_true(f.closed);
	assert_true(span_find(fake_output(&f), SPAN("* BYE")) != SIZE_MAX);
	fake_close(&f);
	fake_open(&f, &imap_service, imap);
	fake_send(&f, SPAN("a LOGIN u p\r\n"), 0);
	for (unsigned i = 0; i < 3 * IMAP_PREAUTH_BAD_MAX; i++)
		fake_send(&f, SPAN("a FROB\r\n"), 0);
	assert_false(f.closed); // who is logged in is not cut off
	fake_close(&f);
}

static void authenticates(void **state)
{
	DIALOGUE("a AUTHENTICATE PLAIN AHUAcA==\r\n", "a OK?");
	DIALOGUE("a AUTHENTICATE PLAIN\r\nAHUAcA==\r\nb NOOP\r\n", "+\na OK?\nb OK?");
	DIALOGUE("a AUTHENTICATE PLAIN\r\n*\r\nb NOOP\r\n",
		"+\na BAD AUTHENTICATE cancelled\nb OK?");
	DIALOGUE("a AUTHENTICATE PLAIN\r\n!!\r\nb NOOP\r\n", "+\na BAD?\nb OK?");
	DIALOGUE(
		"a AUTHENTICATE PLAIN\r\n\r\nb NOOP\r\n", "+\na NO [AUTHENTICATIONFAILED]?\nb OK?");
	DIALOGUE("a AUTHENTICATE PLAIN =\r\nb NOOP\r\n", "a NO?\nb OK?");
	DIALOGUE("a AUTHENTICATE PLAIN \r\n", "a BAD?");
	DIALOGUE("a AUTHENTICATE FOO\r\n", "a NO?");
}

// What follows STARTTLS in the same packet was never protected (RFC 9051 section 6.2.1).
static void starttls_discards(void **state)
{
	struct fake f;
	fake_open(&f, &imap_service, imap);
	(void)fake_output(&f);
	fake_send(&f, SPAN("a STARTTLS\r\nb NOOP\r\n"), 0);
	struct span out = fake_output(&f);
	assert_true(span_starts(out, SPAN("a OK")) && span_find(out, SPAN("b OK")) == SIZE_MAX);
	fake_send(&f, SPAN("c STARTTLS\r\n"), 0);
	assert_true(span_starts(fake_output(&f), SPAN("c BAD")));
	fake_close(&f);
}

static void idles(void **state)
{
	DIALOGUE("a LOGIN u p\r\nb IDLE\r\nDONE\r\nc NOOP\r\n", "a OK?\n+ idling\nb OK?\nc OK?");
	DIALOGUE("a LOGIN u p\r\nb IDLE\r\ndone\r\nc IDLE\r\nFOO\r\nd NOOP\r\n",
		"a OK?\n+ idling\nb OK?\n+ idling\nc BAD IDLE: expected DONE\nd OK?");
}

// "Still here" comes at the interval's tick, and IDLE goes on.
static void still_here(void **state)
{
	struct fake f;
	struct imap *ticking;
	struct imap_config ic = config;
	ic.mail = mail;
	ic.idle_interval = 1;
	assert_int_equal(imap_new(&op, &ic, &ticking), 0);
	fake_open(&f, &imap_service, ticking);
	fake_send(&f, SPAN("a LOGIN u p\r\nb IDLE\r\n"), 0);
	(void)fake_output(&f);
	fake_wake(&f, CONN_EV_DEADLINE);
	(void)fake_output(&f); // perhaps just now
	usleep(1050000);
	fake_wake(&f, CONN_EV_DEADLINE);
	assert_true(span_eq(fake_output(&f), SPAN("* OK still here\r\n")));
	fake_wake(&f, CONN_EV_DEADLINE);
	assert_int_equal(fake_output(&f).n, 0);
	fake_send(&f, SPAN("DONE\r\n"), 0);
	assert_true(span_starts(fake_output(&f), SPAN("b OK")));
	fake_close(&f);
	imap_free(ticking);
}

static void compresses(void **state)
{
	DIALOGUE("a COMPRESS DEFLATE\r\n", "a BAD?");
	DIALOGUE("a LOGIN u p\r\nb COMPRESS GZIP\r\nc compress deflate\r\nd COMPRESS DEFLATE\r\n",
		"a OK?\nb BAD?\nc OK?\nd NO [COMPRESSIONACTIVE]?");
	// RFC 8437 section 4.1: compression ends with the log-in.
	DIALOGUE("a LOGIN u p\r\nb COMPRESS DEFLATE\r\nc UNAUTHENTICATE\r\nd LOGIN u p\r\ne "
		 "COMPRESS "
		 "DEFLATE\r\n",
		"a OK?\nb OK?\nc OK?\nd OK?\ne OK?");
	DIALOGUE("a LOGIN u p\r\nb UNAUTHENTICATE\r\nc LOGIN u p\r\nd SELECT INBOX\r\n",
		"a OK?\nb OK?\nc OK?\n* FLAGS?\n* OK?\n* 0 EXISTS\n* 0 RECENT\n* OK?\n* OK?\n* "
		"OK?\n* "
		"OK?\n* OK?\nd "
		"OK [READ-WRITE]?");
}

// One user's sessions are counted; the refusal is no authentication code.
static void limits_sessions(void **state)
{
	struct fake f[3];
	struct imap *narrow;
	struct imap_config ic = config;
	ic.mail = mail;
	ic.sessions_per_user = 2;
	assert_int_equal(imap_new(&op, &ic, &narrow), 0);
	for (size_t i = 0; i < 3; i++) {
		fake_open(&f[i], &imap_service, narrow);
		(void)fake_output(&f[i]);
		fake_send(&f[i], SPAN("a LOGIN u p\r\n"), 0);
		assert_true(span_starts(
			fake_output(&f[i]), i < 2 ? SPAN("a OK") : SPAN("a NO [LIMIT]")));
	}
	fake_close(&f[0]);
	fake_send(&f[2], SPAN("b LOGIN u p\r\n"), 0);
	assert_true(span_starts(fake_output(&f[2]), SPAN("b OK")));
	fake_close(&f[1]);
	fake_close(&f[2]);
	imap_free(narrow);
}

// A password that waits to be hashed holds no thread: the command goes on when its time has come.
static void waits_in_line(void **state)
{
	struct fake f;
	fake_open(&f, &imap_service, imap);
	(void)fake_output(&f);
	fake_send(&f, SPAN("a LOGIN u slow\r\nb NOOP\r\n"), 0);
	while (f.next == CONN_WAIT)
		fake_wake(&f, CONN_EV_DEADLINE);
	struct span got = fake_output(&f);
	assert_true(span_starts(got, SPAN("a OK ")));
	assert_true(span_find(got, SPAN("\r\nb OK ")) != SIZE_MAX);
	fake_close(&f);
	fake_open(&f, &imap_service, imap);
	fake_send(&f, SPAN("a LOGIN u slow\r\n"), 0);
	fake_close(&f); // gone while it waits
}

static void pushes(void **state)
{
	struct fake a, b;
	fake_open(&a, &imap_service, imap);
	fake_open(&b, &imap_service, imap);
	fake_send(&a, SPAN("a LOGIN u p\r\na SELECT INBOX\r\na IDLE\r\n"), 0);
	(void)fake_output(&a);
	fake_send(&b, SPAN("b LOGIN u p\r\nb APPEND INBOX {4+}\r\na: b\r\nb SELECT INBOX\r\n"), 0);
	assert_true(span_find(fake_output(&b), SPAN("b OK [APPENDUID ")) != SIZE_MAX);
	fake_wake(&a, CONN_EV_WOKEN);
	assert_true(span_find(fake_output(&a), SPAN("* 1 EXISTS\r\n")) != SIZE_MAX);
	fake_send(&b, SPAN("c STORE 1 +FLAGS.SILENT (\\Deleted)\r\nc EXPUNGE\r\n"), 0);
	assert_true(span_find(fake_output(&b), SPAN("* 1 EXPUNGE\r\n")) != SIZE_MAX);
	fake_wake(&a, CONN_EV_WOKEN);
	assert_true(span_find(fake_output(&a), SPAN("* 1 EXPUNGE\r\n")) != SIZE_MAX);
	fake_send(&a, SPAN("DONE\r\nd LOGOUT\r\n"), 0);
	assert_true(a.closed);
	fake_close(&a);
	fake_close(&b);
}

// Many names come in portions: the output never grows beyond what the peer takes.
static void lists_in_portions(void **state)
{
	struct fake f;
	fake_open(&f, &imap_service, imap);
	fake_send(&f, SPAN("a LOGIN u p\r\n"), 0);
	for (unsigned i = 0; i < 300; i++) {
		char line[64];
		int n = snprintf(line, sizeof line, "a CREATE many/box%u\r\n", i);
		fake_send(&f, span_of(line, (size_t)n), 0);
	}
	(void)fake_output(&f);
	fake_send(&f, SPAN("b LIST \"\" many/* RETURN (STATUS (MESSAGES UNSEEN))\r\n"), 0);
	struct span out = fake_output(&f), line;
	size_t lists = 0, stats = 0;
	while (out.n) {
		out = span_split(out, '\n', &line);
		lists += span_starts(line, SPAN("* LIST "));
		stats += span_starts(line, SPAN("* STATUS "));
	}
	assert_int_equal(lists, 300);
	assert_int_equal(stats, 300);
	fake_close(&f);
}

// RFC 9738 section 3.1: where a limit is announced, an APPEND beyond what one may hold says so in the same words.
static void appends_so_many(void **state)
{
	struct imap_config ic = config;
	struct imap *limited = NULL;
	struct fake f;
	ic.mail = mail;
	ic.message_limit = 10 * APPEND_MESSAGES_MAX;
	assert_int_equal(imap_new(&op, &ic, &limited), 0);
	fake_open(&f, &imap_service, limited);
	fake_send(&f, SPAN("a LOGIN u p\r\na CREATE so-many\r\n"), 0);
	(void)fake_output(&f);
	fake_send(&f, SPAN("b APPEND so-many"), 0);
	for (unsigned i = 0; i <= APPEND_MESSAGES_MAX; i++)
		fake_send(&f, SPAN(" {4+}\r\na: b"), 0);
	fake_send(&f, SPAN("\r\nc STATUS so-many (MESSAGES)\r\n"), 0);
	struct span out = fake_output(&f);
	assert_true(span_starts(out, SPAN("b NO [MESSAGELIMIT 2000] ")));
	assert_true(span_find(out, SPAN("(MESSAGES 0)")) != SIZE_MAX);
	fake_close(&f);
	imap_free(limited);
	(void)state;
}

// "?" in `want` stands for the rest of a line.
static void compare_lines(struct span got, const char *want)
{
	struct span wants = span_str(want);
	while (wants.n || got.n) {
		struct span line, wanted;
		got = span_split(got, '\n', &line);
		wants = span_split(wants, '\n', &wanted);
		line = span_cut(line, 0, line.n ? line.n - 1 : 0);
		size_t any = span_find_char(wanted, '?');
		bool fits = any == wanted.n ? span_eq(line, wanted)
					    : span_starts(line, span_cut(wanted, 0, any));
		if (!fits)
			fail_msg("got \"%.*s\", want \"%.*s\"", SPAN_FMT(line), SPAN_FMT(wanted));
	}
}

// An auth process that takes its time: what the client sends meanwhile is run behind the answer, in its order; a session that is woken for another reason
// waits on.
static void log_in_waits(void **state)
{
	(void)state;
	static const struct {
		const char *sent;
		unsigned answers;
		const char *said;
	} t[] = {
		{ "a LOGIN u p\r\nb NOOP\r\nc LOGOUT\r\n", 1, "a OK?\nb OK?\n* BYE?\nc OK?" },
		{ "a LOGIN u x\r\nb SELECT INBOX\r\nc LOGIN u p\r\nd NOOP\r\n", 2,
			"a NO?\nb BAD?\nc OK?\nd OK?" },
		{ "a AUTHENTICATE PLAIN AHUAcA==\r\nb NOOP\r\n", 1, "a OK?\nb OK?" },
		{ "a AUTHENTICATE PLAIN\r\nAHUAcA==\r\nb NOOP\r\n", 2, "+ \na OK?\nb OK?" },
		{ "a AUTHENTICATE PLAIN\r\n*\r\nb NOOP\r\n", 1, "+ \na BAD?\nb OK?" },
		{ "a LOGIN u p\r\nb STARTTLS\r\n", 1, "a OK?\nb BAD?" },
	};
	struct fake f;
	struct imap *slow;
	struct imap_config ic = config;
	ic.mail = mail;
	ic.auth = fake_auth_new();
	assert_int_equal(imap_new(&op, &ic, &slow), 0);
	for (size_t i = 0; i < 2 * countof(t); i++) {
		fake_open(&f, &imap_service, slow);
		(void)fake_output(&f);
		fake_send(&f, span_str(t[i / 2].sent), i % 2);
		struct buf said = { 0 };
		for (unsigned k = 0; k < t[i / 2].answers; k++) {
			assert_int_equal(fake_auth_asked(ic.auth), 1);
			assert_int_equal(f.next, CONN_WAIT);
			buf_add(&said, fake_output(&f));
			fake_wake(&f, CONN_EV_WOKEN);
			fake_wake(&f, CONN_EV_DEADLINE);
			assert_int_equal(fake_output(&f).n, 0);
			assert_int_not_equal(fake_deadline(&f), 0);
			fake_auth_answer(ic.auth);
			assert_true(fake_run_woken(&f));
		}
		buf_add(&said, fake_output(&f));
		compare_lines(buf_span(&said), t[i / 2].said);
		buf_done(&said);
		fake_close(&f);
	}
	imap_free(slow);
	fake_auth_free(ic.auth);
}

// The client is gone, or the server is stopping: nobody waits for the answer any more.
static void log_in_ends(void **state)
{
	(void)state;
	struct fake f[3];
	struct imap *slow;
	struct imap_config ic = config;
	ic.mail = mail;
	ic.auth = fake_auth_new();
	assert_int_equal(imap_new(&op, &ic, &slow), 0);
	for (size_t i = 0; i < countof(f); i++) {
		fake_open(&f[i], &imap_service, slow);
		fake_send(&f[i], SPAN("a LOGIN u p\r\nb NOOP\r\n"), 0);
		(void)fake_output(&f[i]);
	}
	assert_int_equal(fake_auth_asked(ic.auth), 3);
	fake_close(&f[1]);
	fake_wake(&f[0], CONN_EV_STOPPING);
	assert_true(f[0].closed);
	assert_true(span_starts(fake_output(&f[0]), SPAN("* BYE ")));
	fake_close(&f[0]);
	assert_int_equal(fake_auth_asked(ic.auth), 1);
	fake_auth_answer(ic.auth);
	fake_close(&f[2]); // which has not heard it
	imap_free(slow);
	fake_auth_free(ic.auth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greets),
		cmocka_unit_test(reads_commands),
		cmocka_unit_test(refuses_bad_lines),
		cmocka_unit_test(refuses_literals),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(one_purse),
		cmocka_unit_test(endless_lines),
		cmocka_unit_test(too_many_errors),
		cmocka_unit_test(authenticates),
		cmocka_unit_test(starttls_discards),
		cmocka_unit_test(idles),
		cmocka_unit_test(still_here),
		cmocka_unit_test(limits_sessions),
		cmocka_unit_test(waits_in_line),
		cmocka_unit_test(compresses),
		cmocka_unit_test(pushes),
		cmocka_unit_test(lists_in_portions),
		cmocka_unit_test(appends_so_many),
		cmocka_unit_test(log_in_waits),
		cmocka_unit_test(log_in_ends),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
