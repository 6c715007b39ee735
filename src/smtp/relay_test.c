// SPDX-License-Identifier: Apache-2.0
// Submission through a relay, both connections in memory: what no transcript can time.
#include "auth/fake_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "smtp/relay_priv.h"
#include "smtp/relay_testing.h"
#include "smtp/submission.h"
#include "smtp/testing.h"
#include "wire/base64.h"

static struct op op;
static struct store *store;
static struct submission_config config;
static struct submission *submission;

static int setup(void **state)
{
	(void)state;
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true, .append_limit = 8u << 20 };
	struct relay_config rc = { .host = "relay", .tls = RELAY_TLS_NONE, .hostname = "mx.a" };
	config = (struct submission_config){ .hostname = "mx.a", .domains = "a" };
	log_level_set(LOG_ERROR_);
	op_init(&op, 0);
	if (store_open(&op, &sc, &store) < 0 || mail_open(&op, store, &mc, &config.mail) < 0 ||
		relay_new(&op, &rc, NULL, &config.relay) < 0)
		return -1;
	return submission_new(&op, &config, &submission);
}

static int teardown(void **state)
{
	(void)state;
	submission_free(submission);
	relay_free(config.relay);
	mail_close(config.mail);
	store_close(store);
	op_done(&op);
	return 0;
}

// A client that is logged in has named a recipient, of whom the relay was asked.
static void begin_to(struct pair *p, struct span rcpt)
{
	*p = (struct pair){ .linked = false };
	fake_open(&p->client, &submission_service, submission);
	client_says(p, SPAN("STARTTLS\r\n"), 0);
	client_says(p, SPAN("EHLO x\r\nAUTH PLAIN AHUAcA==\r\nMAIL FROM:<u@a>\r\n"), 0);
	(void)fake_output(&p->client);
	client_says(p, rcpt, 0);
	relay_says(p, SPAN("220 r\r\n250-r\r\n250 PIPELINING\r\n"), 0);
}

static void begin(struct pair *p)
{
	begin_to(p, SPAN("RCPT TO:<x@far>\r\n"));
}

static void end(struct pair *p)
{
	fake_close(&p->client);
	if (!p->linked)
		return;
	(void)fake_run_woken(&p->relay);
	fake_close(&p->relay);
}

// The server stops: what the relay has whole, it may have taken. Its answer is awaited; a message that has not come whole is given up.
static void stops(void **state)
{
	(void)state;
	for (unsigned whole = 0; whole < 2; whole++) {
		struct pair p;
		begin(&p);
		relay_says(&p, SPAN("250 a\r\n250 b\r\n"), 0);
		client_says(&p, SPAN("DATA\r\n"), 0);
		relay_says(&p, SPAN("354 go\r\n"), 0);
		client_says(&p, whole ? SPAN("a: b\r\n.\r\n") : SPAN("a: b\r\n"), 0);
		fake_wake(&p.relay, CONN_EV_STOPPING);
		fake_wake(&p.client, CONN_EV_STOPPING);
		settle(&p);
		if (whole)
			relay_says(&p, SPAN("250 taken\r\n"), 0);
		compare(0, fake_output(&p.client),
			whole ? SPAN("250 2.1.5?\n354?\n250 2.0.0?\n421 4.3.2?")
			      : SPAN("250 2.1.5?\n354?\n421 4.3.2?"));
		assert_true(p.client.closed);
		end(&p);
	}
}

// Answers that wait behind one of the relay's take bounded memory: the client is not read meanwhile. None is lost.
static void holds_answers(void **state)
{
	(void)state;
	struct pair p;
	struct buf flood = { 0 };
	const unsigned count = RELAY_HELD_MAX; // with answers of more than one octet
	begin(&p);
	for (unsigned i = 0; i < count; i++)
		buf_add(&flood, SPAN("RCPT TO:<nobody>\r\n"));
	client_says(&p, buf_span(&flood), 0);
	assert_int_equal(p.client.next, CONN_WAIT);
	assert_true(conn_input(p.client.conn).n > 0);
	assert_int_equal(fake_output(&p.client).n, 0);
	relay_says(&p, SPAN("250 a\r\n250 b\r\n"), 0);
	client_says(&p, SPAN(""), 0);
	struct span out = fake_output(&p.client), line;
	unsigned refused = 0;
	out = span_split(out, '\n', &line);
	assert_true(span_starts(line, SPAN("250 2.1.5")));
	while (out.n) {
		out = span_split(out, '\n', &line);
		refused += span_starts(line, SPAN("550 5.1.1"));
	}
	assert_int_equal(refused, count);
	end(&p);
	buf_done(&flood);
}

