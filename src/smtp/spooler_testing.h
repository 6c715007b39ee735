// SPDX-License-Identifier: Apache-2.0
// Starling: for tests of the spooler: one over a store in memory that fails when the test says so, and its relay.
#ifndef SMTP_SPOOLER_TESTING_H
#define SMTP_SPOOLER_TESTING_H

#include "auth/fake_testing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "mail/content.h"
#include "mail/deliver.h"
#include "mail/faults_testing.h"
#include "mail/format.h"
#include "mail/spool.h"
#include "mail/view.h"
#include "smtp/relay.h"
#include "smtp/spooler.h"
#include "smtp/testing.h"

#include <stdio.h>
#include <unistd.h>

static struct op op;
static struct store *store;
static struct spooler_config config;
static struct spooler *spooler;
static struct fake relay;
static bool linked, over;
static uint64_t due; // what the spooler wanted last

static inline int setup(void **state)
{
	(void)state;
	struct store_config sc = { .engine = "memory" };
	struct mail_config mc = { .create_accounts = true };
	struct relay_config rc = { .host = "relay", .tls = RELAY_TLS_NONE, .hostname = "mx.a" };
	struct account *a;
	log_level_set(LOG_ERROR_);
	op_init(&op, 0);
	linked = over = false;
	config = (struct spooler_config){ .hostname = "mx.a" };
	if (store_open(&op, &sc, &store) < 0 || mail_open(&op, store, &mc, &config.mail) < 0 ||
		spool_open(&op, config.mail, &config.spool) < 0 ||
		relay_new(&op, &rc, NULL, &config.relay) < 0 ||
		account_open(&op, config.mail, SPAN("u"), &a) < 0)
		return -1;
	account_unref(a);
	faults_begin(store);
	return spooler_new(&op, &config, &spooler);
}

static inline int teardown(void **state)
{
	(void)state;
	clock_shift_for_test(0);
	spooler_free(spooler);
	if (linked) {
		(void)fake_run_woken(&relay);
		fake_close(&relay);
	}
	relay_free(config.relay);
	spool_free(config.spool);
	mail_close(config.mail);
	store_close(store);
	op_done(&op);
	return 0;
}

// Both run until neither has anything to do.
static inline void settle(bool stopping)
{
	for (bool again = true; again;) {
		due = spooler_run(spooler, stopping, &over);
		again = fake_follow(&relay, &linked);
	}
}

static inline void says(struct span text)
{
	assert_true(linked);
	fake_send(&relay, text, 0);
	settle(false);
}

static inline void greets(const char *offers)
{
	struct buf b = { 0 };
	buf_addf(&b, "220 r\r\n250-r\r\n%s250 PIPELINING\r\n", offers);
	says(buf_span(&b));
	buf_done(&b);
}

static inline void breaks_off(void)
{
	assert_true(linked);
	fake_wake(&relay, CONN_EV_EOF);
	settle(false);
}

static inline void sent(const char *want)
{
	struct span got = linked ? fake_output(&relay) : SPAN("");
	compare(0, got, span_str(want));
}

#define TEXT SPAN("Message-ID: <x@a>\r\nSubject: it\r\n\r\n.dot\r\n")
static struct spool_recipient three[3] = {
	{ .address = { "x@far", 5 } },
	{ .address = { "y@far", 5 } },
	{ .address = { "z@far", 5 } },
};

static inline struct spool_message message_of(size_t count)
{
	return (struct spool_message){ .key = "key",
		.user = SPAN("u"),
		.sender = SPAN("u@a"),
		.prefix = SPAN("Received: r\r\n"),
		.why = SPAN(""),
		.marked = true,
		.recipients = three,
		.count = count };
}

static inline void put(const struct spool_message *m, struct span text)
{
	struct delivery *d;
	struct spool_slot *slot;
	assert_int_equal(delivery_begin(&op, config.mail, false, &d), 0);
	assert_int_equal(delivery_data(&op, d, text), 0);
	assert_int_equal(delivery_end(&op, d), 0);
	assert_int_equal(spool_stage(&op, config.spool, d, m, &slot), 0);
	assert_int_equal(spool_wait(&op, slot), 0);
	delivery_free(d);
}

static inline void put_simple(size_t count)
{
	struct spool_message m = message_of(count);
	put(&m, TEXT);
}

// A message to that one of three.
static inline void put_to(size_t i)
{
	struct spool_message m = message_of(1);
	m.key[0] = (uint8_t)('a' + i); // or they were one message
	m.recipients = &three[i];
	put(&m, TEXT);
}

static inline size_t waiting(void)
{
	struct spool_totals all;
	spool_count(config.spool, &all);
	return all.messages;
}

// How many reports there are; the newest one in op's arena.
static inline unsigned reports(struct span *ret_text)
{
	struct account *a;
	struct view *v;
	struct mailbox_status status;
	bool found;
	assert_int_equal(account_open(&op, config.mail, SPAN("u"), &a), 0);
	const struct tree *t = account_tree_ref(a);
	size_t at = tree_find(t, SPAN("INBOX"), &found);
	mailbox_status(t->entries[at].mailbox, &status);
	tree_unref(t);
	*ret_text = SPAN("");
	if (status.messages) {
		struct msg m;
		struct content c;
		struct rope r;
		uint64_t n;
		assert_int_equal(view_open(&op, a, SPAN("INBOX"), 0, &v), 0);
		assert_int_equal(view_msg(&op, v, (struct uid){ status.uid_next.v - 1 }, &m), 0);
		assert_int_equal(content_open(&op, v, &m, &c), 0);
		rope_init(&r);
		assert_int_equal(content_section(&op, &c, &(struct section){ .what = SECTION_ALL },
					 0, UINT64_MAX, &r, &n),
			0);
		char *p = arena_bytes(&op.arena, rope_size(&r));
		rope_copy(&r, p);
		*ret_text = span_of(p, rope_size(&r));
		rope_done(&r);
		content_close(&c);
		view_close(v);
	}
	account_unref(a);
	return status.messages;
}

static inline void woken(void *ctx)
{
	(void)ctx;
}

static inline bool has(struct span text, const char *what)
{
	return text.n && memmem(text.p, text.n, what, strlen(what));
}

#endif
