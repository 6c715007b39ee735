// SPDX-License-Identifier: Apache-2.0
#include "backup/state.h"

#include "base/hash.h"

#define CUT_BITS 3u // one key in four is a place to cut

void state_pager_init(struct state_pager *p,
	int (*emit)(struct op *op, void *ctx, struct span first, struct span page), void *ctx)
{
	*p = (struct state_pager){ .emit = emit, .ctx = ctx };
}

void state_pager_done(struct state_pager *p)
{
	buf_done(&p->page);
	buf_done(&p->first);
}

int state_end(struct op *op, struct state_pager *p)
{
	if (p->page.failed || p->first.failed)
		return op_fail(op, RC_NOMEM, "out of memory");
	int rc = p->page.n ? p->emit(op, p->ctx, buf_span(&p->first), buf_span(&p->page)) : 0;
	buf_shrink(&p->page, STATE_PAGE_FULL * 2);
	buf_reset(&p->first);
	return rc;
}

int state_add(struct op *op, struct state_pager *p, struct span key, struct span value)
{
	bool cut = p->page.n >= STATE_PAGE_FULL ||
		(p->page.n >= STATE_PAGE_MIN && (hash_stable(key) & CUT_BITS) == 0);
	int rc = cut ? state_end(op, p) : 0;
	if (rc == 0 && p->page.n == 0)
		buf_add(&p->first, key);
	buf_add_u32(&p->page, (uint32_t)key.n);
	buf_add_u32(&p->page, (uint32_t)value.n);
	buf_add(&p->page, key);
	buf_add(&p->page, value);
	return rc == 0 && p->page.failed ? op_fail(op, RC_NOMEM, "out of memory") : rc;
}

// --- reading ---

void state_cursor_done(struct state_cursor *c)
{
	buf_done(&c->text);
	buf_done(&c->last);
	*c = (struct state_cursor){ 0 };
}

int state_next(struct op *op, struct state_cursor *c, struct span *ret_key, struct span *ret_value)
{
	while (reader_at_end(&c->at)) {
		if (c->page >= c->end)
			return STATE_END;
		const struct manifest_page *p = &c->manifest->pages[c->page++];
		int rc = pack_read_whole(op, c->packs, &p->ref, STATE_PAGE_MAX, &c->text);
		if (rc < 0)
			return rc;
		c->at = reader_of(buf_span(&c->text));
	}
	uint32_t key = reader_u32(&c->at), value = reader_u32(&c->at);
	*ret_key = reader_bytes(&c->at, key);
	*ret_value = reader_bytes(&c->at, value);
	if (c->at.bad || (c->last.n && span_cmp(*ret_key, buf_span(&c->last)) <= 0))
		return op_fail(op, RC_CORRUPT, "a page of records makes no sense");
	buf_reset(&c->last);
	buf_add(&c->last, *ret_key);
	return c->last.failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

int state_seek(struct op *op, struct state_cursor *c, struct pack_reader *packs,
	const struct manifest *m, const struct manifest_account *a, struct span from)
{
	size_t low = a->page, high = a->page + a->pages;
	while (low < high) { // the first page that begins above `from`
		size_t mid = low + (high - low) / 2;
		if (span_cmp(m->pages[mid].first, from) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	c->packs = packs;
	c->manifest = m;
	c->page = low > a->page ? low - 1 : low;
	c->end = a->page + a->pages;
	c->at = reader_of(SPAN(""));
	buf_reset(&c->last);
	for (;;) {
		struct reader before = c->at;
		struct span key, value;
		int rc = state_next(op, c, &key, &value);
		if (rc)
			return rc < 0 ? rc : 0; // the next call says that it is the end
		if (span_cmp(key, from) < 0)
			continue;
		// Again, at the next call.
		c->at = before.rest.n ? before : reader_of(buf_span(&c->text));
		buf_reset(&c->last);
		return 0;
	}
}