// A relay that reads nothing: a bounded part of a big message is taken from the client, and the rest when it reads again.
static void waits_for_a_slow_relay(void **state)
{
	(void)state;
	struct pair p;
	struct buf text = { 0 };
	const unsigned lines = 100000;
	begin(&p);
	relay_says(&p, SPAN("250 a\r\n250 b\r\n"), 0);
	client_says(&p, SPAN("DATA\r\n"), 0);
	relay_says(&p, SPAN("354 go\r\n"), 0);
	(void)fake_output(&p.relay);
	p.relay.stuck = true;
	for (unsigned i = 0; i < lines; i++)
		buf_addf(&text, "%s%029u\r\n", i < 2 ? "a: " : i == 2 ? "\r\n..: " : "..: ", i);
	buf_add(&text, SPAN(".\r\n"));
	client_says(&p, buf_span(&text), 0);
	while (p.client.next != CONN_WAIT && fake_unread(&p.client))
		client_says(&p, SPAN(""), 0);
	assert_int_equal(p.client.next, CONN_WAIT);
	assert_true(
		text.n - fake_unread(&p.client) < 3 * RELAY_QUEUE_MAX); // on both sides of the link
	assert_int_equal(fake_output(&p.relay).n, 0);
	p.relay.stuck = false;
	fake_wake(&p.relay, CONN_EV_DRAINED);
	while (fake_unread(&p.client)) {
		size_t before = fake_unread(&p.client);
		client_says(&p, SPAN(""), 0);
		assert_true(fake_unread(&p.client) < before);
	}
	settle(&p);
	struct span rest = fake_output(&p.relay), line;
	unsigned seen = 0;
	while (rest.n) { // behind Received and the fields that were added
		rest = span_split(rest, '\n', &line);
		uint64_t number;
		bool mine =
			seen < 2 ? span_starts(line, SPAN("a: ")) : span_starts(line, SPAN("..: "));
		if (!mine)
			continue;
		size_t lead = seen < 2 ? 3 : 4;
		assert_true(
			span_to_u64(span_trim(span_cut(line, lead, lead + 29)), lines, &number));
		assert_int_equal(number, seen++);
	}
	assert_int_equal(seen, lines);
	assert_true(span_eq(line, SPAN(".\r")));
	relay_says(&p, SPAN("250 taken\r\n"), 0);
	compare(0, fake_output(&p.client), SPAN("250 2.1.5?\n354?\n250 2.0.0?"));
	end(&p);
	buf_done(&text);
}

// --- limits ---

// A reply with a line of as many octets as it may have (its end included), and of one more.
static void reads_long_lines(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		struct pair p;
		struct buf line = { 0 };
		begin(&p);
		relay_says(&p, SPAN("250 mail\r\n"), 0);
		buf_add(&line, SPAN("250 "));
		while (line.n + 2 < RELAY_LINE_MAX + more)
			buf_addc(&line, 'x');
		buf_add(&line, SPAN("\r\n"));
		relay_says(&p, buf_span(&line), 0);
		assert_true(span_starts(
			fake_output(&p.client), more ? SPAN("451 4.4.2") : SPAN("250 2.1.5")));
		end(&p);
		buf_done(&line);
	}
}

static unsigned count_of(struct span text, struct span what)
{
	unsigned n = 0;
	for (size_t at; (at = span_find(text, what)) < text.n; n++)
		text = span_skip(text, at + what.n);
	return n;
}

