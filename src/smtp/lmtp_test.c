// SPDX-License-Identifier: Apache-2.0
// Whole LMTP sessions over a connection in memory, with every split of the input. The users are "u", "v" and "w".
#include "auth/fake_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/limits.h"
#include "base/log.h"
#include "mail/check.h"
#include "mail/content.h"
#include "mail/faults_testing.h"
#include "mail/view.h"
#include "smtp/lmtp.h"
#include "smtp/testing.h"

static struct op op;
static struct store *store;
static struct mail *mail;
static struct lmtp *lmtp;

static int setup(void **state)
{
	(void)state;
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true, .append_limit = 100000 };
	struct lmtp_config lc = { .hostname = "mx.example.org" };
	log_level_set(LOG_ERROR_);
	op_init(&op, 0);
	if (store_open(&op, &sc, &store) < 0 || mail_open(&op, store, &mc, &mail) < 0)
		return -1;
	lc.mail = mail;
	return lmtp_new(&op, &lc, &lmtp);
}

static void finding(void *ctx, const struct store_finding *f)
{
	(void)ctx;
	fail_msg("%s", f->text);
}

static int teardown(void **state)
{
	(void)state;
	uint64_t messages;
	assert_int_equal(mail_check(&op, mail, finding, NULL, &messages), 0);
	lmtp_free(lmtp);
	mail_close(mail);
	store_close(store);
	op_done(&op);
	return 0;
}

static const size_t chunks[] = { 0, 1, 2, 3, 7, 64 };
static void dialogue(struct span sent, const char *want)
{
	for (size_t i = 0; i < countof(chunks); i++) {
		struct fake f;
		fake_open(&f, &lmtp_service, lmtp);
		fake_send(&f, SPAN("LHLO client.example\r\n"), 0);
		(void)fake_output(&f); // the greeting
		fake_send(&f, sent, chunks[i]);
		compare(chunks[i], fake_output(&f), span_str(want));
		fake_close(&f);
	}
}
#define DIALOGUE(sent, want) dialogue(SPAN(sent), want)

// The message of that number in a mailbox of a user, behind what LMTP put before it; absent: none.
static struct span message_of(const char *user, const char *mailbox, uint32_t number, bool whole)
{
	struct account *a;
	struct view *v;
	struct msg m;
	struct uid uid = { 0 };
	struct content c;
	struct span text = SPAN_NONE;
	assert_int_equal(account_open(&op, mail, span_str(user), &a), 0);
	assert_int_equal(view_open(&op, a, span_str(mailbox), VIEW_READONLY, &v), 0);
	if (number <= view_exists(v))
		assert_int_equal(view_uid_of(&op, v, (struct seq){ number }, &uid), 0);
	if (uid.v && view_msg(&op, v, uid, &m) == 0) {
		struct section all = { .what = SECTION_ALL };
		struct rope r;
		uint64_t n;
		rope_init(&r);
		assert_int_equal(content_open(&op, v, &m, &c), 0);
		assert_int_equal(content_section(&op, &c, &all, 0, UINT64_MAX, &r, &n), 0);
		assert_int_equal(n, m.cold->size);
		char *p = arena_bytes(&op.arena, n + 1);
		rope_copy(&r, p);
		text = span_of(p, n);
		rope_done(&r);
		content_close(&c);
	}
	view_close(v);
	account_unref(a);
	if (text.p && !whole) {
		size_t at = span_find(text, SPAN("+0000\r\n"));
		assert_true(at != SIZE_MAX);
		text = span_skip(text, at + 7);
	}
	return text;
}

static void assert_span(struct span got, const char *want)
{
	if (!got.p || !span_eq(got, span_str(want)))
		fail_msg("got \"%.*s\", want \"%s\"", SPAN_FMT(got), want);
}

