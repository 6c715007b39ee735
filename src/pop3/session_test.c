// SPDX-License-Identifier: Apache-2.0
// Whole sessions over a connection in memory, with every split of the input.
#include "auth/fake_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "mail/txn.h"
#include "pop3/pop3.h"

static struct op op;
static struct store *store;
static struct mail *mail;
static struct pop3 *pop3;

static void put(const char *text, const char *uidl)
{
	struct account *a;
	struct append *ap;
	struct append_result result;
	struct append_meta meta = { .internal_date = INT64_MIN, .uidl = span_str(uidl) };
	assert_int_equal(account_open(&op, mail, SPAN("u"), &a), 0);
	assert_int_equal(append_begin(&op, a, SPAN("INBOX"), &ap), 0);
	assert_int_equal(append_message(&op, ap, &meta, 0), 0);
	assert_int_equal(append_data(&op, ap, span_str(text)), 0);
	assert_int_equal(append_message_end(&op, ap), 0);
	assert_int_equal(append_commit(&op, ap, &result), 0);
	numset_done(&result.uids);
	account_unref(a);
}

static int setup(void **state)
{
	(void)state;
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true };
	struct pop3_config pc = { .allow_plaintext = true };
	log_level_set(LOG_ERROR_);
	op_init(&op, 0);
	if (store_open(&op, &sc, &store) < 0 || mail_open(&op, store, &mc, &mail) < 0)
		return -1;
	pc.mail = mail;
	return pop3_new(&op, &pc, &pop3);
}

static int teardown(void **state)
{
	(void)state;
	pop3_free(pop3);
	mail_close(mail);
	store_close(store);
	op_done(&op);
	return 0;
}

// What is sent, in pieces of every size; what comes, whole. "?" in `want` stands for the rest of a line.
static bool line_fits(struct span got, struct span want)
{
	size_t any = span_find_char(want, '?');
	return any == want.n ? span_eq(got, want) : span_starts(got, span_cut(want, 0, any));
}

static void compare_lines(struct span got, const char *want, size_t chunk)
{
	struct span rest = span_str(want);
	while (rest.n || got.n) {
		struct span line, wanted;
		got = span_split(got, '\n', &line);
		rest = span_split(rest, '\n', &wanted);
		line = span_cut(line, 0, line.n ? line.n - 1 : 0);
		if (!line_fits(line, wanted))
			fail_msg("chunks of %zu: got \"%.*s\", want \"%.*s\"", chunk,
				SPAN_FMT(line), SPAN_FMT(wanted));
	}
}

static void dialogue(struct span sent, const char *want)
{
	static const size_t chunks[] = { 0, 1, 2, 3, 7, 64 };
	for (size_t i = 0; i < countof(chunks); i++) {
		struct fake f;
		fake_open(&f, &pop3_service, pop3);
		(void)fake_output(&f); // the greeting
		fake_send(&f, sent, chunks[i]);
		compare_lines(fake_output(&f), want, chunks[i]);
		fake_close(&f);
	}
}
#define DIALOGUE(sent, want) dialogue(SPAN(sent), want)

static void logs_in(void **state)
{
	(void)state;
	DIALOGUE("NOOP\r\nPASS p\r\nUSER u\r\nPASS x\r\nPASS p\r\nuser u\r\npass p\r\nUSER "
		 "u\r\nQUIT\r\nNOOP\r\n",
		"-ERR NOOP?\n-ERR USER?\n+OK?\n-ERR [AUTH]?\n-ERR USER?\n+OK?\n+OK 0 messages (0 "
		"octets)\n-ERR USER?\n+OK?");
	DIALOGUE("AUTH PLAIN AHUAcA==\r\nSTAT\r\n", "+OK 0?\n+OK 0 0");
	DIALOGUE("AUTH PLAIN\r\nAHUAcA==\r\nSTAT\r\n", "+ \n+OK 0?\n+OK 0 0");
	DIALOGUE("AUTH PLAIN\r\n*\r\nAUTH PLAIN\r\n!\r\nAUTH NONE\r\nAPOP u x\r\n",
		"+ \n-ERR?\n+ \n-ERR?\n-ERR?\n-ERR APOP?");
}