// More recipients than are asked of the relay at a time: the others' turn comes with its answers.
static void asks_for_so_many_at_a_time(void **state)
{
	(void)state;
	struct pair p;
	struct buf flood = { 0 };
	begin(&p); // asked for one
	for (unsigned i = 1; i < 2 * RELAY_PIPELINE_MAX; i++)
		buf_addf(&flood, "RCPT TO:<x%u@far>\r\n", i);
	client_says(&p, buf_span(&flood), 0);
	unsigned asked = count_of(fake_output(&p.relay), SPAN("RCPT TO:"));
	assert_int_equal(asked, RELAY_PIPELINE_MAX);
	assert_int_equal(fake_output(&p.client).n, 0);
	relay_says(&p, SPAN("250 mail\r\n"), 0);
	unsigned answered = 0, told = 0;
	while (answered < 2 * RELAY_PIPELINE_MAX) {
		relay_says(&p, SPAN("250 rcpt\r\n"), 0);
		client_says(&p, SPAN(""), 0);
		answered++;
		asked += count_of(fake_output(&p.relay), SPAN("RCPT TO:"));
		told += count_of(fake_output(&p.client), SPAN("250 2.1.5"));
		assert_true(asked - answered <= RELAY_PIPELINE_MAX);
	}
	assert_int_equal(asked, 2 * RELAY_PIPELINE_MAX);
	assert_int_equal(told, 2 * RELAY_PIPELINE_MAX);
	end(&p);
	buf_done(&flood);
}

// Its answer to a message may take RELAY_MESSAGE_TIMEOUTS times as long as others (RFC 5321 section 4.5.3.2.6).
static void waits_longer_for_a_message(void **state)
{
	(void)state;
	struct pair p;
	uint64_t now = clock_mono(), each = RELAY_TIMEOUT_MS * NS_PER_MS;
	begin(&p);
	relay_says(&p, SPAN("250 a\r\n"), 0);
	assert_in_range(fake_deadline(&p.relay), now, clock_mono() + each);
	relay_says(&p, SPAN("250 b\r\n"), 0);
	client_says(&p, SPAN("DATA\r\n"), 0);
	relay_says(&p, SPAN("354 go\r\n"), 0);
	now = clock_mono();
	client_says(&p, SPAN("a: b\r\n\r\n.\r\n"), 0);
	assert_in_range(fake_deadline(&p.relay), now + RELAY_MESSAGE_TIMEOUTS * each,
		clock_mono() + RELAY_MESSAGE_TIMEOUTS * each);
	end(&p);
}

// SCRAM: the work that a relay may ask of us.
static void proves_so_much(void **state)
{
	(void)state;
	struct relay_config with = {
		.host = "relay", .tls = RELAY_TLS_NONE, .user = "u", .password = "p"
	};
	struct relay *relay;
	assert_int_equal(relay_new(&op, &with, NULL, &relay), 0);
	for (unsigned more = 0; more < 2; more++) {
		struct relay_channel channel = { .is_private = true, .binding = SPAN_NONE };
		struct relay_sasl *sasl;
		struct span command, first, nonce;
		struct buf challenge = { 0 };
		char octets[512], text[512];
		size_t n;
		assert_int_equal(relay_sasl_begin(&op, relay, SPAN("SCRAM-SHA-256"), &channel,
					 &sasl, &command),
			0);
		first = span_skip(command, sizeof "AUTH SCRAM-SHA-256 " - 1);
		assert_true(base64_decode(span_trim(first), octets, &n));
		nonce = span_of(octets, n);
		nonce = span_skip(nonce, span_find(nonce, SPAN(",r=")) + 3);
		buf_addf(&challenge, "r=%.*sx,s=c2FsdHNhbHQ=,i=%u", SPAN_FMT(nonce),
			RELAY_ITERATIONS_MAX + more);
		base64_encode(buf_span(&challenge), text);
		int rc = relay_sasl_step(
			&op, sasl, span_of(text, BASE64_SIZE(challenge.n)), &command);
		assert_int_equal(rc, more ? RC_AUTHFAILED : 0);
		relay_sasl_free(sasl);
		buf_done(&challenge);
	}
	relay_free(relay);
}

// --- messages that not everybody gets ---

// No account is made on its own; "u" has one.
static int setup_without_accounts(void **state)
{
	int rc = setup(state);
	struct mail_config mc = { .append_limit = 100000 };
	struct account *a;
	if (rc < 0 || account_open(&op, config.mail, SPAN("u"), &a) < 0)
		return -1;
	account_unref(a);
	submission_free(submission);
	mail_close(config.mail);
	if (mail_open(&op, store, &mc, &config.mail) < 0)
		return -1;
	return submission_new(&op, &config, &submission);
}

