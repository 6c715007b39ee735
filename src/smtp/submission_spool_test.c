// SPDX-License-Identifier: Apache-2.0
// Submission while the relay is down: what waits here, and what does not.
#include "auth/fake_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "mail/check.h"
#include "mail/faults_testing.h"
#include "mail/spool.h"
#include "smtp/relay.h"
#include "smtp/relay_testing.h"
#include "smtp/spooler.h"
#include "smtp/submission.h"
#include "smtp/testing.h"

#include <assert.h>

static struct op op;
static struct store *store;
static struct submission_config config;
static struct submission *submission;

static int setup(void **state)
{
	(void)state;
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true, .sent_copy = true };
	struct relay_config rc = { .host = "relay", .tls = RELAY_TLS_NONE, .hostname = "mx.a" };
	config = (struct submission_config){ .hostname = "mx.a", .domains = "a", .spools = true };
	log_level_set(LOG_ERROR_);
	op_init(&op, 0);
	if (store_open(&op, &sc, &store) < 0 || mail_open(&op, store, &mc, &config.mail) < 0 ||
		spool_open(&op, config.mail, &config.spool) < 0 ||
		relay_new(&op, &rc, NULL, &config.relay) < 0)
		return -1;
	struct spooler_config sending = {
		.mail = config.mail, .spool = config.spool, .relay = config.relay
	};
	if (spooler_new(&op, &sending, &config.spooler) < 0)
		return -1;
	faults_begin(store);
	return submission_new(&op, &config, &submission);
}

static void finding(void *ctx, const struct store_finding *f)
{
	(void)ctx;
	fail_msg("%s", f->text);
}

static int teardown(void **state)
{
	uint64_t messages;
	(void)state;
	assert_int_equal(mail_check(&op, config.mail, finding, NULL, &messages), 0);
	submission_free(submission);
	spooler_free(config.spooler);
	relay_free(config.relay);
	spool_free(config.spool);
	mail_close(config.mail);
	store_close(store);
	op_done(&op);
	return 0;
}

// A client that is logged in and has said MAIL.
static void begin(struct pair *p, const char *mail)
{
	*p = (struct pair){ .linked = false };
	fake_open(&p->client, &submission_service, submission);
	client_says(p, SPAN("STARTTLS\r\n"), 0);
	client_says(p, SPAN("EHLO x\r\nAUTH PLAIN AHUAcA==\r\n"), 0);
	client_says(p, span_str(mail), 0);
	(void)fake_output(&p->client);
}

static void end(struct pair *p)
{
	fake_close(&p->client);
	(void)fake_run_woken(&p->relay);
	if (p->linked)
		fake_close(&p->relay);
}

static void breaks_off(struct pair *p)
{
	assert_true(p->linked);
	fake_wake(&p->relay, CONN_EV_EOF);
	settle(p);
}

static size_t waiting(void)
{
	struct spool_totals all;
	spool_count(config.spool, &all);
	return all.messages;
}

static unsigned messages_in(struct span user, struct span mailbox)
{
	struct account *a;
	struct mailbox_status status = { 0 };
	bool found;
	assert_int_equal(account_open(&op, config.mail, user, &a), 0);
	const struct tree *t = account_tree_ref(a);
	size_t at = tree_find(t, mailbox, &found);
	if (found)
		mailbox_status(t->entries[at].mailbox, &status);
	tree_unref(t);
	account_unref(a);
	return status.messages;
}

static void read_first(struct spool_message *m)
{
	assert_int_equal(spool_read_from(&op, config.spool, 0, m), 0);
}

#define MESSAGE                                                                                    \
	"Date: Mon, 01 Jan 2024 12:00:00 +0000\r\nMessage-ID: <x@a>\r\nFrom: u@a\r\nBcc: "         \
	"secret@far\r\n\r\n..text\r\n"
#define DATA SPAN("DATA\r\n" MESSAGE ".\r\n")