static void delivers(void **state)
{
	(void)state;
	DIALOGUE("MAIL FROM:<s@example.org> SIZE=20 BODY=8BITMIME RET=HDRS ENVID=a+2Bb\r\n"
		 "RCPT TO:<u@example.net> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;u+40x\r\nDATA\r\n"
		 "Subject: x\r\n\r\n..\r\n.\r\nNOOP\r\nQUIT\r\n",
		"250 2.1.0?\n250 2.1.5?\n354?\n250 2.1.5 <u@example.net> delivered\n250 "
		"2.0.0?\n221?");
	struct span text = message_of("u", "INBOX", 1, true);
	assert_true(span_starts(text,
		SPAN("Return-Path: <s@example.org>\r\nDelivered-To: u@example.net\r\nReceived: "
		     "from client.example ([192.0.2.1])\r\n\tby mx.example.org with LMTP id ")));
	assert_span(message_of("u", "INBOX", 1, false), "Subject: x\r\n\r\n.\r\n");
	assert_span(message_of("u", "INBOX", countof(chunks), false), "Subject: x\r\n\r\n.\r\n");
	assert_null(message_of("u", "INBOX", countof(chunks) + 1, false)
			    .p); // no Message-ID: no duplicates
}

static void answers_each(void **state)
{
	(void)state;
	DIALOGUE("MAIL FROM:<>\r\nRCPT TO:<u@a>\r\nRCPT TO:<nobody@a>\r\nRCPT TO:<v>\r\nRCPT "
		 "TO:<u+Archive@a>\r\nRCPT TO:<u+none@a>\r\nDATA\r\nMessage-ID: <1@a>\r\n\r\n"
		 "hello\r\n.\r\n",
		"250?\n250?\n550 5.1.1?\n250?\n250?\n250?\n354?\n250 2.1.5 <u@a>?\n250 2.1.5 "
		"<v>?\n250 2.1.5 <u+Archive@a>?\n250 2.1.5 <u+none@a>?");
	const char *body = "Message-ID: <1@a>\r\n\r\nhello\r\n";
	assert_span(message_of("u", "INBOX", 1, false), body);
	assert_null(message_of("u", "INBOX", 2, false).p); // what came again was a duplicate
	assert_span(message_of("v", "INBOX", 1, false), body);
	assert_null(message_of("v", "INBOX", 2, false).p);
	assert_span(message_of("u", "Archive", 1, false), body);
	assert_true(span_starts(message_of("v", "INBOX", 1, true),
		SPAN("Return-Path: <>\r\nDelivered-To: v\r\nReceived: ")));
}

// Another sender, another content: no duplicates.
static void knows_duplicates(void **state)
{
	(void)state;
	static const char *const want = "250?\n250?\n354?\n250 2.1.5 <w@a>?";
	DIALOGUE("MAIL FROM:<a@a>\r\nRCPT TO:<w@a>\r\nDATA\r\nMessage-ID: <2@a>\r\n\r\n1\r\n.\r\n",
		want);
	DIALOGUE("MAIL FROM:<a@a>\r\nRCPT TO:<w@a>\r\nDATA\r\nMessage-ID: <2@a>\r\n\r\n2\r\n.\r\n",
		want);
	DIALOGUE("MAIL FROM:<b@a>\r\nRCPT TO:<w@a>\r\nDATA\r\nMessage-ID: <2@a>\r\n\r\n1\r\n.\r\n",
		want);
	DIALOGUE("MAIL FROM:<a@a>\r\nRCPT TO:<w@a>\r\nRCPT TO:<w@a>\r\nDATA\r\nMessage-ID: "
		 "<3@a>\r\n\r\n1\r\n.\r\n",
		"250?\n250?\n250?\n354?\n250 2.1.5 <w@a>?\n250 2.1.5 <w@a> was delivered before");
	assert_span(message_of("w", "INBOX", 4, false), "Message-ID: <3@a>\r\n\r\n1\r\n");
	assert_null(message_of("w", "INBOX", 5, false).p);
}

// How many lines begin so.
static unsigned lines_of(struct span out, struct span begin)
{
	unsigned n = 0;
	while (out.n) {
		struct span line;
		out = span_split(out, '\n', &line);
		n += span_starts(line, begin);
	}
	return n;
}

