// SPDX-License-Identifier: Apache-2.0
// Check and sweep over all accounts (check.h). Both read what is durable; neither takes a lock for long.
#include "mail/check.h"

#include "mail/adopt.h"
#include "mail/backup.h"
#include "mail/check_priv.h"
#include "mail/content_priv.h"
#include "mail/spool.h"
#include "mail/urlauth_priv.h"
#include "mail/view_priv.h"
#include "store/live.h"

#include <stdio.h>

// --- sweep: every blob that a cold record names, unless its hot record says that the message is gone ---

struct marking {
	struct store *store;
	struct store_snapshot *snap;
	store_live_fn live;
	void *sweep;
	uint64_t partition;
};

int chunk_hot(struct op *op, struct store *s, struct store_snapshot *snap, uint64_t partition,
	struct span cold_key, struct span *ret_hot)
{
	char key[10];
	memcpy(key, cold_key.p, sizeof key);
	key[5] = 'H';
	*ret_hot = SPAN_NONE;
	int rc = store_get(op, s, snap, partition, span_of(key, sizeof key), ret_hot);
	return rc < 0 ? rc : 0;
}

static int mark_chunk(struct op *op, struct marking *m, struct span key, struct span cold)
{
	struct arena_mark mark = arena_mark(&op->arena);
	struct span hot;
	int rc = chunk_hot(op, m->store, m->snap, m->partition, key, &hot);
	for (size_t i = 0; rc >= 0 && (i + 1) * COLD_OCTETS <= cold.n; i++) {
		if (chunk_is_gone(hot, i))
			continue;
		struct msg_cold c;
		cold_decode(cold.p + i * COLD_OCTETS, &c);
		if (c.blob.id)
			m->live(m->sweep, c.blob.id);
		if (c.prefix.id)
			m->live(m->sweep, c.prefix.id);
	}
	arena_release(&op->arena, mark);
	return rc < 0 ? rc : 0;
}

static int mark_partition(struct op *op, struct marking *m)
{
	struct store_cursor *c;
	int rc = store_cursor_open(op, m->store, m->snap, m->partition, SPAN("B"), SPAN("C"), &c);
	if (rc < 0)
		return rc;
	struct span key, value;
	while ((rc = store_cursor_next(op, c, &key, &value)) == 0) {
		if (chunk_key_is_cold(key))
			rc = mark_chunk(op, m, key, value);
		if (rc < 0)
			break;
	}
	store_cursor_close(c);
	return rc < 0 ? rc : 0;
}

static int mark_snapshot(struct op *op, void *ctx, struct store_snapshot *snap)
{
	struct marking *m = ctx;
	m->snap = snap;
	m->partition = SYSTEM_PARTITION;
	for (;;) {
		int rc = store_next_partition(op, m->store, snap, m->partition + 1, &m->partition);
		if (rc)
			return rc < 0 ? rc : 0;
		rc = m->partition == SPOOL_PARTITION
			? spool_mark(op, m->store, snap, m->live, m->sweep)
			: mark_partition(op, m);
		if (rc < 0)
			return rc;
	}
}

static int mark_all(
	struct op *op, void *ctx, struct store_snapshot *snap, store_live_fn live, void *sweep)
{
	struct marking m = { .store = mail_store_of(ctx), .live = live, .sweep = sweep };
	mail_kept_mark(ctx, live, sweep);
	int rc = mark_snapshot(op, &m, snap);
	return rc < 0 ? rc : mail_pins_each(op, ctx, mark_snapshot, &m);
}

int mail_sweep(struct op *op, struct mail *m)
{
	return store_sweep(op, mail_store_of(m), mark_all, m);
}

// --- check ---

struct checking {
	struct mail *mail;
	struct account *account;
	uint32_t data;
	void (*found)(void *ctx, const struct store_finding *f);
	void *ctx;
	uint64_t messages;
	const struct live_set *hurt; // NULL: not known
	struct span user, name;      // of the account and the mailbox at hand
};

static void printf_like(4, 5)
	find(struct checking *c, uint32_t uid, uint64_t blob, const char *fmt, ...)
{
	char what[OP_TEXT_MAX + 64], text[sizeof what + 600];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof what, fmt, ap); // cut if need be
	va_end(ap);
	(void)snprintf(text, sizeof text, "%.*s%s%.*s%s%s",
		(int)(c->user.n < 250 ? c->user.n : 250), c->user.n ? c->user.p : "",
		c->name.n ? ", mailbox " : "", (int)(c->name.n < 250 ? c->name.n : 250),
		c->name.n ? c->name.p : "", c->user.n ? ": " : "", what); // as above
	struct store_finding f = { .text = text,
		.owner = { .partition = c->account ? c->account->partition : 0,
			.mailbox = c->data,
			.uid = uid },
		.blob_id = blob };
	c->found(c->ctx, &f);
}