// Whatever the relay does before it has answered MAIL: the message waits here, for all who are elsewhere; who is here has it at once.
static void waits(void **state)
{
	(void)state;
	static const char *const said[] = { "", "220 r\r\n", "554 no\r\n", "220 r\r\n421 later\r\n",
		"220 r\r\n250-r\r\n250 PIPELINING\r\n",
		"220 r\r\n250-r\r\n250 PIPELINING\r\n421 bye\r\n", "hello\r\n" };
	for (size_t i = 0; i < countof(said); i++) {
		struct pair p;
		char text[64];
		begin(&p, "MAIL FROM:<u@a> RET=FULL ENVID=e\r\n");
		// Pipelined: answers keep their order.
		client_says(&p,
			SPAN("RCPT TO:<x@far> NOTIFY=DELAY\r\nRCPT TO:<nobody>\r\n"
			     "RCPT TO:<y@far>\r\n"),
			0);
		if (said[i][0])
			relay_says(&p, span_str(said[i]), 0);
		if (p.linked)
			breaks_off(&p);
		client_says(&p, SPAN("RCPT TO:<v@a>\r\n"), 0);
		client_says(&p, SPAN("RCPT TO:<z@far>\r\nRCPT TO:<z@far>\r\n"), 0);
		// Another message each time.
		(void)snprintf(text, sizeof text, "DATA\r\nX: %zu\r\n", i); // fits
		client_says(&p, span_str(text), 0);
		client_says(&p, SPAN(MESSAGE ".\r\n"), 0);
		assert_false(p.linked);
		compare(0, fake_output(&p.client),
			SPAN("250 2.1.5 it waits here?\n550 5.1.1?\n250 2.1.5 it waits here?\n250 "
			     "2.1.5 "
			     "recipient?\n250 2.1.5 it waits here?\n250 2.1.5 it waits "
			     "here?\n354?\n250 2.0.0 sent to 5 as 1.1; 3 "
			     "of them wait here for the relay; filed"));
		assert_int_equal(waiting(), i + 1);
		assert_int_equal(messages_in(SPAN("v"), SPAN("INBOX")), i + 1);
		assert_int_equal(messages_in(SPAN("u"), SPAN("Sent")), i + 1);
		end(&p);
	}
	struct spool_message m;
	struct blob b;
	read_first(&m);
	assert_int_equal(m.count, 3); // who was named twice is asked for once
	assert_true(span_eq(m.recipients[0].address, SPAN("x@far")));
	assert_true(span_eq(m.recipients[0].notify, SPAN("DELAY")));
	assert_true(span_eq(m.recipients[2].address, SPAN("z@far")));
	assert_true(span_eq(m.user, SPAN("u")) && span_eq(m.sender, SPAN("u@a")));
	assert_true(span_eq(m.ret, SPAN("FULL")) && span_eq(m.envid, SPAN("e")));
	assert_true(span_starts(m.prefix, SPAN("Received: from x (")));
	assert_int_equal(blob_open(&op, store, m.blob, &b), 0);
	compare(0, b.whole,
		SPAN("X: 0\nDate: Mon, 01 Jan 2024 12:00:00 +0000\nMessage-ID: <x@a>\nFrom: "
		     "u@a\n\n.text\n"));
	blob_close(&b);
}

// With nobody here, and by BDAT; with a text above 7 bits.
static void nobody_here(void **state)
{
	(void)state;
	struct pair p;
	struct spool_message m;
	begin(&p, "MAIL FROM:<> SMTPUTF8\r\n");
	client_says(&p, SPAN("RCPT TO:<x@far>\r\n"), 0);
	breaks_off(&p);
	client_says(&p, SPAN("BDAT 11\r\nFrom: u@a\r\nBDAT 5 LAST\r\n\r\n\303\244\n"), 0);
	compare(0, fake_output(&p.client), SPAN("250 2.1.5?\n250 2.0.0?\n250 2.0.0 sent to 1 as?"));
	assert_true(faults.with.v); // the copy is filed if it waits, and only then
	read_first(&m);
	assert_true(m.utf8 && m.eight_bit && !m.marked && m.sender.n == 0);
	end(&p);
}