static void make_account(struct span user)
{
	struct mail_config mc = { .create_accounts = true };
	struct mail *other;
	struct account *a;
	assert_int_equal(mail_open(&op, store, &mc, &other), 0);
	assert_int_equal(account_open(&op, other, user, &a), 0);
	account_unref(a);
	mail_close(other);
}

static unsigned inbox_count(struct span user)
{
	struct account *a;
	struct mailbox_status status;
	bool found;
	assert_int_equal(account_open(&op, config.mail, user, &a), 0);
	const struct tree *t = account_tree_ref(a);
	size_t at = tree_find(t, SPAN("INBOX"), &found);
	assert_true(found);
	mailbox_status(t->entries[at].mailbox, &status);
	tree_unref(t);
	account_unref(a);
	return status.messages;
}

// The client's side of a message to the relay's x, to v and w here; what the relay is sent of it.
static struct span send_to_three(struct pair *p)
{
	relay_says(p, SPAN("250 mail\r\n250 rcpt\r\n"), 0);
	client_says(p, SPAN("RCPT TO:<v@a>\r\nRCPT TO:<w@a>\r\nDATA\r\n"), 0);
	relay_says(p, SPAN("354 go\r\n"), 0);
	client_says(p, SPAN("Subject: once\r\n\r\nx\r\n.\r\n"), 0);
	return p->linked ? fake_output(&p->relay) : SPAN("");
}

static bool has_end(struct span text)
{
	return text.n >= 5 && span_eq(span_skip(text, text.n - 5), SPAN("\r\n.\r\n"));
}

// The relay and one of two accounts here have the message, the other account has not: the client is told, and sends again. Who has it is passed
// over, the relay as well, and a third sending is a new message.
static void passes_over_who_has_it(void **state)
{
	(void)state;
	struct pair p;
	make_account(SPAN("v"));
	begin(&p);
	assert_true(has_end(send_to_three(&p)));
	relay_says(&p, SPAN("250 taken\r\n"), 0);
	compare(0, fake_output(&p.client),
		SPAN("250 2.1.5?\n250 2.1.5?\n250 2.1.5?\n354?\n550 5.1.1 <w@a>?"));
	end(&p);
	assert_int_equal(inbox_count(SPAN("v")), 1);
	make_account(SPAN("w"));
	for (unsigned again = 0; again < 2; again++) {
		begin(&p);
		// The relay has it: it does not get the end.
		assert_int_equal(has_end(send_to_three(&p)), again);
		if (again)
			relay_says(&p, SPAN("250 taken\r\n"), 0);
		compare(0, fake_output(&p.client),
			SPAN("250 2.1.5?\n250 2.1.5?\n250 2.1.5?\n354?\n250 2.0.0 sent to 3?"));
		end(&p);
		assert_int_equal(inbox_count(SPAN("v")), 1 + again);
		assert_int_equal(inbox_count(SPAN("w")), 1 + again);
	}
}

// A recipient for whom there is no memory any more: the relay's answer to MAIL, which was asked for him, is not taken for that to the next one.
static void no_room_for_a_recipient(void **state)
{
	(void)state;
	struct pair p = { .linked = false };
	char padding[11000];
	memset(padding, 'a', sizeof padding);
	fake_open(&p.client, &submission_service, submission);
	client_says(&p, SPAN("STARTTLS\r\n"), 0);
	client_says(&p, SPAN("EHLO x\r\nAUTH PLAIN AHUAcA==\r\nMAIL FROM:<u@a>\r\n"), 0);
	bool full = false;
	for (unsigned i = 0; i < SMTP_RECIPIENTS_MAX && !full; i++) {
		struct buf line = { 0 };
		(void)fake_output(&p.client);
		buf_addf(
			&line, "RCPT TO:<v@a> ORCPT=rfc822;%.*s\r\n", (int)sizeof padding, padding);
		client_says(&p, buf_span(&line), 0);
		buf_done(&line);
		full = span_starts(fake_output(&p.client), SPAN("452 "));
	}
	assert_true(full);
	struct buf line = { 0 };
	buf_addf(&line, "RCPT TO:<x@far> ORCPT=rfc822;%.*s\r\n", (int)sizeof padding, padding);
	client_says(&p, buf_span(&line), 0);
	buf_done(&line);
	relay_says(&p, SPAN("220 r\r\n250-r\r\n250 PIPELINING\r\n"), 0);
	relay_says(&p, SPAN("550 not him\r\n"), 0);
	client_says(&p, SPAN("RSET\r\n"), 0);
	relay_says(&p, SPAN("250 reset\r\n"), 0);
	compare(0, fake_output(&p.client), SPAN("452 4.5.3?\n250?"));
	bool was_linked = p.linked;
	client_says(&p, SPAN("MAIL FROM:<u@a>\r\nRCPT TO:<x@far>\r\n"), 0);
	if (!was_linked)
		relay_says(&p, SPAN("220 r\r\n250-r\r\n250 PIPELINING\r\n"), 0);
	relay_says(&p, SPAN("250 mail\r\n250 rcpt\r\n"), 0);
	compare(0, fake_output(&p.client), SPAN("250 2.1.0?\n250 2.1.5?"));
	end(&p);
}