struct sums {
	uint32_t count, unseen, deleted;
	uint64_t size, modseq;
};

static void add_record(struct sums *s, const struct hot *h)
{
	s->count++;
	s->unseen += !(h->flags & FLAG_SEEN);
	s->deleted += !!(h->flags & FLAG_DELETED);
	s->size += hot_size(h);
	if (h->modseq > s->modseq)
		s->modseq = h->modseq;
}

static void add_sums(struct sums *to, const struct sums *s)
{
	to->count += s->count;
	to->unseen += s->unseen;
	to->deleted += s->deleted;
	to->size += s->size;
	if (s->modseq > to->modseq)
		to->modseq = s->modseq;
}

static void check_entry(struct op *op, struct checking *c, struct entry *e, struct sums *block)
{
	struct recs *r;
	struct sums s = { 0 };
	int rc = chunk_recs(op, (struct place){ c->account, c->data }, e->chunk, e->used, &r);
	if (rc < 0) {
		find(c, 0, 0, "chunk %u: %s", e->chunk->id, op_text(op, rc));
		return;
	}
	for (uint32_t i = 0; i < r->n; i++)
		add_record(&s, &r->r[i]);
	if (s.count != e->count || s.unseen != e->unseen || s.deleted != e->deleted ||
		s.modseq > e->modseq || !r->n || r->r[0].uid != e->first ||
		r->r[r->n - 1].uid != e->last)
		find(c, e->first, 0, "chunk %u does not agree with its entry in the directory",
			e->chunk->id);
	add_sums(block, &s);
}

static void check_directory(struct op *op, struct checking *c, struct snap *s)
{
	struct body *b;
	struct sums all = { 0 };
	uint32_t last = 0;
	int rc = snap_body(op, c->account, s, &b);
	if (rc < 0) {
		find(c, 0, 0, "the directory: %s", op_text(op, rc));
		return;
	}
	for (uint32_t t = 0; t < b->n; t++) {
		struct entries *e;
		struct sums block = { 0 };
		rc = block_entries(op, place_of(c->account, s), b->t[t].block, &e);
		if (rc < 0) {
			find(c, 0, 0, "directory block %u: %s", b->t[t].block->id, op_text(op, rc));
			continue;
		}
		for (uint32_t i = 0; i < e->n; i++) {
			if (e->e[i].first <= last)
				find(c, e->e[i].first, 0, "the directory is out of order");
			last = e->e[i].last;
			check_entry(op, c, &e->e[i], &block);
		}
		const struct top *top = &b->t[t];
		if (block.count != top->count || block.unseen != top->unseen ||
			block.deleted != top->deleted || block.modseq > top->modseq)
			find(c, 0, 0, "directory block %u does not agree with the top level",
				top->block->id);
		add_sums(&all, &block);
	}
	const struct header *h = &s->h;
	if (all.count != h->messages || all.unseen != h->unseen || all.deleted != h->deleted ||
		all.size != h->size)
		find(c, 0, 0,
			"the header counts %u messages, %u unseen, %u deleted, %llu octets; the "
			"records %u, %u, %u, %llu",
			h->messages, h->unseen, h->deleted, (unsigned long long)h->size, all.count,
			all.unseen, all.deleted, (unsigned long long)all.size);
	if (last >= h->uid_next || all.modseq > h->modseq)
		find(c, last, 0, "a UID or modseq is above the mailbox's highest");
}

static void check_message(struct op *op, struct checking *c, const struct msg *m)
{
	struct content content = { 0 };
	if (c->hurt &&
		(live_has(c->hurt, m->cold->blob.id) || live_has(c->hurt, m->cold->prefix.id))) {
		find(c, m->uid.v, m->cold->blob.id, "UID %u is damaged (blob %llu)", m->uid.v,
			(unsigned long long)m->cold->blob.id);
		return;
	}
	// A card that had to leave something out is no finding.
	int rc = content_open_partial(op, mail_store_of(c->mail), m->cold, false, &content);
	if (rc < 0) {
		find(c, m->uid.v, m->cold->blob.id, "%s", op_text(op, rc));
		return;
	}
	if (content.size != m->cold->size)
		find(c, m->uid.v, m->cold->blob.id,
			"the message has %llu octets, its record says %llu",
			(unsigned long long)content.size, (unsigned long long)m->cold->size);
	if (content.card_made)
		find(c, m->uid.v, m->cold->blob.id,
			"its card is of another version or damaged (made again when used)");
	content_close(&content);
}