// What the relay itself says is the client's answer; and so is a link that dies later, or mail for later.
static void does_not_wait(void **state)
{
	(void)state;
	static const struct {
		const char *says, *want;
	} rows[] = {
		{ "451 4.7.1 grey\r\n503 x\r\n", "451 4.7.1 grey" },
		{ "250 a\r\n451 4.7.1 grey\r\n", "451 4.7.1 grey" },
		{ "250 a\r\n", "451 4.4.2?" },
		{ "250 a\r\n421 x\r\n", "451 4.4.2?" },
		{ "250 a\r\n250 x\r\n", "250 2.1.5?\n451 4.4.2?" },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct pair p;
		begin(&p, "MAIL FROM:<u@a>\r\n");
		client_says(&p, SPAN("RCPT TO:<x@far>\r\n"), 0);
		relay_says(&p, SPAN("220 r\r\n250-r\r\n250 PIPELINING\r\n"), 0);
		relay_says(&p, span_str(rows[i].says), 0);
		if (i > 1 && p.linked)
			breaks_off(&p);
		if (i == 4)
			client_says(&p, SPAN("DATA\r\n"), 0);
		compare(0, fake_output(&p.client), span_str(rows[i].want));
		assert_int_equal(waiting(), 0);
		end(&p);
	}
	struct pair p;
	begin(&p, "MAIL FROM:<u@a>\r\n");
	client_says(&p, SPAN("RCPT TO:<x@far>\r\n"), 0);
	relay_says(
		&p, SPAN("220 r\r\n250-r\r\n250 FUTURERELEASE 1000 2030-01-01T00:00:00Z\r\n"), 0);
	relay_says(&p, SPAN("250 a\r\n"), 0);
	relay_says(&p, SPAN("250 x\r\n"), 0);
	breaks_off(&p);
	client_says(&p, SPAN("RSET\r\nMAIL FROM:<u@a> HOLDFOR=60\r\nRCPT TO:<x@far>\r\n"), 0);
	breaks_off(&p);
	compare(0, fake_output(&p.client), SPAN("250?\n250?\n250?\n451 4.4.2?"));
	end(&p);
}

// Who sends it again is known: while it waits, and when the relay is up.
static void again(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct pair p;
		begin(&p, "MAIL FROM:<u@a>\r\n");
		client_says(&p, SPAN("RCPT TO:<x@far>\r\n"), 0);
		if (i < 2) {
			breaks_off(&p);
			client_says(&p, DATA, 0);
		} else {
			relay_says(&p, SPAN("220 r\r\n250-r\r\n250 PIPELINING\r\n"), 0);
			relay_says(&p, SPAN("250 a\r\n250 x\r\n"), 0);
			client_says(&p, SPAN("DATA\r\n"), 0);
			relay_says(&p, SPAN("354 go\r\n"), 0);
			client_says(&p, SPAN(MESSAGE ".\r\n"), 0);
			assert_false(p.linked); // it did not get the end
		}
		compare(0, fake_output(&p.client), SPAN("250 2.1.5?\n354?\n250 2.0.0 sent to 1?"));
		assert_int_equal(waiting(), 1);
		end(&p);
	}
	// One more recipient is no repetition.
	struct pair p;
	struct spool_message m;
	begin(&p, "MAIL FROM:<u@a>\r\n");
	client_says(&p, SPAN("RCPT TO:<x@far>\r\n"), 0);
	breaks_off(&p);
	client_says(&p, SPAN("RCPT TO:<y@far>\r\n"), 0);
	client_says(&p, DATA, 0);
	end(&p);
	assert_int_equal(waiting(), 2);
	read_first(&m);
	assert_int_equal(spool_read_from(&op, config.spool, m.number + 1, &m), 0);
	assert_int_equal(m.count, 1);
	assert_true(span_eq(m.recipients[0].address, SPAN("y@far")));
}

// The relay's side of a message to everybody who was asked for there. True: it got the end.
static bool passes(struct pair *p, struct span answers)
{
	relay_says(p, SPAN("220 r\r\n250-r\r\n250 PIPELINING\r\n"), 0);
	relay_says(p, answers, 0);
	client_says(p, SPAN("DATA\r\n"), 0);
	relay_says(p, SPAN("354 go\r\n"), 0);
	client_says(p, SPAN(MESSAGE ".\r\n"), 0);
	struct span out = p->linked ? fake_output(&p->relay) : SPAN("");
	bool ended = out.n > 5 && span_eq(span_skip(out, out.n - 5), SPAN("\r\n.\r\n"));
	if (ended)
		relay_says(p, SPAN("250 taken\r\n"), 0);
	return ended;
}