// RFC 5321 section 3.2: a relay that knows no EHLO; it has no extensions then. Another refusal stands.
static void knows_helo_only(void **state)
{
	(void)state;
	for (unsigned refuses = 0; refuses < 2; refuses++) {
		struct pair p = { .linked = false };
		fake_open(&p.client, &submission_service, submission);
		client_says(&p, SPAN("STARTTLS\r\n"), 0);
		client_says(
			&p, SPAN("EHLO x\r\nAUTH PLAIN AHUAcA==\r\nMAIL FROM:<u@a> SIZE=5\r\n"), 0);
		(void)fake_output(&p.client);
		client_says(&p, SPAN("RCPT TO:<x@far>\r\n"), 0);
		relay_says(&p, SPAN("220 r\r\n"), 0);
		(void)fake_output(&p.relay);
		relay_says(&p,
			refuses ? SPAN("550-8BITMIME\r\n550 DSN\r\n")
				: SPAN("502-8BITMIME\r\n502 DSN\r\n"),
			0);
		if (refuses) {
			compare(0, fake_output(&p.client), SPAN("451 4.4.2?"));
		} else {
			assert_true(span_eq(fake_output(&p.relay), SPAN("HELO mx.a\r\n")));
			relay_says(&p, SPAN("250 r\r\n"), 0);
			assert_true(span_eq(fake_output(&p.relay), SPAN("MAIL FROM:<u@a>\r\n")));
			relay_says(&p, SPAN("250 a\r\n"), 0);
			assert_true(span_eq(fake_output(&p.relay), SPAN("RCPT TO:<x@far>\r\n")));
			relay_says(&p, SPAN("250 b\r\n"), 0);
			compare(0, fake_output(&p.client), SPAN("250 2.1.5?"));
		}
		end(&p);
	}
}

// --- a connection that was kept ---

// What the relay says as it is asked for a second message, over the connection of the first; or it closes that.
static void asks_on_kept(struct pair *p, struct span word)
{
	begin(p);
	relay_says(p, SPAN("250 mail\r\n550 not him\r\n"), 0);
	client_says(p, SPAN("RSET\r\n"), 0);
	relay_says(p, SPAN("250 reset\r\n"), 0);
	(void)fake_output(&p->client);
	(void)fake_output(&p->relay);
	client_says(p, SPAN("MAIL FROM:<u@a>\r\nRCPT TO:<y@far>\r\nRCPT TO:<z@far>\r\n"), 0);
	compare(0, fake_output(&p->relay),
		SPAN("MAIL FROM:<u@a>?\nRCPT TO:<y@far>?\nRCPT TO:<z@far>?"));
	if (word.n)
		relay_says(p, word, 0);
	else
		fake_wake(&p->relay, CONN_EV_EOF);
	settle(p);
}

