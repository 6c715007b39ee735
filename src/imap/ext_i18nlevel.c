// SPDX-License-Identifier: Apache-2.0
// I18NLEVEL=2 and COMPARATOR (RFC 5255 section 4). What compares how: mail/collation.h. The active comparator is a field of the session, and
// SEARCH, SORT and THREAD ask for it. Level 2 is a superset of level 1, and RFC 5256 section 7 wants that one to be named beside SORT: both are, so
// that a client that knows one of them finds it.
#include "base/limits.h"
#include "imap/module.h"
#include "imap/reply.h"
#include "wire/write.h"

struct comparator_args {
	struct span orders[COMPARATORS_MAX];
	size_t count;
};

// collation-wild of RFC 4790 section 3.2: "*" stands for anything. Case does not count.
static bool matches(struct span pattern, struct span name)
{
	size_t p = 0, n = 0, star = SIZE_MAX, from = 0;
	while (n < name.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			from = n;
		} else if (p < pattern.n &&
			ascii_lower((unsigned char)pattern.p[p]) ==
				ascii_lower((unsigned char)name.p[n])) {
			p++;
			n++;
		} else if (star != SIZE_MAX) { // the last star takes one more
			p = star + 1;
			n = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

// collation-order = ["+" / "-"] collation-wild; collation-wild = ("*" / (ALPHA ["*"])) *(collation-char ["*"]), at most 254 characters
static bool is_order(struct span order)
{
	if (order.n && (order.p[0] == '+' || order.p[0] == '-'))
		order = span_skip(order, 1);
	for (size_t i = 0; i < order.n; i++) {
		unsigned char c = ascii_lower((unsigned char)order.p[i]);
		bool fits = (c >= 'a' && c <= 'z') ||
			(c == '*' && (i == 0 || order.p[i - 1] != '*')) ||
			(i > 0 && c && ((c >= '0' && c <= '9') || strchr("-;=.", c)));
		if (!fits)
			return false;
	}
	return order.n > 0 && order.n <= 254;
}

// comparator-cmd = "COMPARATOR" *(SP comp-order-quoted)
static int comparator_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct comparator_args *a = op_new(&s->op, struct comparator_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	while (cursor_try_sp(in)) {
		size_t at = in->at;
		struct span order = cursor_astring(in);
		if (!cursor_is_bad(in) && !is_order(order))
			cursor_fail_at(in, at, "a comparator");
		if (a->count == COMPARATORS_MAX)
			cursor_fail_rc(in, RC_LIMIT, "fewer comparators");
		else
			a->orders[a->count++] = order;
	}
	return 0;
}

// Descending order is not offered: SORT has REVERSE for that.
static bool order_matches(struct span order, enum collation c)
{
	if (span_caseeq(order, SPAN("default")))
		return c == COLLATION_UNICODE_CASEMAP;
	if (order.n && order.p[0] == '+')
		order = span_skip(order, 1);
	return matches(order, collation_name(c));
}

// comparator-data = "COMPARATOR" SP comp-sel-quoted [SP "(" comp-id-quoted *(SP comp-id-quoted) ")"]
static void write_comparator(struct session *s, unsigned matching)
{
	struct rope *out = session_out(s);
	rope_add(out, SPAN("* COMPARATOR "));
	write_astring(out, collation_name(s->collation), false);
	bool several = matching & (matching - 1); // the list comes only then (section 4.8)
	const char *before = " (";
	for (unsigned c = 0; several && c < COLLATIONS; c++) {
		if (!(matching & 1u << c))
			continue;
		rope_add(out, span_str(before));
		write_astring(out, collation_name((enum collation)c), false);
		before = " ";
	}
	rope_add(out, several ? SPAN(")\r\n") : SPAN("\r\n"));
}

static int comparator_run(struct session *s, struct command *c)
{
	const struct comparator_args *a = c->args;
	unsigned matching = 0;
	enum collation first = COLLATIONS;
	for (size_t i = 0; i < a->count; i++)
		for (unsigned k = 0; k < COLLATIONS; k++) {
			if (!order_matches(a->orders[i], (enum collation)k))
				continue;
			matching |= 1u << k;
			if (first == COLLATIONS) // the first argument wins (section 4.7)
				first = (enum collation)k;
		}
	if (a->count > 0 && !matching)
		return command_no(s, "BADCOMPARATOR", "no such comparator");
	if (matching)
		s->collation = first;
	write_comparator(s, matching);
	return IMAP_DONE;
}

static const struct imap_capability capabilities[] = {
	{ "I18NLEVEL=1", CAP_AFTER_LOGIN, NULL, NULL },
	{ "I18NLEVEL=2", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "COMPARATOR", STATE_AUTHENTICATED | STATE_SELECTED, comparator_parse, comparator_run,
		NULL, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_i18nlevel = {
	.name = "i18nlevel",
	.rfc = "RFC 5255",
	.capabilities = capabilities,
	.commands = commands,
};