static void put_one(void)
{
	struct pair p;
	begin(&p, "MAIL FROM:<u@a>\r\n");
	client_says(&p, SPAN("RCPT TO:<x@far>\r\n"), 0);
	breaks_off(&p);
	client_says(&p, DATA, 0);
	end(&p);
	assert_int_equal(waiting(), 1);
}

// What has failed may be sent again at once: nothing passes it over.
static void again_after_failure(void **state)
{
	(void)state;
	struct pair p;
	struct spool_message m;
	put_one();
	read_first(&m);
	assert_int_equal(
		spool_settle(&op, config.spool, &m, (enum spool_fate[]){ SPOOL_FAILED }), 0);
	begin(&p, "MAIL FROM:<u@a>\r\n");
	client_says(&p, SPAN("RCPT TO:<x@far>\r\n"), 0);
	assert_true(passes(&p, SPAN("250 a\r\n250 x\r\n")));
	compare(0, fake_output(&p.client), SPAN("250 2.1.5?\n354?\n250 2.0.0 sent to 1?"));
	end(&p);
}

// The one who waits is refused by the relay while the client waits to send it once more: he does not have it, and gets it.
static void refused_meanwhile(void **state)
{
	(void)state;
	static const struct {
		const char *relay, *client;
		bool sent;
	} rows[] = {
		{ "250 a\r\n250 x\r\n250 y\r\n", "250 2.1.5?\n250 2.1.5?\n354?\n451 4.3.0 some?",
			false },
		{ "250 a\r\n250 y\r\n",
			"250 2.1.5 recipient?\n250 2.1.5?\n354?\n451 4.3.0 <x@far> was not?",
			true },
		{ "250 a\r\n250 x\r\n250 y\r\n", "250 2.1.5?\n250 2.1.5?\n354?\n451 4.3.0 some?",
			false },
		{ "250 a\r\n250 x\r\n",
			"250 2.1.5?\n250 2.1.5 recipient?\n354?\n250 2.0.0 sent to 2?", true },
	};
	struct spool_message m;
	put_one();
	for (size_t i = 0; i < countof(rows); i++) {
		struct pair p;
		begin(&p, "MAIL FROM:<u@a>\r\n");
		client_says(&p, SPAN("RCPT TO:<x@far>\r\nRCPT TO:<y@far>\r\n"), 0);
		assert_int_equal(passes(&p, span_str(rows[i].relay)), rows[i].sent);
		compare(0, fake_output(&p.client), span_str(rows[i].client));
		end(&p);
		if (i)
			continue;
		read_first(&m);
		assert_int_equal(
			spool_settle(&op, config.spool, &m, (enum spool_fate[]){ SPOOL_FAILED }),
			0);
	}
}

// The relay has it whole from another connection, and has not said what becomes of it: for the same recipient it does not wait here as well.
static void on_its_way(void **state)
{
	(void)state;
	struct pair p, other;
	begin(&p, "MAIL FROM:<u@a>\r\n");
	client_says(&p, SPAN("RCPT TO:<x@far>\r\n"), 0);
	relay_says(&p, SPAN("220 r\r\n250-r\r\n250 PIPELINING\r\n"), 0);
	relay_says(&p, SPAN("250 a\r\n250 x\r\n"), 0);
	client_says(&p, SPAN("DATA\r\n"), 0);
	relay_says(&p, SPAN("354 go\r\n"), 0);
	client_says(&p, SPAN(MESSAGE ".\r\n"), 0);
	for (unsigned i = 0; i < 2; i++) {
		begin(&other, "MAIL FROM:<u@a>\r\n");
		client_says(
			&other, i ? SPAN("RCPT TO:<y@far>\r\n") : SPAN("RCPT TO:<x@far>\r\n"), 0);
		breaks_off(&other);
		client_says(&other, DATA, 0);
		compare(0, fake_output(&other.client),
			i ? SPAN("250 2.1.5?\n354?\n250 2.0.0 sent to 1?")
			  : SPAN("250 2.1.5?\n354?\n451 4.3.0 it is on its way?"));
		assert_int_equal(waiting(), i);
		end(&other);
	}
	relay_says(&p, SPAN("250 taken\r\n"), 0);
	compare(0, fake_output(&p.client), SPAN("250 2.1.5?\n354?\n250 2.0.0 sent to 1?"));
	end(&p);
}