// It has closed an idle connection just as it is used again, or says so: nothing was taken, and it is asked over a new one. Once: what that one says, or
// does not say, is the client's answer.
static void renews_a_kept_connection(void **state)
{
	(void)state;
	const struct span words[] = { SPAN(""), SPAN("421 4.4.2 idle for too long\r\n") };
	for (unsigned i = 0; i < 4; i++) {
		struct pair p;
		bool twice = i >= 2;
		asks_on_kept(&p, words[i % 2]);
		compare(0, fake_output(&p.client), SPAN("250 2.1.0?"));
		assert_true(p.linked);
		relay_says(&p, SPAN("220 r\r\n250-r\r\n250 PIPELINING\r\n"), 0);
		compare(0, fake_output(&p.relay),
			SPAN("EHLO mx.a?\nMAIL FROM:<u@a>?\nRCPT TO:<y@far>?\nRCPT TO:<z@far>?"));
		if (twice) {
			relay_says(&p, SPAN("421 4.4.2 not now either\r\n"), 0);
			compare(0, fake_output(&p.client), SPAN("451 4.4.2?\n451 4.4.2?"));
			assert_false(p.linked);
		} else {
			relay_says(&p, SPAN("250 mail\r\n550 5.1.1 who\r\n250 rcpt\r\n"), 0);
			compare(0, fake_output(&p.client), SPAN("550 5.1.1?\n250 2.1.5?"));
		}
		end(&p);
	}
}

// What it has answered stands: only a connection that breaks off before it said anything of this transaction is made anew.
static void keeps_what_it_said(void **state)
{
	(void)state;
	struct pair p;
	asks_on_kept(&p, SPAN("250 mail\r\n421 4.4.2 enough\r\n"));
	compare(0, fake_output(&p.client), SPAN("250 2.1.0?\n451 4.4.2?\n451 4.4.2?"));
	assert_false(p.linked);
	end(&p);
}

// --- messages that come again ---

#define WITH_ID SPAN("Message-ID: <1@a>\r\n\r\nx\r\n.\r\n")
#define WITHOUT_ID SPAN("Subject: a\r\n\r\nx\r\n.\r\n")

// The relay has said yes to MAIL and this many RCPT; the message comes. What the relay is sent of it.
static struct span send_message(struct pair *p, unsigned recipients, struct span text)
{
	for (unsigned i = 0; p->linked && i <= recipients; i++)
		relay_says(p, SPAN("250 yes\r\n"), 0);
	client_says(p, SPAN("DATA\r\n"), 0);
	relay_says(p, SPAN("354 go\r\n"), 0);
	client_says(p, text, 0);
	return p->linked ? fake_output(&p->relay) : SPAN("");
}

// The same message once more, to x alone: it is passed over, or goes to the relay, which takes it.
static void comes_again(struct span text, bool passed_over)
{
	struct pair p;
	begin(&p);
	assert_int_equal(has_end(send_message(&p, 1, text)), !passed_over);
	if (!passed_over)
		relay_says(&p, SPAN("250 taken\r\n"), 0);
	compare(0, fake_output(&p.client), SPAN("250 2.1.5?\n354?\n250 2.0.0 sent to 1?"));
	end(&p);
}

// The answer may not have reached the client, although we gave it.
static void knows_it_again(void **state)
{
	(void)state;
	comes_again(WITH_ID, false);
	comes_again(WITH_ID, true);
	comes_again(WITHOUT_ID, false);
	comes_again(WITHOUT_ID, false);
}

// The client is gone while the relay has the message whole: what the relay says is noted. Meanwhile it is not sent a second time.
static void client_goes_away(void **state)
{
	(void)state;
	const struct span texts[] = { WITH_ID, WITHOUT_ID,
		SPAN("Message-ID: <2@a>\r\n\r\nx\r\n.\r\n"), WITHOUT_ID };
	for (unsigned i = 0; i < 4; i++) {
		struct span text = texts[i];
		bool taken = i >= 2;
		struct pair p, other;
		begin(&p);
		assert_true(has_end(send_message(&p, 1, text)));
		fake_close(&p.client);
		assert_true(fake_run_woken(&p.relay));
		assert_false(p.relay.closed);
		if (i % 2 == 0) {
			begin(&other);
			assert_false(has_end(send_message(&other, 1, text)));
			compare(0, fake_output(&other.client),
				SPAN("250 2.1.5?\n354?\n451 4.3.0 it is on its way?"));
			end(&other);
		}
		(void)fake_output(&p.relay);
		fake_send(&p.relay, taken ? SPAN("250 taken\r\n") : SPAN("451 no\r\n"), 0);
		assert_true(span_eq(fake_output(&p.relay), SPAN("QUIT\r\n")));
		assert_true(p.relay.closed);
		fake_close(&p.relay);
		comes_again(text, taken);
	}
}

