// SPDX-License-Identifier: Apache-2.0
// Annotations (metadata.h). A change is one batch under account.lock. What is there already is asked of the store: change_begin() has
// waited for annotations that were still in line, so what the store shows is the newest. Limits count what is there then: each mailbox holds
// a bounded number of octets, and so does the account, whose record has the sum.
#include "mail/metadata.h"

#include "base/limits.h"
#include "mail/tree_change.h"

// --- names ---

static bool is_name_char(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '*' && c != '%';
}

int metadata_name_check(struct op *op, struct span name, bool below, struct span *ret_name)
{
	char *p = arena_bytes(&op->arena, name.n + 1);
	if (!p)
		return op_fail(op, RC_NOMEM, "out of memory");
	size_t levels = 0;
	for (size_t i = 0; i < name.n; i++) {
		p[i] = (char)ascii_lower((unsigned char)name.p[i]);
		if (!is_name_char((unsigned char)p[i]))
			return op_fail(op, RC_SYNTAX,
				"the name of an annotation has a character that it must not have");
		levels += p[i] == '/';
		if (p[i] == '/' && (i + 1 == name.n || name.p[i + 1] == '/'))
			return op_fail(
				op, RC_SYNTAX, "the name of an annotation has an empty level");
	}
	struct span s = span_of(p, name.n), rest = SPAN_NONE;
	if (s.n > METADATA_NAME_MAX)
		return op_fail(op, RC_SYNTAX, "the name of an annotation is too long");
	if (span_starts(s, SPAN("/private")))
		rest = span_skip(s, 8);
	else if (span_starts(s, SPAN("/shared")))
		rest = span_skip(s, 7);
	if (!rest.p || (rest.n && rest.p[0] != '/'))
		return op_fail(op, RC_SYNTAX,
			"the name of an annotation begins with /private/ or /shared/");
	bool vendor = span_eq(rest, SPAN("/vendor")) || span_starts(rest, SPAN("/vendor/"));
	if (!below && levels < (vendor ? 4u : 2u))
		return op_fail(op, RC_SYNTAX, "the name of an annotation has too few levels");
	*ret_name = s;
	return 0;
}

uint32_t metadata_levels_below(struct span name, struct span above)
{
	uint32_t n = 0;
	if (!span_starts(name, above) || (name.n > above.n && name.p[above.n] != '/'))
		return UINT32_MAX;
	for (size_t i = above.n; i < name.n; i++)
		n += name.p[i] == '/';
	return n;
}

// --- reading ---

#define KEY_NODE 5u // octets of a key before the name

// The value in a record.
static int decode(struct op *op, struct span record, struct span *ret_value)
{
	struct reader r = reader_of(record);
	uint16_t version = reader_u16(&r);
	(void)reader_u16(&r);
	if (r.bad)
		return op_fail(op, RC_CORRUPT, "an annotation is too short");
	if (version != FORMAT_VERSION)
		return op_fail(op, RC_VERSION, "an annotation of format version %u", version);
	*ret_value = span_skip(record, METADATA_OCTETS);
	return 0;
}

static uint64_t weight(struct span name, struct span value)
{
	return name.n + value.n;
}

// "E" node name, in the arena; then the first key behind all that lie below the name.
static struct span key_of(struct op *op, uint32_t node, struct span name, char behind)
{
	struct key k = key_metadata(node);
	char *p = arena_bytes(&op->arena, k.n + name.n + 1);
	if (!p)
		return SPAN_NONE;
	memcpy(p, k.b, k.n);
	memcpy(p + k.n, name.p, name.n);
	p[k.n + name.n] = behind;
	return span_of(p, k.n + name.n + (behind != 0));
}

struct reading {
	struct op *op;
	int (*each)(void *ctx, struct span name, struct span value);
	void *ctx;
	struct span name;
	uint32_t depth;
};