// One recipient waits here, or has gone out from here, another is new: the client has to send it once more, and the one is not asked for then.
static void again_with_others(void **state)
{
	(void)state;
	struct pair p;
	put_one();
	for (unsigned i = 0; i < 2; i++) {
		begin(&p, "MAIL FROM:<u@a>\r\n");
		client_says(&p, SPAN("RCPT TO:<x@far>\r\nRCPT TO:<y@far>\r\n"), 0);
		assert_int_equal(passes(&p,
					 i ? SPAN("250 a\r\n250 y\r\n")
					   : SPAN("250 a\r\n250 x\r\n250 y\r\n")),
			i);
		compare(0, fake_output(&p.client),
			i ? SPAN("250 2.1.5 recipient?\n250 2.1.5?\n354?\n250 2.0.0 sent to 2?")
			  : SPAN("250 2.1.5?\n250 2.1.5?\n354?\n451 4.3.0 some?"));
		end(&p);
	}
	assert_int_equal(waiting(), 1);
}

// The bounds: refused at RCPT when there is no room at all, or not for so much as the client says, at the end of the message when there is none for it.
static void bounds(void **state)
{
	(void)state;
	struct pair p;
	struct buf big = { 0 };
	static_assert(SPOOL_USER_OCTETS_MAX < 70000000, "the client says so");
	begin(&p, "MAIL FROM:<u@a> SIZE=70000000\r\n");
	client_says(&p, SPAN("RCPT TO:<x@far>\r\n"), 0);
	breaks_off(&p);
	compare(0, fake_output(&p.client), SPAN("451 4.4.2?"));
	end(&p);
	begin(&p, "MAIL FROM:<u@a>\r\n");
	client_says(&p, SPAN("RCPT TO:<x@far>\r\n"), 0);
	breaks_off(&p);
	client_says(&p, SPAN("RCPT TO:<v@a>\r\nDATA\r\n\r\n"), 0);
	while (big.n <= SPOOL_USER_OCTETS_MAX)
		buf_add(&big,
			SPAN("0123456789012345678901234567890123456789012345678901234567\r\n"));
	buf_add(&big, SPAN(".\r\n"));
	client_says(&p, buf_span(&big), 0);
	buf_done(&big);
	compare(0, fake_output(&p.client),
		SPAN("250 2.1.5?\n250 2.1.5?\n354?\n451 4.3.1 too much mail waits for the relay?"));
	assert_int_equal(messages_in(SPAN("v"), SPAN("INBOX")), 0); // nobody gets it
	for (unsigned i = 0; i <= SPOOL_USER_MESSAGES_MAX; i++) {
		client_says(&p, SPAN("MAIL FROM:<u@a>\r\nRCPT TO:<x@far>\r\n"), 0);
		breaks_off(&p);
		(void)fake_output(&p.client);
		client_says(&p, SPAN("DATA\r\n\r\n.\r\n"), 0);
	}
	compare(0, fake_output(&p.client), SPAN("503?\n500?\n500?"));
	client_says(&p, SPAN("RSET\r\nMAIL FROM:<u@a>\r\nRCPT TO:<x@far>\r\n"), 0);
	breaks_off(&p);
	compare(0, fake_output(&p.client), SPAN("250?\n250?\n451 4.4.2?"));
	assert_int_equal(waiting(), SPOOL_USER_MESSAGES_MAX);
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(waits, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_here, setup, teardown),
		cmocka_unit_test_setup_teardown(does_not_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(again, setup, teardown),
		cmocka_unit_test_setup_teardown(again_after_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(on_its_way, setup, teardown),
		cmocka_unit_test_setup_teardown(again_with_others, setup, teardown),
		cmocka_unit_test_setup_teardown(bounds, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
