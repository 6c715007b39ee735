// SPDX-License-Identifier: Apache-2.0
// Names of mailboxes: from what a client sent to the form that everything here uses (account.h). RFC 9051 section 5.1: Net-Unicode
// (RFC 5198): NFC, no control characters; "INBOX" in any case is INBOX.
#include "mail/account.h"

#include "base/limits.h"

#include <stdlib.h>
#include <utf8proc.h>

static bool is_control(utf8proc_int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
}

// No control characters and nothing unassigned-like that no client could type again.
static int check_characters(struct op *op, struct span name)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)name.p;
	for (size_t i = 0; i < name.n;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate(p + i, (utf8proc_ssize_t)(name.n - i), &c);
		if (n <= 0)
			return op_fail(op, RC_BADNAME, "the name is not UTF-8");
		if (is_control(c))
			return op_fail(op, RC_BADNAME, "the name holds a control character");
		i += (size_t)n;
	}
	return 0;
}

static int check_levels(struct op *op, struct span name)
{
	size_t depth = 0;
	for (struct span rest = name, level; rest.p; depth++) {
		rest = span_split(rest, '/', &level);
		if (level.n == 0)
			return op_fail(op, RC_BADNAME, "the name has an empty level");
		if (level.n > MAILBOX_LEVEL_MAX)
			return op_fail(op, RC_BADNAME,
				"a level of the name is longer than %u octets", MAILBOX_LEVEL_MAX);
	}
	if (depth > MAILBOX_DEPTH_MAX)
		return op_fail(
			op, RC_BADNAME, "the name has more than %u levels", MAILBOX_DEPTH_MAX);
	return 0;
}

int account_name_check(struct op *op, struct span name, struct span *ret_name)
{
	if (name.n && name.p[name.n - 1] == '/')
		name.n--;
	if (name.n == 0)
		return op_fail(op, RC_BADNAME, "the name is empty");
	if (name.n > MAILBOX_NAME_MAX)
		return op_fail(
			op, RC_BADNAME, "the name is longer than %u octets", MAILBOX_NAME_MAX);
	int rc = check_characters(op, name);
	if (rc < 0)
		return rc;
	char *out;
	if (span_is_ascii(name)) {
		out = arena_bytes(&op->arena, name.n);
		if (!out)
			return op_fail(op, RC_NOMEM, "out of memory");
		memcpy(out, name.p, name.n);
	} else {
		utf8proc_uint8_t *nfc;
		utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)name.p,
			(utf8proc_ssize_t)name.n, &nfc, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
		if (n < 0)
			return op_fail(op, n == UTF8PROC_ERROR_NOMEM ? RC_NOMEM : RC_BADNAME,
				"the name cannot be normalised");
		out = arena_bytes(&op->arena, (size_t)n);
		if (out)
			memcpy(out, nfc, (size_t)n);
		free(nfc);
		if (!out)
			return op_fail(op, RC_NOMEM, "out of memory");
		name.n = (size_t)n;
	}
	name.p = out;
	if (name.n > MAILBOX_NAME_MAX)
		return op_fail(
			op, RC_BADNAME, "the name is longer than %u octets", MAILBOX_NAME_MAX);
	rc = check_levels(op, name);
	if (rc < 0)
		return rc;
	struct span top;
	(void)span_split(name, '/', &top); // only the first level counts here
	if (span_caseeq(top, SPAN("INBOX")))
		memcpy(out, "INBOX", 5);
	*ret_name = name;
	return 0;
}