// An MTA sends a message to many in parts, over connections of its own at the same time: none waits for another. What the relay says of one is not
// taken for the others.
static void others_get_it_meanwhile(void **state)
{
	(void)state;
	struct pair one, two;
	begin(&one);
	begin_to(&two, SPAN("RCPT TO:<y@far>\r\n"));
	assert_true(has_end(send_message(&one, 1, WITH_ID)));
	assert_true(has_end(send_message(&two, 1, WITH_ID)));
	relay_says(&one, SPAN("250 taken\r\n"), 0);
	relay_says(&two, SPAN("451 later\r\n"), 0);
	compare(0, fake_output(&one.client), SPAN("250 2.1.5?\n354?\n250 2.0.0 sent to 1?"));
	compare(0, fake_output(&two.client), SPAN("250 2.1.5?\n354?\n451?"));
	end(&one);
	end(&two);
	begin_to(&two, SPAN("RCPT TO:<y@far>\r\n"));
	assert_true(has_end(send_message(&two, 1, WITH_ID)));
	relay_says(&two, SPAN("250 taken\r\n"), 0);
	compare(0, fake_output(&two.client), SPAN("250 2.1.5?\n354?\n250 2.0.0 sent to 1?"));
	end(&two);
	comes_again(WITH_ID, true);
}

// A relay that breaks off then may have it or not: it is tried again.
static void relay_breaks_off_behind_it(void **state)
{
	(void)state;
	struct pair p;
	begin(&p);
	assert_true(has_end(send_message(&p, 1, WITH_ID)));
	fake_close(&p.client);
	assert_true(fake_run_woken(&p.relay));
	fake_wake(&p.relay, CONN_EV_EOF);
	assert_true(p.relay.closed);
	fake_close(&p.relay);
	comes_again(WITH_ID, false);
}

// Nobody but a bounded number waits for the relay's word with the client gone.
static void bounds_who_waits(void **state)
{
	(void)state;
	struct pair *p = calloc(RELAY_ORPHANS_MAX + 1, sizeof *p);
	assert_non_null(p);
	for (unsigned i = 0; i <= RELAY_ORPHANS_MAX; i++) {
		begin(&p[i]);
		assert_true(has_end(send_message(&p[i], 1, WITHOUT_ID)));
		fake_close(&p[i].client);
		assert_true(fake_run_woken(&p[i].relay));
		assert_int_equal(p[i].relay.closed, i == RELAY_ORPHANS_MAX);
	}
	for (unsigned i = 0; i <= RELAY_ORPHANS_MAX; i++)
		fake_close(&p[i].relay);
	free(p);
}

// The message to x, who has it, and y, who has not: refused, and x is held back.
static void is_mixed(void)
{
	struct pair p;
	begin(&p);
	client_says(&p, SPAN("RCPT TO:<y@far>\r\n"), 0);
	assert_false(has_end(send_message(&p, 2, WITH_ID)));
	compare(0, fake_output(&p.client), SPAN("250 2.1.5?\n250 2.1.5?\n354?\n451 4.3.0 some?"));
	end(&p);
}

// The message goes to the relay, which was asked for so many, and both have it then.
static void goes_to_both(struct pair *p, unsigned asked)
{
	assert_true(has_end(send_message(p, asked, WITH_ID)));
	relay_says(p, SPAN("250 taken\r\n"), 0);
	compare(0, fake_output(&p->client),
		SPAN("250 2.1.5?\n250 2.1.5?\n354?\n250 2.0.0 sent to 2?"));
	end(p);
}

// To x, who has it, and y, who has not: nobody gets it twice. It takes one more sending, in which x is not asked for.
static void some_have_it(void **state)
{
	(void)state;
	struct pair p;
	comes_again(WITH_ID, false);
	is_mixed();
	begin(&p);
	assert_false(p.linked);
	client_says(&p, SPAN("RCPT TO:<y@far>\r\n"), 0);
	relay_says(&p, SPAN("220 r\r\n250-r\r\n250 PIPELINING\r\n"), 0);
	struct span asked = fake_output(&p.relay);
	assert_true(span_find(asked, SPAN("y@far")) < asked.n);
	assert_true(span_find(asked, SPAN("x@far")) >= asked.n);
	goes_to_both(&p, 1);
	comes_again(WITHOUT_ID, false); // nobody is held back any more
}