// A password that waits to be hashed holds no thread.
static void waits_in_line(void **state)
{
	struct fake f;
	(void)state;
	fake_open(&f, &pop3_service, pop3);
	fake_send(&f, SPAN("USER u\r\n"), 0);
	(void)fake_output(&f);
	fake_send(&f, SPAN("PASS slow\r\nSTAT\r\n"), 0);
	while (f.next == CONN_WAIT)
		fake_wake(&f, CONN_EV_DEADLINE);
	struct span got = fake_output(&f);
	if (!span_eq(got, SPAN("+OK 0 messages (0 octets)\r\n+OK 0 0\r\n")))
		fail_msg("got \"%.*s\"", SPAN_FMT(got));
	fake_close(&f);
}

static void shows_messages(void **state)
{
	(void)state;
	put("Subject: one\n\n.\nline 2\n..line 3\n", "from-elsewhere");
	put("Subject: two\r\n\r\nno line end", NULL);
	put("Subject: three\r\n\r\n", NULL);
	DIALOGUE("USER u\r\nPASS p\r\nSTAT\r\nLIST\r\nLIST 2\r\nLIST 4\r\nLIST x\r\nUIDL "
		 "1\r\nUIDL\r\n",
		"+OK?\n+OK 3 messages (84 octets)\n+OK 3 84\n+OK?\n1 37\n2 29\n3 18\n.\n+OK 2 "
		"29\n-ERR?\n-ERR?\n+OK 1 from-elsewhere\n+OK?\n1 from-elsewhere\n2 ?\n3 ?\n.");
	DIALOGUE("USER u\r\nPASS p\r\nRETR 1\r\nRETR 2\r\nTOP 1 1\r\nTOP 1 0\r\nTOP 3 9\r\nTOP "
		 "1\r\n",
		"+OK?\n+OK?\n+OK 37 octets\nSubject: one\n\n..\nline 2\n...line 3\n.\n+OK 29 "
		"octets\nSubject: two\n\nno line end\n.\n"
		"+OK?\nSubject: one\n\n..\n.\n+OK?\nSubject: one\n\n.\n+OK?\nSubject: "
		"three\n\n.\n-ERR?");
}

// An imported unique-id that looks like what another message is called here is not shown.
static void names_are_unique(void **state)
{
	(void)state;
	struct account *a;
	struct mailbox_status st;
	char like[32], want[128];
	bool found;
	assert_int_equal(account_open(&op, mail, SPAN("u"), &a), 0);
	const struct tree *t = account_tree_ref(a);
	size_t at = tree_find(t, SPAN("INBOX"), &found);
	mailbox_status(t->entries[at].mailbox, &st);
	tree_unref(t);
	account_unref(a);
	(void)snprintf(like, sizeof like, "%u.2", st.uid_validity); // fits
	put("A: 1\r\n\r\n", like);
	put("A: 2\r\n\r\n", NULL);
	put("A: 3\r\n\r\n", "1.2");
	(void)snprintf(want, sizeof want, "+OK?\n+OK?\n+OK?\n1 %u.1\n2 %u.2\n3 1.2\n.",
		st.uid_validity, st.uid_validity); // fits
	dialogue(SPAN("USER u\r\nPASS p\r\nUIDL\r\n"), want);
}

static void marks_and_removes(void **state)
{
	(void)state;
	put("A: 1\r\n\r\n", NULL);
	put("A: 2\r\n\r\n", NULL);
	// The connection is lost: nothing is removed, every time.
	DIALOGUE("USER u\r\nPASS p\r\nDELE 1\r\nDELE 1\r\nRETR 1\r\nSTAT\r\nLIST\r\nRSET\r\nDELE "
		 "2\r\nSTAT\r\n",
		"+OK?\n+OK 2?\n+OK?\n-ERR?\n-ERR?\n+OK 1 8\n+OK?\n2 8\n.\n+OK 2?\n+OK?\n+OK 1 8");
	struct fake f;
	fake_open(&f, &pop3_service, pop3);
	fake_send(&f, SPAN("USER u\r\nPASS p\r\nDELE 1\r\nQUIT\r\n"), 0);
	fake_close(&f);
	DIALOGUE("USER u\r\nPASS p\r\nTOP 1 0\r\n", "+OK?\n+OK 1?\n+OK?\nA: 2\n\n.");
}