// Records from <= key < to.
static int read_range(struct account *a, struct reading *r, struct span from, struct span to)
{
	struct store_cursor *c;
	struct span key, record, value;
	if (!from.p || !to.p)
		return op_fail(r->op, RC_NOMEM, "out of memory");
	int rc = store_cursor_open(r->op, account_store(a), NULL, a->partition, from, to, &c);
	if (rc < 0)
		return rc;
	int stop = 0;
	while (stop == 0 && (rc = store_cursor_next(r->op, c, &key, &record)) == 0) {
		struct span name = span_skip(key, KEY_NODE);
		if (r->name.p && metadata_levels_below(name, r->name) > r->depth)
			continue;
		stop = decode(r->op, record, &value);
		if (stop == 0)
			stop = r->each(r->ctx, name, value);
	}
	store_cursor_close(c);
	return stop ? stop : rc < 0 ? rc : 0;
}

static int read_node(struct account *a, struct reading *r, uint32_t node)
{
	struct key from = key_metadata(node), to = key_metadata(node + 1);
	return read_range(a, r, KEY(from), KEY(to));
}

static int read_one(struct account *a, struct reading *r, uint32_t node)
{
	struct span key = key_of(r->op, node, r->name, 0), record, value;
	if (!key.p)
		return op_fail(r->op, RC_NOMEM, "out of memory");
	int rc = store_get(r->op, account_store(a), NULL, a->partition, key, &record);
	if (rc)
		return rc < 0 ? rc : 0;
	rc = decode(r->op, record, &value);
	return rc < 0 ? rc : r->each(r->ctx, r->name, value);
}

int metadata_read(struct op *op, struct account *a, const struct tree_entry *mailbox,
	struct span name, uint32_t depth,
	int (*each)(void *ctx, struct span name, struct span value), void *ctx)
{
	struct reading r = { op, each, ctx, name, depth };
	uint32_t node = mailbox ? mailbox->mailbox->node : 0;
	if (mailbox && mailbox->uses && metadata_levels_below(METADATA_SPECIALUSE, name) <= depth) {
		int rc = each(ctx, METADATA_SPECIALUSE, SPAN_NONE);
		if (rc)
			return rc;
	}
	struct arena_mark mark = arena_mark(&op->arena);
	int rc = read_one(a, &r, node);
	if (rc == 0 && depth)
		rc = read_range(
			a, &r, key_of(op, node, name, '/'), key_of(op, node, name, '/' + 1));
	arena_release(&op->arena, mark);
	return rc;
}

// --- changing ---

struct totals {
	const struct metadata_change *changes;
	size_t count;
	uint64_t octets, entries; // of those that the changes leave alone
	uint64_t before;          // octets of all
};

static int total_one(void *ctx, struct span name, struct span value)
{
	struct totals *t = ctx;
	t->before += weight(name, value);
	for (size_t i = 0; i < t->count; i++)
		if (span_eq(t->changes[i].name, name))
			return 0;
	t->octets += weight(name, value);
	t->entries++;
	return 0;
}

// The last one of a name counts.
static bool is_last(const struct metadata_change *changes, size_t count, size_t i)
{
	for (size_t k = i + 1; k < count; k++)
		if (span_eq(changes[k].name, changes[i].name))
			return false;
	return true;
}

static void put(struct change_names *c, uint32_t node, struct span name, struct span value)
{
	char key[KEY_NODE + METADATA_NAME_MAX], head[METADATA_OCTETS] = { FORMAT_VERSION };
	struct key k = key_metadata(node);
	memcpy(key, k.b, KEY_NODE);
	memcpy(key + KEY_NODE, name.p, name.n);
	struct span full = span_of(key, KEY_NODE + name.n);
	if (!value.p) {
		batch_delete(&c->t.batch, full);
		return;
	}
	batch_put(&c->t.batch, full, span_of(head, sizeof head));
	if (value.n)
		batch_patch(&c->t.batch, full, sizeof head, value);
}