// A Message-ID that the account has never had is looked for once; only behind one that it has had may a duplicate be.
static void asks_little(void **state)
{
	(void)state;
	struct fake f;
	DIALOGUE("MAIL FROM:<a@a>\r\nRCPT TO:<w@a>\r\nDATA\r\nMessage-ID: <4@a>\r\n\r\n1\r\n.\r\n",
		"250?\n250?\n354?\n250 2.1.5 <w@a>?");
	faults_begin(store);
	fake_open(&f, &lmtp_service, lmtp);
	fake_send(&f, SPAN("LHLO x\r\nMAIL FROM:<a@a>\r\nRCPT TO:<w@a>\r\nDATA\r\n"), 0);
	faults.reads = 0;
	fake_send(&f, SPAN("Message-ID: <5@a>\r\n\r\n1\r\n.\r\n"), 0);
	assert_int_equal(lines_of(fake_output(&f), SPAN("250 2.1.5 <w@a> delivered")), 1);
	assert_int_equal(faults.reads, 1);
	fake_close(&f);
	DIALOGUE("MAIL FROM:<a@a>\r\nRCPT TO:<w@a>\r\nDATA\r\nMessage-ID: <5@a>\r\n\r\n1\r\n.\r\n",
		"250?\n250?\n354?\n250 2.1.5 <w@a> was delivered before");
}

// Recipients that lead to the same mailbox, with so many others in between that they are served in several groups.
static struct span to_the_same(struct buf *text)
{
	buf_reset(text);
	buf_add(text, SPAN("MAIL FROM:<>\r\nRCPT TO:<u@a>\r\n"));
	for (unsigned i = 0; i < LMTP_GROUP; i++)
		buf_add(text, SPAN("RCPT TO:<v@a>\r\n"));
	buf_add(text,
		SPAN("RCPT TO:<u>\r\nRCPT TO:<u+none@a>\r\nRCPT TO:<u+Archive@a>\r\nRCPT "
		     "TO:<u+ARCHIVE@a>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n"));
	return buf_span(text);
}

// To and Bcc name the same, or an alias leads there: it has the message once, without a Message-ID, too, and each of them has an answer. If the first does
// not get it, nobody does: the MTA sends again to all of them.
static void one_copy_for_each_mailbox(void **state)
{
	(void)state;
	static const char *const body = "Subject: x\r\n\r\nx\r\n";
	struct buf text = { 0 };
	struct fake f;
	fake_open(&f, &lmtp_service, lmtp);
	fake_send(&f, SPAN("LHLO x\r\n"), 0);
	assert_null(message_of("u", "INBOX", 1, true).p); // their accounts are there
	assert_null(message_of("v", "INBOX", 1, true).p);
	faults_begin(store);
	faults.full = true;
	fake_send(&f, to_the_same(&text), 0);
	struct span out = fake_output(&f);
	assert_int_equal(lines_of(out, SPAN("452 4.3.1 <v@a> ")), LMTP_GROUP);
	assert_int_equal(lines_of(out, SPAN("452 4.3.1 <u@a> the volume")), 1);
	assert_int_equal(
		lines_of(out, SPAN("452 4.3.1 <u+none@a> it leads to the mailbox of <u@a>, ")), 1);
	faults.full = false;
	fake_send(&f, to_the_same(&text), 0);
	out = fake_output(&f);
	assert_int_equal(lines_of(out, SPAN("250 2.1.5 <")), LMTP_GROUP + 5);
	assert_int_equal(lines_of(out, SPAN("250 2.1.5 <v@a> delivered\r")), 1);
	assert_int_equal(lines_of(out, SPAN("250 2.1.5 <u> was delivered before\r")), 1);
	fake_close(&f);
	buf_done(&text);
	static const char *const mailboxes[][2] = { { "u", "INBOX" }, { "v", "INBOX" },
		{ "u", "Archive" } };
	for (size_t i = 0; i < countof(mailboxes); i++) {
		assert_span(message_of(mailboxes[i][0], mailboxes[i][1], 1, false), body);
		assert_null(message_of(mailboxes[i][0], mailboxes[i][1], 2, false).p);
	}
	assert_true(span_starts(message_of("u", "INBOX", 1, true),
		SPAN("Return-Path: <>\r\nDelivered-To: u@a\r\n")));
}

