// SPDX-License-Identifier: Apache-2.0
// Names of mailboxes: what is taken is in the one form that everything uses (RFC 9051 section 5.1, RFC 5198), and that form is taken as it is.
#include "base/limits.h"
#include "base/must.h"
#include "mail/account.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Levels of 1 to MAILBOX_LEVEL_MAX octets, without controls; the first is not another spelling of INBOX.
static void check_form(struct span name)
{
	struct span rest = name, level;
	size_t depth = 0;
	must(name.n > 0 && name.n <= MAILBOX_NAME_MAX && span_is_utf8(name));
	for (; rest.p; depth++) {
		rest = span_split(rest, '/', &level);
		must(level.n > 0 && level.n <= MAILBOX_LEVEL_MAX);
		must(depth > 0 || !span_caseeq(level, SPAN("INBOX")) ||
			span_eq(level, SPAN("INBOX")));
	}
	must(depth <= MAILBOX_DEPTH_MAX);
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		bool c1 = c == 0xc2 && (unsigned char)name.p[i + 1] < 0xa0; // U+0080 to U+009F
		must(c >= 0x20 && c != 0x7f && !c1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct op op;
	struct span name, again;
	op_init(&op, 0);
	if (account_name_check(&op, span_of(data, size), &name) == 0) {
		check_form(name);
		must(span_is_utf8(span_of(data, size)));
		must(account_name_check(&op, name, &again) == 0 && span_eq(name, again));
	}
	op_done(&op);
	return 0;
}
