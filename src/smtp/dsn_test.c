// SPDX-License-Identifier: Apache-2.0
// Reports (RFC 3461, RFC 3464): who wants which, and what stands in them whatever a client or a relay has said.
#include "smtp/dsn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/buf.h"

static void who_wants(void **state)
{
	(void)state;
	static const struct {
		struct span notify;
		bool success, delay, failure;
	} rows[] = {
		{ SPAN_NONE, false, true, true }, // RFC 3461 section 4.1
		{ { "NEVER", 5 }, false, false, false },
		{ { "SUCCESS", 7 }, true, false, false },
		{ { "failure,Delay", 13 }, false, true, true },
		{ { "FAILURE", 7 }, false, false, true },
		{ { "SUCCESS,FAILURE,DELAY", 21 }, true, true, true },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		assert_int_equal(dsn_is_wanted(rows[i].notify, DSN_DELIVERED), rows[i].success);
		assert_int_equal(dsn_is_wanted(rows[i].notify, DSN_RELAYED), rows[i].success);
		assert_int_equal(dsn_is_wanted(rows[i].notify, DSN_DELAYED), rows[i].delay);
		assert_int_equal(dsn_is_wanted(rows[i].notify, DSN_FAILED), rows[i].failure);
		assert_false(dsn_is_wanted(rows[i].notify, DSN_NONE));
	}
}

static bool has(const struct buf *b, const char *text)
{
	return memmem(b->p, b->n, text, strlen(text));
}

static struct dsn_recipient of[] = {
	{ .address = { "x@far", 5 },
		.orcpt = { "rfc822;X+0D+0Ax", 15 },
		.action = DSN_FAILED,
		.status = "5.1.1",
		.said = { "550 no\r\nAction: delivered \303\244", 28 } },
	{ .address = { "y@far", 5 }, .action = DSN_FAILED },
	{ .address = { "z@far", 5 }, .action = DSN_NONE },
};
static const struct dsn_facts facts = { .host = "mx.a",
	.relay = "relay",
	.sender = { "u@a", 3 },
	.envid = { "e+0Ax", 5 },
	.arrived = 86400,
	.retry_until = 5 * 86400,
	.content = { "Subject: s\r\n\r\n", 14 },
	.boundary = { "BB", 2 },
	.recipients = of,
	.count = 3 };

static void failed(void **state)
{
	(void)state;
	struct buf b = { 0 };
	dsn_write(&facts, &b);
	assert_false(b.failed);
	assert_true(has(&b, "\r\nTo: <u@a>\r\n"));
	assert_true(has(&b, "\r\nSubject: Not delivered\r\n"));
	assert_true(has(&b,
		"\r\nOriginal-Envelope-Id: e?x\r\nArrival-Date: Fri, 2 Jan 1970 00:00:00 "
		"+0000\r\n\r\nOriginal-Recipient: rfc822;X??x\r\nFinal-Recipient: "
		"rfc822;x@far\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; "
		"relay\r\nDiagnostic-Code: smtp; 550 no??Action: delivered ??\r\n\r\n"
		"Final-Recipient: rfc822;y@far\r\nAction: failed\r\nStatus: 5.0.0\r\n\r\n"
		"--BB\r\nContent-Type: text/rfc822-headers\r\n"));
	assert_false(has(&b, "z@far"));
	assert_false(has(&b, "Will-Retry-Until"));
	assert_true(has(&b, "\r\n\r\nSubject: s\r\n\r\n\r\n--BB--\r\n"));
	buf_done(&b);
	struct dsn_recipient own = of[0]; // nobody else has said it
	struct dsn_facts f = facts;
	own.ours = true;
	f.recipients = &own;
	f.count = 1;
	dsn_write(&f, &b);
	assert_true(has(&b, "\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no"));
	buf_done(&b);
}

static void delayed(void **state)
{
	(void)state;
	struct dsn_recipient late = { .address = { "\303\244@far", 6 }, .action = DSN_DELAYED };
	struct dsn_facts f = facts;
	struct buf b = { 0 };
	f.recipients = &late;
	f.count = 1;
	f.utf8 = true;
	f.is_whole = true;
	dsn_write(&f, &b);
	assert_true(has(&b, "\r\nSubject: Delayed\r\n"));
	assert_true(has(&b, "\r\nContent-Type: message/global-delivery-status\r\n"));
	assert_true(has(&b,
		"\r\nFinal-Recipient: utf-8;\303\244@far\r\nAction: delayed\r\nStatus: "
		"4.4.1\r\nWill-Retry-Until: Tue, 6 Jan 1970 00:00:00 +0000\r\n\r\n"));
	assert_true(has(&b, "\r\nContent-Type: message/global\r\n"));
	buf_done(&b);
	f.arrived = INT64_MIN; // whatever the disk says
	f.retry_until = INT64_MAX;
	dsn_write(&f, &b);
	assert_true(has(&b, "\r\nArrival-Date: Thu, 1 Jan 1970 "));
	assert_true(has(&b, "\r\nWill-Retry-Until: Fri, 31 Dec 9999 "));
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_wants),
		cmocka_unit_test(failed),
		cmocka_unit_test(delayed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