// A session that has sent a message to more than one group, to u first, and waits while somebody else writes.
static void open_waiting(struct fake *f, struct buf *text)
{
	buf_reset(text);
	buf_add(text, SPAN("LHLO x\r\nMAIL FROM:<>\r\n"));
	for (unsigned i = 0; i <= LMTP_GROUP; i++)
		buf_addf(text, "RCPT TO:<%s>\r\n", i < LMTP_GROUP ? "u" : "v");
	buf_add(text, SPAN("DATA\r\nSubject: x\r\n\r\nx\r\n.\r\nNOOP\r\n"));
	fake_open(f, &lmtp_service, lmtp);
	faults.busy = true;
	fake_send(f, buf_span(text), 0);
	faults.busy = false;
	assert_int_equal(f->next, CONN_WAIT);
	assert_int_equal(lines_of(fake_output(f), SPAN("354 ")), 1);
}

// While others write, the session waits without a thread: nothing is said before it is known what became of it, and then for each.
static void waits_without_a_thread(void **state)
{
	(void)state;
	struct buf text = { 0 };
	struct fake f;
	assert_null(message_of("u", "INBOX", 1, true).p);
	assert_null(message_of("v", "INBOX", 1, true).p);
	faults_begin(store);
	open_waiting(&f, &text);
	fake_wake(&f, CONN_EV_WOKEN); // by whatever else
	fake_wake(&f, CONN_EV_DEADLINE);
	assert_int_equal(f.next, CONN_WAIT);
	assert_int_equal(fake_output(&f).n, 0);
	assert_null(message_of("u", "INBOX", 1, true).p);
	faults.busy = true; // for the second group, too
	assert_int_equal(faults_decide(), 1);
	assert_true(fake_run_woken(&f));
	struct span out = fake_output(&f);
	assert_int_equal(lines_of(out, SPAN("250 2.1.5 <u> delivered")), 1);
	assert_int_equal(lines_of(out, SPAN("250 ")), LMTP_GROUP);
	assert_non_null(message_of("u", "INBOX", 1, true).p);
	assert_null(message_of("v", "INBOX", 1, true).p);
	assert_int_equal(faults_decide(), 1);
	assert_true(fake_run_woken(&f));
	compare(0, fake_output(&f), SPAN("250 2.1.5 <v> delivered\n250 2.0.0?"));
	assert_int_equal(f.next, CONN_READ);
	assert_non_null(message_of("v", "INBOX", 1, true).p);
	fake_close(&f);
	buf_done(&text);
}

// The server ends meanwhile: the message has come whole, and its recipients are told what became of it.
static void waits_when_stopping(void **state)
{
	(void)state;
	struct buf text = { 0 };
	struct fake f;
	assert_null(message_of("u", "INBOX", 1, true).p);
	faults_begin(store);
	open_waiting(&f, &text);
	fake_wake(&f, CONN_EV_STOPPING);
	assert_false(f.closed);
	assert_int_equal(fake_output(&f).n, 0);
	assert_int_equal(faults_decide(), 1);
	assert_true(fake_run_woken(&f));
	struct span out = fake_output(&f);
	assert_int_equal(lines_of(out, SPAN("250 2.1.5 <")), LMTP_GROUP + 1);
	assert_int_equal(lines_of(out, SPAN("421 ")), 1);
	assert_true(f.closed);
	fake_close(&f);
	buf_done(&text);
}

// The client goes away meanwhile: what is in line comes, the rest does not, and whoever wakes the session then finds nobody.
static void waits_for_nobody(void **state)
{
	(void)state;
	struct buf text = { 0 };
	struct fake f;
	assert_null(message_of("u", "INBOX", 1, true).p);
	faults_begin(store);
	open_waiting(&f, &text);
	fake_close(&f);
	assert_non_null(message_of("u", "INBOX", 1, true).p);
	assert_null(message_of("v", "INBOX", 1, true).p);
	assert_int_equal(faults_decide(), 1);
	buf_done(&text);
}

static void takes_chunks(void **state)
{
	(void)state;
	DIALOGUE("MAIL FROM:<a@a> BODY=BINARYMIME\r\nRCPT TO:<v@a>\r\nDATA\r\nBDAT 5\r\na: b\nBDAT "
		 "0\r\n"
		 "BDAT 11 LAST\r\n\r\n.\r\nQUIT\r\nNOOP\r\n",
		"250?\n250?\n503?\n250?\n250?\n250 2.1.5 <v@a> delivered\n250 2.0.0?");
	// Binary octets stay; the dot is no end.
	assert_span(message_of("v", "INBOX", 1, false), "a: b\n\r\n.\r\nQUIT\r\n");
	DIALOGUE("BDAT 4 LAST\r\nQUITMAIL FROM:<>\r\nBDAT 4\r\nQUITBDAT 4 LAST\r\nQUITMAIL "
		 "FROM:<>\r\n",
		"503?\n250?\n503?\n250?");
	DIALOGUE("MAIL FROM:<>\r\nRCPT TO:<u>\r\nBDAT 3\r\na:bRCPT TO:<v>\r\nDATA\r\nRSET\r\nBDAT "
		 "x\r\n",
		"250?\n250?\n250?\n503?\n503?\n250?\n501?");
}