// Commands that cannot be meant, and lines without end.
static void bears_nonsense(void **state)
{
	(void)state;
	struct buf text = { 0 };
	buf_add(&text, SPAN("USER u\r\n"));
	for (size_t i = 0; i < 70000; i++)
		buf_addc(&text, 'x');
	buf_add(&text, SPAN("\r\nPASS p\r\nQUIT x\r\n\r\n\n"));
	dialogue(buf_span(&text), "+OK?\n-ERR a line?\n+OK 0?\n-ERR?\n-ERR?\n-ERR?");
	buf_done(&text);
	for (unsigned i = 0; i < POP3_BAD_MAX + 5; i++)
		buf_add(&text, SPAN("x\r\n"));
	struct fake f;
	fake_open(&f, &pop3_service, pop3);
	fake_send(&f, buf_span(&text), 0);
	assert_true(f.closed);
	fake_close(&f);
	buf_done(&text);
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
		{ "USER u\r\nPASS p\r\nSTAT\r\nQUIT\r\n", 1, "+OK?\n+OK?\n+OK 0 0\n+OK?" },
		{ "USER u\r\nPASS x\r\nSTAT\r\nUSER u\r\nPASS p\r\nNOOP\r\n", 2,
			"+OK?\n-ERR?\n-ERR?\n+OK?\n+OK?\n+OK?" },
		{ "AUTH PLAIN\r\nAHUAcA==\r\nNOOP\r\n", 2, "+ \n+OK?\n+OK?" },
		{ "AUTH PLAIN AHUAcA==\r\nQUIT\r\n", 1, "+OK?\n+OK?" },
		{ "AUTH PLAIN\r\n*\r\nNOOP\r\n", 1, "+ \n-ERR?\n-ERR?" },
	};
	struct fake f;
	struct pop3 *slow;
	struct pop3_config c = { .allow_plaintext = true, .mail = mail };
	c.auth = fake_auth_new();
	assert_int_equal(pop3_new(&op, &c, &slow), 0);
	for (size_t i = 0; i < 2 * countof(t); i++) {
		fake_open(&f, &pop3_service, slow);
		(void)fake_output(&f);
		fake_send(&f, span_str(t[i / 2].sent), i % 2);
		struct buf said = { 0 };
		for (unsigned k = 0; k < t[i / 2].answers; k++) {
			assert_int_equal(fake_auth_asked(c.auth), 1);
			assert_int_equal(f.next, CONN_WAIT);
			buf_add(&said, fake_output(&f));
			fake_wake(&f, CONN_EV_WOKEN);
			fake_wake(&f, CONN_EV_DEADLINE);
			assert_int_equal(fake_output(&f).n, 0);
			fake_auth_answer(c.auth);
			assert_true(fake_run_woken(&f));
		}
		buf_add(&said, fake_output(&f));
		compare_lines(buf_span(&said), t[i / 2].said, i % 2);
		buf_done(&said);
		fake_close(&f);
	}
	pop3_free(slow);
	fake_auth_free(c.auth);
}

// The client is gone, or the server is stopping: nobody waits for the answer any more.
static void log_in_ends(void **state)
{
	(void)state;
	struct fake f[3];
	struct pop3 *slow;
	struct pop3_config c = { .allow_plaintext = true, .mail = mail };
	c.auth = fake_auth_new();
	assert_int_equal(pop3_new(&op, &c, &slow), 0);
	for (size_t i = 0; i < countof(f); i++) {
		fake_open(&f[i], &pop3_service, slow);
		fake_send(&f[i], SPAN("AUTH PLAIN AHUAcA==\r\nNOOP\r\n"), 0);
		(void)fake_output(&f[i]);
	}
	assert_int_equal(fake_auth_asked(c.auth), 3);
	fake_close(&f[1]);
	fake_wake(&f[0], CONN_EV_STOPPING);
	assert_true(f[0].closed);
	assert_int_equal(fake_output(&f[0]).n, 0);
	fake_close(&f[0]);
	assert_int_equal(fake_auth_asked(c.auth), 1);
	fake_auth_answer(c.auth);
	fake_close(&f[2]); // which has not heard it
	pop3_free(slow);
	fake_auth_free(c.auth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(logs_in, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_in_line, setup, teardown),
		cmocka_unit_test_setup_teardown(shows_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(names_are_unique, setup, teardown),
		cmocka_unit_test_setup_teardown(marks_and_removes, setup, teardown),
		cmocka_unit_test_setup_teardown(bears_nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(log_in_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(log_in_ends, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