static int check_messages(struct op *op, struct checking *c, struct view *v)
{
	struct view_cursor *cursor;
	struct msg m;
	int rc = view_cursor_open(op, v, NULL, CURSOR_COLD, &cursor);
	if (rc < 0) {
		find(c, 0, 0, "%s", op_text(op, rc));
		return 0;
	}
	while ((rc = view_cursor_next(op, cursor, &m)) == 0) {
		struct arena_mark mark = arena_mark(&op->arena);
		check_message(op, c, &m);
		arena_release(&op->arena, mark);
		c->messages++;
		rc = op_alive(op);
		if (rc < 0)
			break;
	}
	bool stopped = rc == RC_CANCELLED || rc == RC_TIMEOUT;
	if (rc < 0 && !stopped)
		find(c, 0, 0, "%s", op_text(op, rc));
	if (view_cursor_missing(cursor))
		find(c, 0, 0, "%u messages have no cold record", view_cursor_missing(cursor));
	view_cursor_close(cursor);
	return stopped ? rc : 0;
}

static int check_view(struct op *op, struct checking *c, struct view *v)
{
	c->data = v->snap->h.data;
	check_directory(op, c, v->snap);
	int rc = check_messages(op, c, v);
	view_close(v);
	c->data = 0;
	return rc;
}

static int check_mailbox(struct op *op, struct checking *c, struct span name)
{
	struct view *v;
	int rc = view_open(op, c->account, name, VIEW_READONLY, &v);
	if (rc == RC_NONEXISTENT)
		return 0; // deleted meanwhile
	if (rc < 0) {
		find(c, 0, 0, "mailbox %.*s: %s", SPAN_FMT(name), op_text(op, rc));
		return 0;
	}
	c->name = name;
	rc = check_view(op, c, v);
	c->name = SPAN_NONE;
	return rc;
}

int mailbox_check(struct op *op, struct account *a, struct mailbox *mb,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx)
{
	struct checking c = { .mail = account_mail(a), .account = a, .found = found, .ctx = ctx };
	struct view *v;
	int rc = view_open_mailbox(op, a, mb, VIEW_READONLY, &v);
	return rc < 0 ? rc : check_view(op, &c, v);
}

static void check_metadata(struct op *op, struct checking *c, const struct tree *t)
{
	uint64_t octets;
	uint32_t stray;
	int rc = metadata_check(op, c->account, t, &octets, &stray);
	if (rc < 0)
		find(c, 0, 0, "%s", op_text(op, rc));
	else if (octets != c->account->metadata_octets)
		find(c, 0, 0, "the account counts %llu octets of annotations, there are %llu",
			(unsigned long long)c->account->metadata_octets,
			(unsigned long long)octets);
	if (rc == 0 && stray)
		find(c, 0, 0, "node %u has annotations, but is no mailbox", stray);
}

static void check_urlauth(struct op *op, struct checking *c, const struct tree *t)
{
	uint32_t stray;
	int rc = urlauth_check(op, c->account, t, &stray);
	if (rc < 0)
		find(c, 0, 0, "%s", op_text(op, rc));
	else if (stray)
		find(c, 0, 0, "node %u has a key for URLAUTH, but is no mailbox", stray);
}

static int check_opened(struct op *op, struct checking *c)
{
	int rc = 0;
	const struct tree *t = account_tree_ref(c->account);
	for (size_t i = 0; i < t->count && rc == 0; i++)
		if (t->entries[i].mailbox)
			rc = check_mailbox(op, c, t->entries[i].name);
	if (rc == 0)
		check_metadata(op, c, t);
	if (rc == 0)
		check_urlauth(op, c, t);
	tree_unref(t);
	return rc;
}

static int check_account(struct op *op, void *ctx, struct span user)
{
	struct checking *c = ctx;
	c->user = user;
	int rc = account_open(op, c->mail, user, &c->account);
	if (rc < 0) {
		find(c, 0, 0, "the account cannot be opened: %s", op_text(op, rc));
		return 0;
	}
	rc = check_opened(op, c);
	account_unref(c->account);
	c->account = NULL;
	return rc;
}

int account_check(struct op *op, struct account *a,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx)
{
	struct checking c = { .mail = account_mail(a), .account = a, .found = found, .ctx = ctx };
	return check_opened(op, &c);
}

int mail_check(struct op *op, struct mail *m,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx, uint64_t *ret_messages)
{
	return mail_check_hurt(op, m, NULL, found, ctx, ret_messages);
}

int mail_check_hurt(struct op *op, struct mail *m, const struct live_set *hurt,
	void (*found)(void *ctx, const struct store_finding *f), void *ctx, uint64_t *ret_messages)
{
	struct checking c = { .mail = m, .found = found, .ctx = ctx, .hurt = hurt };
	int rc = account_each(op, m, check_account, &c);
	if (rc == 0)
		rc = spool_check(op, m, found, ctx);
	*ret_messages = c.messages;
	return rc;
}