static void is_strict(void **state)
{
	(void)state;
	DIALOGUE("EHLO x\r\nHELO x\r\nDATA\r\nRCPT TO:<u>\r\nMAIL FROM:<a@a>\r\nDATA\r\nMAIL "
		 "FROM:<b@b>\r\n"
		 "RCPT TO:<u> X=1\r\nRCPT TO:<>\r\nRCPT TO:u\r\nRCPT TO:<\xc3\xbc@a>\r\nVRFY "
		 "u\r\nEXPN u\r\n",
		"500?\n500?\n503?\n503?\n250?\n503?\n503?\n555?\n501?\n501?\n553 "
		"5.6.7?\n252?\n502?");
	DIALOGUE("MAIL FROM:<a> SIZE=1000000\r\nMAIL FROM:<a> BODY=9BIT\r\nMAIL FROM:<a> "
		 "FOO\r\nMAIL "
		 "FROM:<a> SIZE=1 SIZE=1\r\nMAIL FROM: <\"a b\"@a>\r\nRSET\r\nMAIL "
		 "FROM:<\xc3\xbc@a> SMTPUTF8\r\n",
		"552 5.3.4?\n501?\n555?\n501?\n250?\n250?\n250?");
	// A lone LF becomes CRLF; nothing but CRLF . CRLF ends the message.
	DIALOGUE("MAIL FROM:<a@a>\r\nRCPT TO:<u>\r\nDATA\r\na: b\n\n.\nMAIL "
		 "FROM:<>\r.\r\n.\nx\r\n.\r\nNOOP\r\n",
		"250?\n250?\n354?\n250 2.1.5?\n250 2.0.0?");
	assert_span(message_of("u", "INBOX", 1, false),
		"a: b\r\n\r\n.\r\nMAIL FROM:<>\r.\r\n\r\nx\r\n");
}

// Too big: read to its end, refused for each.
static void refuses_the_big(void **state)
{
	(void)state;
	struct buf text = { 0 };
	buf_add(&text, SPAN("MAIL FROM:<a@a>\r\nRCPT TO:<u>\r\nRCPT TO:<v>\r\nDATA\r\n"));
	for (unsigned i = 0; i < 20000; i++)
		buf_add(&text, SPAN("0123456\r\n"));
	buf_add(&text, SPAN(".\r\nMAIL FROM:<a@a>\r\n"));
	struct fake f;
	fake_open(&f, &lmtp_service, lmtp);
	fake_send(&f, SPAN("LHLO x\r\n"), 0);
	(void)fake_output(&f);
	fake_send(&f, buf_span(&text), 1000);
	compare(1000, fake_output(&f),
		SPAN("250?\n250?\n250?\n354?\n552 5.3.4 <u>?\n552 5.3.4 <v>?\n250?"));
	fake_close(&f);
	buf_done(&text);
}

// What SIZE allows fits, with one recipient and with two; an octet more does not.
static void takes_the_biggest(void **state)
{
	(void)state;
	struct buf text = { 0 };
	for (unsigned i = 0; i < 3; i++) {
		buf_add(&text, SPAN("MAIL FROM:<a@a> SIZE=100000\r\nRCPT TO:<u>\r\n"));
		if (i == 1)
			buf_add(&text, SPAN("RCPT TO:<v>\r\n"));
		buf_addf(&text, "BDAT %u LAST\r\n", i == 2 ? 100001 : 100000);
		for (unsigned k = 0; k < 10000; k++)
			buf_add(&text, SPAN("01234567\r\n"));
		if (i == 2)
			buf_addc(&text, 'x');
	}
	struct fake f;
	fake_open(&f, &lmtp_service, lmtp);
	fake_send(&f, SPAN("LHLO x\r\n"), 0);
	(void)fake_output(&f);
	fake_send(&f, buf_span(&text), 1000);
	compare(1000, fake_output(&f),
		SPAN("250?\n250?\n250 2.1.5 <u>?\n250?\n250?\n250?\n250 2.1.5 <u>?\n250 2.1.5 "
		     "<v>?\n250?\n250?\n552 5.3.4 <u>?"));
	fake_close(&f);
	buf_done(&text);
}