static int change_records(
	struct change_names *c, uint32_t node, const struct metadata_change *changes, size_t count)
{
	struct account *a = c->t.account;
	struct totals t = { changes, count, 0, 0, 0 };
	struct reading r = { .op = c->t.op, .each = total_one, .ctx = &t };
	int rc = read_node(a, &r, node);
	bool grows = false;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (!is_last(changes, count, i) ||
			(node && span_eq(changes[i].name, METADATA_SPECIALUSE)))
			continue;
		put(c, node, changes[i].name, changes[i].value);
		if (!changes[i].value.p)
			continue;
		t.octets += weight(changes[i].name, changes[i].value);
		t.entries++;
		grows = true;
	}
	if (rc < 0)
		return rc;
	if (grows && (t.entries > METADATA_ENTRIES_MAX || t.octets > METADATA_OCTETS_MAX))
		return METADATA_TOO_MANY;
	c->t.metadata_delta = (int64_t)(t.octets - t.before);
	if (c->t.metadata_delta > 0 &&
		a->metadata_octets + (uint64_t)c->t.metadata_delta > METADATA_ACCOUNT_MAX)
		return op_fail(
			c->t.op, RC_OVERQUOTA, "the annotations of the account are too many");
	c->metadata = true;
	return 0;
}

static int note(struct change_names *c, struct span mailbox, const struct metadata_change *changes,
	size_t count)
{
	struct buf names = { 0 };
	for (size_t i = 0; i < count; i++)
		if (is_last(changes, count, i)) {
			buf_add(&names, changes[i].name);
			buf_addc(&names, '\0');
		}
	int rc = names.failed
		? op_fail(c->t.op, RC_NOMEM, "out of memory")
		: feed_note(&c->t, FEED_METADATA, mailbox, SPAN_NONE, buf_span(&names));
	buf_done(&names);
	return rc;
}

static int change_all(struct change_names *c, struct span mailbox,
	const struct metadata_change *changes, size_t count)
{
	uint32_t node = 0;
	c->same_names = true;
	for (size_t i = 0; i < count; i++)
		if (changes[i].value.n > METADATA_VALUE_MAX)
			return METADATA_TOO_BIG;
	if (mailbox.n) {
		const struct draft_slot *s = slot_of(c, mailbox);
		if (!s || !s->node->mailbox)
			return op_fail(c->t.op, RC_NONEXISTENT, "there is no mailbox of that name");
		node = s->node->id;
	}
	for (size_t i = 0; node && i < count; i++)
		if (span_eq(changes[i].name, METADATA_SPECIALUSE) && is_last(changes, count, i)) {
			int rc = change_uses(c, mailbox, changes[i].uses);
			if (rc < 0)
				return rc;
			c->same_names = false;
		}
	int rc = change_records(c, node, changes, count);
	return rc == 0 ? note(c, mailbox, changes, count) : rc;
}

// What raise_modseq() copies is in memory before account.lock is taken.
static int load_body(struct op *op, struct account *a, struct span mailbox)
{
	const struct tree *t = account_tree_ref(a);
	struct body *b;
	bool found;
	int rc = 0;
	size_t i = tree_find(t, mailbox, &found);
	if (found && t->entries[i].mailbox) {
		struct snap *s = mailbox_snap_ref(t->entries[i].mailbox);
		rc = snap_body(op, a, s, &b);
		snap_unref(s);
	}
	tree_unref(t);
	return rc;
}

// As the header has it: and 1; 0: none.
static int take_limit(struct op *op, struct span value, uint64_t *ret_limit)
{
	uint64_t limit = 0;
	if (value.p && !span_to_u64(value, UINT32_MAX, &limit))
		return op_fail(op, RC_CANNOT, "the append limit is not a number of 32 bits");
	*ret_limit = value.p ? limit + 1 : 0;
	return 0;
}

// RFC 7162 section 3.2: an annotation that changes raises the mailbox's modseq. The header has what APPEND asks for.
static int change_header(struct change_names *c, struct span mailbox,
	const struct metadata_change *changes, size_t count)
{
	struct edit *e;
	int rc = txn_edit(&c->t, slot_of(c, mailbox)->node->mailbox, &e);
	if (rc < 0)
		return rc;
	e->now->h.modseq = c->t.modseq;
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (span_eq(changes[i].name, METADATA_APPEND_LIMIT))
			rc = take_limit(c->t.op, changes[i].value, &e->now->h.append_limit);
	if (e->now->h.append_limit)
		atomic_store(&c->t.account->limits_append, true);
	e->changed = true;
	return rc;
}