// Other mail of the same user goes out meanwhile: who is held back stays so.
static void other_mail_between(void **state)
{
	(void)state;
	struct pair p;
	comes_again(WITH_ID, false);
	is_mixed();
	begin_to(&p, SPAN("RCPT TO:<z@far>\r\n"));
	assert_true(has_end(send_message(&p, 1, WITHOUT_ID)));
	relay_says(&p, SPAN("250 taken\r\n"), 0);
	compare(0, fake_output(&p.client), SPAN("250 2.1.5?\n354?\n250 2.0.0 sent to 1?"));
	end(&p);
	begin_to(&p, SPAN("RCPT TO:<x@far>\r\nRCPT TO:<y@far>\r\n"));
	struct span asked = fake_output(&p.relay);
	assert_true(span_find(asked, SPAN("y@far")) < asked.n);
	assert_true(span_find(asked, SPAN("x@far")) >= asked.n);
	goes_to_both(&p, 1);
}

// Each time another message to x lets him go, and the one that he was held back for comes to both again: in the end it goes to both, x gets it twice.
static void mixed_again_and_again(void **state)
{
	(void)state;
	struct pair p;
	comes_again(WITH_ID, false);
	for (unsigned i = 0; i < SERVED_HOLDS; i++) {
		char text[64];
		is_mixed();
		begin(&p);
		(void)snprintf(text, sizeof text, "Message-ID: <other%u@a>\r\n\r\nx\r\n.\r\n", i);
		send_message(&p, 0, span_str(text));
		compare(0, fake_output(&p.client),
			SPAN("250 2.1.5?\n354?\n451 4.3.0 <x@far> was not?"));
		end(&p);
	}
	begin(&p);
	client_says(&p, SPAN("RCPT TO:<y@far>\r\n"), 0);
	goes_to_both(&p, 2);
}

// Who was held back for a message that does not come again gets the next one, when that is sent again.
static void another_message_comes(void **state)
{
	(void)state;
	struct pair p;
	comes_again(WITH_ID, false);
	is_mixed();
	begin(&p);
	send_message(&p, 0, SPAN("Message-ID: <2@a>\r\n\r\nx\r\n.\r\n"));
	assert_false(p.linked);
	compare(0, fake_output(&p.client), SPAN("250 2.1.5?\n354?\n451 4.3.0 <x@far> was not?"));
	end(&p);
	comes_again(SPAN("Message-ID: <2@a>\r\n\r\nx\r\n.\r\n"), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stops, setup, teardown),
		cmocka_unit_test_setup_teardown(holds_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_for_a_slow_relay, setup, teardown),
		cmocka_unit_test_setup_teardown(reads_long_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_for_so_many_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(waits_longer_for_a_message, setup, teardown),
		cmocka_unit_test_setup_teardown(proves_so_much, setup, teardown),
		cmocka_unit_test_setup_teardown(
			passes_over_who_has_it, setup_without_accounts, teardown),
		cmocka_unit_test_setup_teardown(no_room_for_a_recipient, setup, teardown),
		cmocka_unit_test_setup_teardown(knows_helo_only, setup, teardown),
		cmocka_unit_test_setup_teardown(renews_a_kept_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_what_it_said, setup, teardown),
		cmocka_unit_test_setup_teardown(knows_it_again, setup, teardown),
		cmocka_unit_test_setup_teardown(client_goes_away, setup, teardown),
		cmocka_unit_test_setup_teardown(others_get_it_meanwhile, setup, teardown),
		cmocka_unit_test_setup_teardown(relay_breaks_off_behind_it, setup, teardown),
		cmocka_unit_test_setup_teardown(bounds_who_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(some_have_it, setup, teardown),
		cmocka_unit_test_setup_teardown(other_mail_between, setup, teardown),
		cmocka_unit_test_setup_teardown(mixed_again_and_again, setup, teardown),
		cmocka_unit_test_setup_teardown(another_message_comes, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
