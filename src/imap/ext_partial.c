// SPDX-License-Identifier: Apache-2.0
// PARTIAL (RFC 9394): SEARCH RETURN (PARTIAL range), UID FETCH ... (PARTIAL range). What `$` becomes: imap/cmd_search.c.
#include "imap/partial.h"

#include "base/buf.h"
#include "imap/fetch.h"
#include "imap/module.h"
#include "imap/search.h"

// --- ranges ---

int partial_take(struct session *s, struct cursor *in, struct partial_range **ret_range)
{
	struct partial_range *r = op_new(&s->op, struct partial_range);
	if (!r)
		return RC_NOMEM;
	r->from_end = cursor_try_char(in, '-');
	r->said[0] = cursor_nz_number(in);
	cursor_char(in, ':', "a colon");
	if (r->from_end)
		cursor_char(in, '-', "- on both sides of a range");
	r->said[1] = cursor_nz_number(in);
	bool ascending = r->said[0] <= r->said[1]; // 500:400 is the same as 400:500
	r->first = r->said[!ascending];
	r->last = r->said[ascending];
	*ret_range = r;
	return 0;
}

void partial_write(const struct partial_range *range, struct rope *out)
{
	for (unsigned i = 0; i < 2; i++) {
		rope_add(out, i ? SPAN(":") : SPAN(""));
		rope_add(out, range->from_end ? SPAN("-") : SPAN(""));
		rope_addu(out, range->said[i]);
	}
}

void partial_places(
	const struct partial_range *range, uint64_t count, uint64_t *ret_from, uint64_t *ret_to)
{
	uint64_t from = range->first - 1, to = range->last < count ? range->last : count;
	if (from >= to)
		from = to = 0;
	*ret_from = range->from_end && to ? count - to : from;
	*ret_to = range->from_end && to ? count - from : to;
}

void partial_of(const struct partial_range *range, const struct numset *set, struct numset *to)
{
	uint64_t from, end, at = 0;
	partial_places(range, numset_size(set), &from, &end);
	for (size_t i = 0; i < set->count && at < end; i++) {
		const struct numrange *r = &set->ranges[i];
		uint64_t size = (uint64_t)r->last - r->first + 1;
		uint64_t low = from > at ? from - at : 0, high = end - at < size ? end - at : size;
		if (low < high)
			numset_add_range(
				to, r->first + (uint32_t)low, r->first + (uint32_t)(high - 1));
		at += size;
	}
}

// --- SEARCH ---

// modifier-partial = "PARTIAL" SP partial-range
static int parse_return(struct session *s, struct command *c, struct cursor *in, void **ret_arg)
{
	struct partial_range *range = NULL;
	(void)c;
	cursor_sp(in);
	int rc = partial_take(s, in, &range);
	*ret_arg = range;
	return rc;
}

// ret-data-partial = "PARTIAL" SP "(" partial-range SP partial-results ")"
static int write_return(
	struct session *s, const struct search_result *r, void *arg, struct rope *out)
{
	if (r->order) {
		uint64_t from, to;
		partial_places(arg, r->order->count, &from, &to);
		rope_add(out, SPAN(" PARTIAL ("));
		partial_write(arg, out);
		rope_add(out, from < to ? SPAN(" ") : SPAN(" NIL"));
		search_print_order(r->order->shown + from, (size_t)(to - from), out);
		rope_addc(out, ')');
		return 0;
	}
	struct numset some = { 0 };
	struct buf set = { 0 };
	partial_of(arg, r->shown, &some);
	numset_print(&some, &set);
	bool failed = set.failed || some.failed;
	rope_add(out, SPAN(" PARTIAL ("));
	partial_write(arg, out);
	rope_addc(out, ' ');
	rope_add(out, numset_is_empty(&some) ? SPAN("NIL") : buf_span(&set));
	rope_addc(out, ')');
	numset_done(&some);
	buf_done(&set);
	return failed ? op_fail(&s->op, RC_NOMEM, "out of memory") : 0;
}

static const struct search_return_row returns[] = {
	{ "PARTIAL", SEARCH_RETURN_PARTIAL, parse_return, write_return },
	{ NULL },
};

// --- UID FETCH ---

// fetch-modifier =/ modifier-partial (section 3.3)
static int parse_modifier(
	struct session *s, struct command *c, struct cursor *in, struct fetch_args *args)
{
	if (!c->uid)
		cursor_fail(in, "PARTIAL only in UID FETCH");
	if (args->partial)
		cursor_fail(in, "PARTIAL only once");
	cursor_sp(in);
	return partial_take(s, in, &args->partial);
}

static const struct fetch_modifier fetch_modifiers[] = {
	{ "PARTIAL", parse_modifier },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "PARTIAL", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_partial = {
	.name = "partial",
	.rfc = "RFC 9394",
	.capabilities = capabilities,
	.search_returns = returns,
	.fetch_modifiers = fetch_modifiers,
};