int metadata_set(struct op *op, struct account *a, struct span mailbox,
	const struct metadata_change *changes, size_t count)
{
	struct change_names c;
	int rc = mailbox.n ? load_body(op, a, mailbox) : 0;
	if (rc == 0)
		rc = change_begin(op, a, &c);
	if (rc < 0)
		return rc;
	rc = change_all(&c, mailbox, changes, count);
	if (rc == 0 && mailbox.n)
		rc = change_header(&c, mailbox, changes, count);
	return change_end(&c, rc);
}

// --- with a change of names ---

static int weigh(void *ctx, struct span name, struct span value)
{
	*(uint64_t *)ctx += weight(name, value);
	return 0;
}

int metadata_forget(struct change_names *c, uint32_t node)
{
	uint64_t octets = 0;
	struct reading r = { .op = c->t.op, .each = weigh, .ctx = &octets };
	int rc = read_node(c->t.account, &r, node);
	if (rc < 0 || octets == 0)
		return rc;
	struct key from = key_metadata(node), to = key_metadata(node + 1);
	batch_delete_range(&c->t.batch, KEY(from), KEY(to));
	c->t.metadata_delta -= (int64_t)octets;
	c->metadata = true;
	return 0;
}

struct copying {
	struct change_names *c;
	uint32_t to;
};

static int copy_one(void *ctx, struct span name, struct span value)
{
	struct copying *copy = ctx;
	put(copy->c, copy->to, name, value);
	copy->c->t.metadata_delta += (int64_t)weight(name, value);
	copy->c->metadata = true;
	return 0;
}

// RFC 5464 section 4.1: what INBOX has is copied to the mailbox that takes its messages. It is of the size of one mailbox: no limit is asked.
int metadata_copy(struct change_names *c, uint32_t from, uint32_t to)
{
	struct copying copy = { c, to };
	struct reading r = { .op = c->t.op, .each = copy_one, .ctx = &copy };
	return read_node(c->t.account, &r, from);
}

int metadata_adopt(struct change_names *c, uint32_t node, struct span name, struct span record)
{
	struct span value, checked;
	int rc = decode(c->t.op, record, &value);
	if (rc < 0)
		return rc;
	if (value.n > METADATA_VALUE_MAX ||
		metadata_name_check(c->t.op, name, false, &checked) < 0 || !span_eq(name, checked))
		return op_fail(c->t.op, RC_CORRUPT, "an annotation makes no sense");
	put(c, node, name, value);
	c->t.metadata_delta += (int64_t)weight(name, value);
	c->metadata = true;
	if (c->t.account->metadata_octets + (uint64_t)c->t.metadata_delta > METADATA_ACCOUNT_MAX)
		return op_fail(c->t.op, RC_OVERQUOTA, "the account has too many annotations");
	return 0;
}

// --- check ---

int metadata_check(struct op *op, struct account *a, const struct tree *t, uint64_t *ret_octets,
	uint32_t *ret_stray)
{
	struct store_cursor *c;
	struct span key, record, value;
	uint32_t last = 0;
	*ret_octets = 0;
	*ret_stray = 0;
	int rc = store_cursor_open(
		op, account_store(a), NULL, a->partition, SPAN("E"), SPAN("F"), &c);
	if (rc < 0)
		return rc;
	while ((rc = store_cursor_next(op, c, &key, &record)) == 0) {
		struct span name = span_skip(key, KEY_NODE);
		if (key.n <= KEY_NODE) {
			rc = op_fail(op, RC_CORRUPT, "the key of an annotation makes no sense");
			break;
		}
		rc = decode(op, record, &value);
		if (rc < 0)
			break;
		uint32_t node = __builtin_bswap32(load_u32(key.p + 1));
		if (node && node != last && !tree_has_node(t, node))
			*ret_stray = node;
		last = node;
		*ret_octets += weight(name, value);
	}
	store_cursor_close(c);
	return rc < 0 ? rc : 0;
}
