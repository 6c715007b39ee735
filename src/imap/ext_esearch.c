// SPDX-License-Identifier: Apache-2.0
// ESEARCH: what SEARCH RETURN (...) tells of the messages found (RFC 4731, RFC 9051 section 6.4.4). Of an empty result only COUNT is told.
// For SORT, lowest, highest and all mean the order asked for (RFC 5267 section 3.1).
#include "base/buf.h"
#include "imap/module.h"
#include "imap/search.h"

static int write_min(struct session *s, const struct search_result *r, void *arg, struct rope *out)
{
	(void)s;
	(void)arg;
	if (!numset_is_empty(r->shown))
		rope_addf(out, " MIN %u", r->order ? r->order->shown[0] : numset_min(r->shown));
	return 0;
}

static int write_max(struct session *s, const struct search_result *r, void *arg, struct rope *out)
{
	(void)s;
	(void)arg;
	if (!numset_is_empty(r->shown))
		rope_addf(out, " MAX %u",
			r->order ? r->order->shown[r->order->count - 1] : numset_max(r->shown));
	return 0;
}

// Numbers in the order of a SORT: a range stands for ascending ones only (RFC 5267 section 3.2).
void search_print_order(const uint32_t *list, size_t count, struct rope *out)
{
	for (size_t i = 0; i < count;) {
		size_t last = i;
		while (last + 1 < count && list[last + 1] == list[last] + 1)
			last++;
		if (i > 0)
			rope_addc(out, ',');
		rope_addu(out, list[i]);
		if (last > i) {
			rope_addc(out, ':');
			rope_addu(out, list[last]);
		}
		i = last + 1;
	}
}

static int write_all(struct session *s, const struct search_result *r, void *arg, struct rope *out)
{
	(void)arg;
	if (numset_is_empty(r->shown))
		return 0;
	if (r->order) {
		rope_add(out, SPAN(" ALL "));
		search_print_order(r->order->shown, r->order->count, out);
		return 0;
	}
	struct buf set = { 0 };
	numset_print(r->shown, &set);
	bool failed = set.failed;
	rope_add(out, SPAN(" ALL "));
	rope_add(out, buf_span(&set));
	buf_done(&set);
	return failed ? op_fail(&s->op, RC_NOMEM, "out of memory") : 0;
}

static int write_count(
	struct session *s, const struct search_result *r, void *arg, struct rope *out)
{
	(void)s;
	(void)arg;
	rope_add(out, SPAN(" COUNT "));
	rope_addu(out, numset_size(r->shown));
	return 0;
}

static const struct search_return_row returns[] = {
	{ "MIN", SEARCH_RETURN_MIN, NULL, write_min },
	{ "MAX", SEARCH_RETURN_MAX, NULL, write_max },
	{ "ALL", SEARCH_RETURN_ALL, NULL, write_all },
	{ "COUNT", SEARCH_RETURN_COUNT, NULL, write_count },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "ESEARCH", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_esearch = {
	.name = "esearch",
	.rfc = "RFC 4731",
	.capabilities = capabilities,
	.search_returns = returns,
};