// What was refused before it came is read to its end, but not for ever.
static void refuses_the_endless(void **state)
{
	(void)state;
	static char octets[1 << 20];
	struct fake f;
	fake_open(&f, &lmtp_service, lmtp);
	fake_send(&f, SPAN("LHLO x\r\nBDAT 1000000000000\r\n"), 0);
	(void)fake_output(&f);
	for (uint64_t n = 0; n < LMTP_DROP_MAX - sizeof octets; n += sizeof octets)
		fake_send(&f, span_of(octets, sizeof octets), 0);
	assert_false(f.closed);
	for (unsigned i = 0; i < 3 && !f.closed; i++)
		fake_send(&f, span_of(octets, sizeof octets), 0);
	assert_true(f.closed);
	assert_true(span_starts(fake_output(&f), SPAN("421 4.3.4 ")));
	fake_close(&f);
}

static void bears_floods(void **state)
{
	(void)state;
	struct buf text = { 0 };
	struct fake f;
	buf_add(&text, SPAN("LHLO x\r\nMAIL FROM:<a@a>\r\n"));
	for (unsigned i = 0; i < SMTP_RECIPIENTS_MAX + 10; i++)
		buf_add(&text, SPAN("RCPT TO:<u@a>\r\n"));
	buf_add(&text, SPAN("DATA\r\nMessage-ID: <f@a>\r\n\r\nx\r\n.\r\n"));
	fake_open(&f, &lmtp_service, lmtp);
	fake_send(&f, buf_span(&text), 0);
	struct span out = fake_output(&f);
	unsigned good = 0, full = 0;
	while (out.n) {
		struct span line;
		out = span_split(out, '\n', &line);
		good += span_starts(line, SPAN("250 2.1.5 <u@a>"));
		full += span_starts(line, SPAN("452 4.5.3"));
	}
	assert_int_equal(good, SMTP_RECIPIENTS_MAX);
	assert_int_equal(full, 10);
	buf_reset(&text);
	for (unsigned i = 0; i < 20000; i++)
		buf_addc(&text, 'x');
	buf_add(&text, SPAN("\r\nNOOP\r\n"));
	fake_send(&f, buf_span(&text), 0);
	compare(0, fake_output(&f), SPAN("500 5.5.6?\n250?"));
	for (unsigned k = 0; k < 2; k++) { // a message in between begins the count anew
		buf_reset(&text);
		for (unsigned i = 0; i < LMTP_BAD_MAX - 1; i++)
			buf_add(&text, SPAN("x\r\n"));
		buf_add(&text, SPAN("MAIL FROM:<>\r\nRCPT TO:<u>\r\nBDAT 6 LAST\r\na: b\r\n"));
		fake_send(&f, buf_span(&text), 0);
		assert_false(f.closed);
	}
	buf_reset(&text);
	for (unsigned i = 0; i < LMTP_BAD_MAX + 5; i++)
		buf_add(&text, SPAN("x\r\n"));
	fake_send(&f, buf_span(&text), 0);
	assert_true(f.closed);
	fake_close(&f);
	buf_done(&text);
	assert_span(message_of("u", "INBOX", 1, false), "Message-ID: <f@a>\r\n\r\nx\r\n");
	assert_null(
		message_of("u", "INBOX", 4, false).p); // the second and third: between the floods
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(delivers, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_each, setup, teardown),
		cmocka_unit_test_setup_teardown(knows_duplicates, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_little, setup, teardown),
		cmocka_unit_test_setup_teardown(one_copy_for_each_mailbox, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_without_a_thread, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_when_stopping, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_for_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_chunks, setup, teardown),
		cmocka_unit_test_setup_teardown(is_strict, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_the_big, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_the_biggest, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_the_endless, setup, teardown),
		cmocka_unit_test_setup_teardown(bears_floods, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
