// SPDX-License-Identifier: Apache-2.0
// CREATE, DELETE, RENAME, SUBSCRIBE: each one batch. Under account.lock the newest tree is copied and changed, the records go into the batch, and
// when that is in line the copy is the newest tree. Subscriptions are of names, whatever becomes of mailboxes (RFC 9051 section 6.3.6:
// "renaming a mailbox doesn't update subscription information").
#include "mail/tree_change.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "mail/adopt.h"

#include <stdlib.h>

#define INBOX SPAN("INBOX")
// What a client may give away. \All, \Flagged and \Important are views of other mailboxes, which we do not have (RFC 6154 section 3).
#define USES_GIVEN (USE_ARCHIVE | USE_DRAFTS | USE_JUNK | USE_SENT | USE_TRASH | USE_MEMOS)

// --- records ---

static void put_header(
	struct store_batch *b, uint32_t node, const struct header *h, struct span name)
{
	struct span last = name_last(name);
	char fixed[HEADER_OCTETS];
	header_encode(h, fixed);
	struct key k = key_header(node);
	batch_put(b, KEY(k), span_of(fixed, sizeof fixed));
	batch_patch(b, KEY(k), HEADER_OCTETS, last);
}

static void patch_account(
	struct store_batch *b, uint32_t next_id, uint32_t uid_validity, uint64_t modseq)
{
	char p[20] = { 0 }; // offsets 4..24 of the record
	store_u32(p, next_id);
	store_u32(p + 4, uid_validity);
	store_u64(p + 12, modseq);
	batch_patch(b, SPAN("A"), 4, span_of(p, sizeof p));
}

static void patch_metadata(struct store_batch *b, uint64_t octets, uint64_t modseq)
{
	char p[8];
	store_u64(p, octets);
	batch_patch(b, SPAN("A"), 32, span_of(p, sizeof p));
	store_u64(p, modseq);
	batch_patch(b, SPAN("A"), ACCOUNT_MODSEQ, span_of(p, sizeof p));
}

static void subscription(struct store_batch *b, struct span name, bool subscribed)
{
	char key[1 + MAILBOX_NAME_MAX] = { 'S' };
	memcpy(key + 1, name.p, name.n);
	if (subscribed)
		batch_put(b, span_of(key, 1 + name.n), SPAN(""));
	else
		batch_delete(b, span_of(key, 1 + name.n));
}

// Rises with every mailbox of the account, and is never that of an earlier time (RFC 9051 section 2.3.1.1).
uint32_t next_uid_validity(uint32_t last)
{
	int64_t now = clock_real();
	return now > (int64_t)last && now < UINT32_MAX ? (uint32_t)now : last + 1;
}

static struct header first_header(
	uint32_t parent, uint32_t data, unsigned uses, uint32_t uid_validity, uint64_t modseq)
{
	struct header h = { .parent = parent,
		.data = data,
		.uses = uses,
		.uid_validity = uid_validity,
		.uid_next = 1,
		.recent_mark = 1,
		.next_chunk = 1,
		.next_block = 1,
		.modseq = modseq };
	random_bytes(h.id.b, sizeof h.id.b);
	return h;
}

// What every account begins with. The i-th has node 2 * i + 1.
static const struct {
	struct span name;
	unsigned uses;
} born[] = {
	{ { "INBOX", 5 }, 0 },
	{ { "Drafts", 6 }, USE_DRAFTS },
	{ { "Sent", 4 }, USE_SENT },
	{ { "Trash", 5 }, USE_TRASH },
	{ { "Junk", 4 }, USE_JUNK },
	{ { "Archive", 7 }, USE_ARCHIVE },
};

void account_first_records(struct store_batch *b, struct span user, uint32_t above)
{
	uint32_t uid_validity = next_uid_validity(above), id = 1;
	for (size_t i = 0; i < countof(born); i++, id += 2) {
		struct header h =
			first_header(0, id + 1, born[i].uses, uid_validity + (uint32_t)i, 1);
		put_header(b, id, &h, born[i].name);
		subscription(b, born[i].name, true);
	}
	char record[ACCOUNT_OCTETS] = { FORMAT_VERSION };
	store_u32(record + 4, id);
	store_u32(record + 8, uid_validity + countof(born) - 1);
	store_u64(record + 16, 1);
	store_u64(record + 24, (uint64_t)clock_real());
	batch_put(b, SPAN("A"), span_of(record, sizeof record));
	batch_patch(b, SPAN("A"), sizeof record, user);
}

// --- one change ---

// Annotations that are in line for the log: the store does not show them yet.
static int wait_for_metadata(struct op *op, struct account *a, struct store_ticket t)
{
	int rc = store_wait(op, account_store(a), t);
	pthread_mutex_lock(&a->lock);
	if (a->metadata_ticket.v == t.v)
		a->metadata_ticket.v = 0;
	pthread_mutex_unlock(&a->lock);
	return rc;
}

int change_begin(struct op *op, struct account *a, struct change_names *c)
{
	*c = (struct change_names){ 0 };
	for (;;) {
		int rc = txn_begin(op, a, &c->t);
		struct store_ticket under_way = a->metadata_ticket;
		if (rc < 0)
			return rc;
		if (under_way.v == 0)
			break;
		rc = txn_end(&c->t, 0);
		if (rc == 0)
			rc = wait_for_metadata(op, a, under_way);
		if (rc < 0)
			return rc;
	}
	c->next_id = a->next_id;
	c->uid_validity = a->last_uid_validity;
	draft_begin(&c->d, a->tree_tip);
	return 0;
}

int change_end(struct change_names *c, int rc)
{
	struct account *a = c->t.account;
	const struct tree *tree = NULL;
	if (rc == 0 && c->metadata)
		patch_metadata(&c->t.batch, a->metadata_octets + (uint64_t)c->t.metadata_delta,
			c->t.modseq);
	if (rc == 0 && c->same_names) {
		draft_done(&c->d);
		rc = txn_stage(&c->t);
		if (c->t.staged && c->metadata)
			a->metadata_ticket = c->t.ticket;
		return txn_end(&c->t, rc);
	}
	if (rc == 0) {
		patch_account(&c->t.batch, c->next_id, c->uid_validity, c->t.modseq);
		rc = draft_finish(c->t.op, &c->d, a->tree_tip->version + 1, &tree);
	}
	if (rc == 0) {
		c->t.tree = tree_ref(tree);
		rc = txn_stage(&c->t);
	}
	if (c->t.staged && c->metadata)
		a->metadata_ticket = c->t.ticket;
	if (rc == 0) {
		a->next_id = c->next_id;
		a->last_uid_validity = c->uid_validity;
		tree_unref(a->tree_tip);
		a->tree_tip = tree;
	} else {
		tree_unref(tree);
	}
	draft_done(&c->d);
	return txn_end(&c->t, rc);
}

// A new mailbox object over a header. *ret_mailbox is referenced.
static int new_mailbox(
	struct change_names *c, uint32_t node, const struct header *h, struct mailbox **ret_mailbox)
{
	struct snap *s = snap_new(h);
	struct mailbox *mb = s ? mailbox_new(c->t.account, node, &h->id, s) : NULL;
	if (!mb) {
		snap_unref(s);
		return op_fail(c->t.op, RC_NOMEM, "out of memory");
	}
	*ret_mailbox = mb;
	return 0;
}

// Makes `name` an existing mailbox below `parent`, in the place of a mere name if there is one.
static int add_mailbox(struct change_names *c, struct span name, uint32_t parent, unsigned uses,
	struct mailbox **ret_mailbox)
{
	bool found;
	size_t i = draft_find(&c->d, name, &found);
	uint32_t node = found && c->d.v[i].node->id ? c->d.v[i].node->id : c->next_id++;
	c->uid_validity = next_uid_validity(c->uid_validity);
	struct header h = first_header(parent, c->next_id++, uses, c->uid_validity, c->t.modseq);
	struct mailbox *mb = NULL;
	int rc = new_mailbox(c, node, &h, &mb);
	if (rc < 0)
		return rc;
	put_header(&c->t.batch, node, &h, name);
	struct node *n = node_new(node, parent, uses, mb, name);
	if (found)
		draft_replace(&c->d, i, n);
	else
		draft_insert(&c->d, i, n, false);
	if (ret_mailbox)
		*ret_mailbox = mailbox_ref(mb);
	mailbox_unref(mb);
	return 0;
}

// Of several levels that are created at once, only the topmost has a parent that was there before.
static int note_created(struct change_names *c, struct span name)
{
	return c->made_parent ? feed_note(&c->t, FEED_CREATED, name, SPAN_NONE, SPAN_NONE)
			      : feed_note_name(&c->t, FEED_CREATED, name);
}

// The node above `name`; what is missing on the way is created. 0 at the top.
static int make_parents(struct change_names *c, struct span name, uint32_t *ret_parent)
{
	uint32_t parent = 0;
	for (size_t n = 0; n < name.n; n++) {
		if (name.p[n] != '/')
			continue;
		struct span above = span_cut(name, 0, n);
		bool found;
		size_t i = draft_find(&c->d, above, &found);
		if (!found || c->d.v[i].node->id == 0) {
			int rc = add_mailbox(c, above, parent, 0, NULL);
			if (rc == 0)
				rc = note_created(c, above);
			if (rc < 0)
				return rc;
			c->made_parent = true;
			i = draft_find(&c->d, above, &found);
		}
		if (c->d.failed)
			return op_fail(c->t.op, RC_NOMEM, "out of memory");
		parent = c->d.v[i].node->id;
	}
	*ret_parent = parent;
	return 0;
}

struct draft_slot *slot_of(struct change_names *c, struct span name)
{
	bool found;
	size_t i = draft_find(&c->d, name, &found);
	return found ? &c->d.v[i] : NULL;
}

static bool exists(struct change_names *c, struct span name)
{
	struct draft_slot *s = slot_of(c, name);
	return s && s->node->mailbox;
}

static int check_new(struct change_names *c, struct span name)
{
	if (name.n == 0 || name.n > MAILBOX_NAME_MAX)
		return op_fail(c->t.op, RC_BADNAME, "the name is empty or too long");
	if (exists(c, name))
		return op_fail(c->t.op, RC_ALREADYEXISTS, "a mailbox of that name exists");
	if (c->d.n >= mail_config_of(c->t.account->mail)->mailboxes_max)
		return op_fail(c->t.op, RC_LIMIT, "the account has too many mailboxes");
	return 0;
}

// --- CREATE ---

// A mailbox of the account's beginning that still has its name and never had a message.
static bool is_untouched(const struct node *n)
{
	size_t i = n->id / 2;
	return n->id % 2 && i < countof(born) && span_eq(node_name(n), born[i].name) &&
		n->mailbox && n->mailbox->tip->h.uid_next == 1;
}

static void patch_uses(struct change_names *c, const struct node *n, unsigned uses)
{
	char p[4];
	struct key k = key_header(n->id);
	store_u32(p, uses);
	batch_patch(&c->t.batch, KEY(k), 12, span_of(p, sizeof p));
}

// The uses go to a new mailbox: from ones of the account's beginning that nobody has used (who asks for a folder of his own as \Sent
// means it), from no other (RFC 6154 section 3 leaves both to the server).
static int take_uses(struct change_names *c, unsigned uses)
{
	if (uses & ~(unsigned)USES_GIVEN)
		return op_fail(
			c->t.op, RC_USEATTR, "this special use cannot be given to a mailbox");
	for (size_t i = 0; uses && i < c->d.n; i++) {
		struct node *n = c->d.v[i].node;
		unsigned left = n->uses & ~uses;
		if (left == n->uses)
			continue;
		if (!is_untouched(n))
			return op_fail(c->t.op, RC_USEATTR, "another mailbox has this special use");
		patch_uses(c, n, left);
		draft_replace(&c->d, i, node_new(n->id, n->parent, left, n->mailbox, node_name(n)));
	}
	return 0;
}

int change_uses(struct change_names *c, struct span name, unsigned uses)
{
	struct draft_slot *s = slot_of(c, name);
	unsigned had = s->node->uses;
	if (span_eq(name, INBOX) && uses)
		return op_fail(c->t.op, RC_USEATTR, "INBOX has no special use");
	if (had == uses)
		return 0;
	int rc = take_uses(c, uses & ~had);
	if (rc < 0)
		return rc;
	struct node *n = slot_of(c, name)->node;
	patch_uses(c, n, uses);
	draft_replace(&c->d, (size_t)(slot_of(c, name) - c->d.v),
		node_new(n->id, n->parent, uses, n->mailbox, name));
	return c->d.failed ? op_fail(c->t.op, RC_NOMEM, "out of memory") : 0;
}

int mailbox_create(struct op *op, struct account *a, struct span name, unsigned uses,
	struct mailbox_status *ret_status)
{
	struct change_names c;
	int rc = change_begin(op, a, &c);
	if (rc < 0)
		return rc;
	uint32_t parent = 0;
	struct mailbox *mb = NULL;
	rc = check_new(&c, name);
	if (rc == 0)
		rc = take_uses(&c, uses);
	if (rc == 0)
		rc = make_parents(&c, name, &parent);
	if (rc == 0)
		rc = add_mailbox(&c, name, parent, uses, &mb);
	if (rc == 0)
		rc = note_created(&c, name);
	if (rc == 0)
		draft_mark_parents(&c.d, name);
	rc = change_end(&c, rc);
	if (rc == 0)
		mailbox_status(mb, ret_status);
	mailbox_unref(mb);
	return rc;
}

// --- DELETE ---

// The name is no mailbox any more: it stays as a mere name while it has children or is subscribed, and takes mere names above
// it along when they are not needed any more.
static int forget_name(struct change_names *c, struct span name)
{
	for (bool first = true; name.p; name = name_parent(name), first = false) {
		bool found;
		size_t i = draft_find(&c->d, name, &found), from, to;
		if (!found)
			return 0;
		struct node *n = c->d.v[i].node;
		if (!first && (n->mailbox || n->id == 0))
			return 0;
		bool children = false;
		for (draft_below(&c->d, name, &from, &to); from < to && !children; from++)
			children = c->d.v[from].node->id != 0;
		if (children && !first)
			return 0;
		struct key k = key_header(n->id);
		if (children) {
			struct header h = { .parent = n->parent };
			put_header(&c->t.batch, n->id, &h, name);
			draft_replace(&c->d, i, node_new(n->id, n->parent, 0, NULL, name));
		} else {
			batch_delete(&c->t.batch, KEY(k));
			if (c->d.v[i].subscribed)
				draft_replace(&c->d, i, node_new(0, 0, 0, NULL, name));
			else
				draft_remove(&c->d, i);
		}
		if (c->d.failed)
			return op_fail(c->t.op, RC_NOMEM, "out of memory");
		if (children)
			return 0;
	}
	return 0;
}

int mailbox_delete(struct op *op, struct account *a, struct span name)
{
	if (span_eq(name, INBOX))
		return op_fail(op, RC_CANNOT, "INBOX cannot be deleted");
	struct change_names c;
	int rc = change_begin(op, a, &c);
	if (rc < 0)
		return rc;
	struct draft_slot *s = slot_of(&c, name);
	if (!s || !s->node->mailbox) {
		rc = op_fail(op, RC_NONEXISTENT, "there is no mailbox of that name");
	} else {
		struct mailbox *mb = mailbox_ref(s->node->mailbox);
		struct key from = key_data_begin(mb->tip->h.data),
			   to = key_data_begin(mb->tip->h.data + 1);
		c.t.batch.flags = STORE_FREES;
		c.t.dies = mb;
		batch_delete_range(&c.t.batch, KEY(from), KEY(to));
		struct key secret = key_urlauth(mb->node);
		batch_delete(&c.t.batch, KEY(secret));
		rc = metadata_forget(&c, mb->node);
		if (rc == 0)
			rc = forget_name(&c, name);
		if (rc == 0)
			rc = feed_note_name(&c.t, FEED_DELETED, name);
	}
	if (rc == 0)
		draft_mark_parents(&c.d, name);
	return change_end(&c, rc);
}

// --- RENAME ---

// `to` is a mere name with children of its own: they become children of the renamed mailbox.
static int adopt(struct change_names *c, struct span from, struct span to, uint32_t parent_was,
	uint32_t parent)
{
	size_t i, end, at, below_end;
	draft_below(&c->d, from, &at, &below_end);
	for (draft_below(&c->d, to, &i, &end); i < end; i++) {
		struct node *n = c->d.v[i].node;
		struct span rest = span_skip(node_name(n), to.n);
		for (size_t k = at; k < below_end && n->id; k++)
			if (c->d.v[k].node->id &&
				span_eq(span_skip(node_name(c->d.v[k].node), from.n), rest))
				return op_fail(c->t.op, RC_ALREADYEXISTS,
					"a mailbox below that name exists");
		if (n->id == 0 || n->parent != parent_was)
			continue;
		char p[4];
		struct key k = key_header(n->id);
		store_u32(p, parent);
		batch_patch(&c->t.batch, KEY(k), 4, span_of(p, sizeof p));
		draft_replace(&c->d, i, node_new(n->id, parent, n->uses, n->mailbox, node_name(n)));
		if (c->t.batch.ops.n > TXN_BATCH_FULL)
			return op_fail(c->t.op, RC_LIMIT, "too many mailboxes to move at once");
	}
	return 0;
}

static size_t levels_of(struct span name)
{
	size_t n = 1;
	for (size_t i = 0; i < name.n; i++)
		n += name.p[i] == '/';
	return n;
}

// Whether from + rest may become to + rest. Names that had too many levels already (RENAME once let them) may keep them.
static int check_below(struct op *op, struct span from, struct span to, struct span rest)
{
	size_t added = levels_of(rest) - 1;
	if (to.n + rest.n > MAILBOX_NAME_MAX)
		return op_fail(op, RC_BADNAME, "the name of a mailbox below would be too long");
	if (levels_of(to) > levels_of(from) && levels_of(to) + added > MAILBOX_DEPTH_MAX)
		return op_fail(
			op, RC_BADNAME, "the name of a mailbox below would have too many levels");
	return 0;
}

// Gives every name from `from` on down its new name, in place (sorted again later).
static int rename_below(struct change_names *c, struct span from, struct span to, uint32_t parent)
{
	struct arena_mark mark = arena_mark(&c->t.op->arena);
	char *name = arena_bytes(&c->t.op->arena, MAILBOX_NAME_MAX);
	if (!name)
		return op_fail(c->t.op, RC_NOMEM, "out of memory");
	size_t count = c->d.n;
	int rc = 0;
	for (size_t i = 0; i < count && rc == 0; i++) {
		struct node *n = c->d.v[i].node;
		struct span old = node_name(n);
		bool itself = span_eq(old, from);
		if (n->id == 0 || !(itself || (span_starts(old, from) && old.p[from.n] == '/')))
			continue;
		struct span rest = span_skip(old, from.n);
		rc = check_below(c->t.op, from, to, rest);
		if (rc < 0)
			break;
		memcpy(name, to.p, to.n);
		memcpy(name + to.n, rest.p, rest.n);
		struct span now = span_of(name, to.n + rest.n);
		if (c->d.v[i].subscribed) // the subscription stays behind
			draft_insert(&c->d, c->d.n, node_new(0, 0, 0, NULL, old), true);
		c->d.v[i].subscribed = false;
		struct node *moved =
			node_new(n->id, itself ? parent : n->parent, n->uses, n->mailbox, now);
		draft_replace(&c->d, i, moved);
		if (c->d.failed)
			rc = op_fail(c->t.op, RC_NOMEM, "out of memory");
	}
	arena_release(&c->t.op->arena, mark);
	return rc;
}

// A name may stand twice now, once as a subscription alone: one entry is made of both.
static void merge_names(struct draft *d)
{
	draft_sort(d);
	size_t kept = 0;
	for (size_t i = 0; i < d->n; i++) {
		struct draft_slot *last = kept ? &d->v[kept - 1] : NULL;
		if (!last || !span_eq(node_name(last->node), node_name(d->v[i].node))) {
			d->v[kept++] = d->v[i];
			continue;
		}
		bool subscribed = last->subscribed || d->v[i].subscribed;
		struct node *drop = d->v[i].node->id ? last->node : d->v[i].node;
		if (drop == last->node)
			last->node = d->v[i].node;
		node_unref(drop);
		last->subscribed = subscribed;
	}
	d->n = kept;
}

static int rename_tree(struct change_names *c, struct span from, struct span to)
{
	struct draft_slot *s = slot_of(c, from);
	struct mailbox *mb = s->node->mailbox;
	uint32_t id = s->node->id, parent;
	unsigned uses = s->node->uses;
	int rc = make_parents(c, to, &parent);
	struct draft_slot *there = slot_of(c, to);
	if (rc == 0 && there && there->node->id) { // a mere name
		rc = adopt(c, from, to, there->node->id, id);
		struct key k = key_header(there->node->id);
		batch_delete(&c->t.batch, KEY(k));
		if (rc == 0)
			draft_replace(&c->d, (size_t)(there - c->d.v), node_new(0, 0, 0, NULL, to));
	}
	if (rc < 0)
		return rc;
	struct header h = { 0 }; // of a mere name
	if (mb)
		h = mb->tip->h;
	h.parent = parent;
	h.uses = uses;
	put_header(&c->t.batch, id, &h, to);
	rc = rename_below(c, from, to, parent);
	if (rc == 0)
		merge_names(&c->d);
	// What stood above the old name as a mere name may not be needed any more.
	struct span above = name_parent(from);
	struct draft_slot *up = above.p ? slot_of(c, above) : NULL;
	if (rc == 0 && up && up->node->id && !up->node->mailbox) {
		size_t i, end;
		bool children = false;
		for (draft_below(&c->d, above, &i, &end); i < end && !children; i++)
			children = c->d.v[i].node->id != 0;
		if (!children)
			rc = forget_name(c, above);
	}
	draft_mark_all(&c->d);
	return rc;
}

// Loads which UIDs there are into the blocks that views of INBOX share with this edit: the new mailbox may be deleted before such a view looks
// again, and then the records are gone from the store that would tell it what it lost.
static int load_uids(struct op *op, struct account *a, const struct edit *e)
{
	struct place at = place_of(a, e->old);
	int rc = 0;
	for (uint32_t t = 0; rc == 0 && t < e->body->n; t++) {
		struct entries *entries;
		rc = block_entries(op, at, e->body->t[t].block, &entries);
		for (uint32_t i = 0; rc == 0 && i < entries->n; i++) {
			struct recs *r;
			rc = chunk_recs(op, at, entries->e[i].chunk, entries->e[i].used, &r);
		}
	}
	return rc;
}

// The messages of INBOX become those of a new mailbox; INBOX goes on without them (RFC 9051 section 6.3.6). No message is touched:
// the two mailboxes' data ids part. RFC 8474 section 4: the new mailbox has a MAILBOXID of its own.
static int rename_inbox(struct change_names *c, struct span to)
{
	struct mailbox *inbox = slot_of(c, INBOX)->node->mailbox, *mb = NULL;
	uint32_t parent;
	struct edit *e;
	struct keywords *none;
	if (inbox->copies)
		return op_fail(c->t.op, RC_INUSE, "messages are being copied to INBOX");
	int rc = make_parents(c, to, &parent);
	if (rc == 0)
		rc = add_mailbox(c, to, parent, 0, &mb);
	if (rc < 0)
		return rc;
	rc = txn_edit(&c->t, inbox, &e);
	if (rc == 0)
		rc = load_uids(c->t.op, c->t.account, e);
	if (rc == 0)
		rc = keywords_decode(c->t.op, SPAN(""), &none);
	struct body *empty = rc == 0 ? body_new(1) : NULL;
	if (rc == 0 && !empty) {
		keywords_unref(none);
		rc = op_fail(c->t.op, RC_NOMEM, "out of memory");
	}
	if (rc == 0) {
		const struct header was = e->old->h, fresh = mb->tip->h;
		struct header moved =
			was; // the new mailbox: INBOX's messages under names of its own
		moved.parent = fresh.parent;
		moved.uses = 0;
		moved.id = fresh.id;
		moved.uid_validity = fresh.uid_validity;
		moved.recent_mark = e->now->h.recent_mark;
		moved.recent = e->now->h.recent;
		moved.modseq = c->t.modseq;
		mb->tip->h = moved; // not published yet
		mb->recent_mark = moved.recent_mark;
		atomic_store(&mb->modseq, moved.modseq);
		atomic_store_explicit(&mb->tip->body, e->body, memory_order_release);
		put_header(&c->t.batch, mb->node, &moved, to);
		empty->keywords = none;
		e->body = empty;
		e->changed = true;
		e->what |= CHANGED_EXPUNGED;
		atomic_store_explicit(&e->now->body, empty, memory_order_release);
		e->now->h = (struct header){ .parent = was.parent,
			.data = fresh.data,
			.uses = was.uses,
			.id = was.id,
			.uid_validity = was.uid_validity,
			.uid_next = was.uid_next,
			.append_limit = was.append_limit,
			.recent_mark = was.uid_next,
			.next_chunk = 1,
			.next_block = 1,
			.modseq = c->t.modseq };
		if (was.uid_next > 1)
			numset_add_range(&e->expunged, 1, was.uid_next - 1);
	}
	if (rc == 0)
		rc = metadata_copy(c, inbox->node, mb->node);
	mailbox_unref(mb);
	draft_mark_parents(&c->d, to);
	return rc;
}

int mailbox_rename(struct op *op, struct account *a, struct span from, struct span to)
{
	struct change_names c;
	int rc = change_begin(op, a, &c);
	if (rc < 0)
		return rc;
	// What is renamed may be a mere name above mailboxes (the example "RENAME foo zowie" in RFC 9051 section 6.3.6).
	const struct draft_slot *slot = slot_of(&c, from);
	if (!slot || slot->node->id == 0)
		rc = op_fail(op, RC_NONEXISTENT, "there is no mailbox of that name");
	else if (span_eq(to, from))
		rc = op_fail(op, RC_ALREADYEXISTS, "a mailbox of that name exists");
	else if (span_eq(from, INBOX) && !slot->node->mailbox) // there is always one
		rc = op_fail(op, RC_CORRUPT, "the record of INBOX says that it is no mailbox");
	else if (!span_eq(from, INBOX) && to.n > from.n && span_starts(to, from) &&
		to.p[from.n] == '/')
		rc = op_fail(op, RC_CANNOT, "a mailbox cannot be moved below itself");
	else
		rc = check_new(&c, to);
	if (rc == 0)
		rc = span_eq(from, INBOX) ? rename_inbox(&c, to) : rename_tree(&c, from, to);
	if (rc == 0)
		rc = feed_note(&c.t, FEED_RENAMED, to, from, SPAN_NONE);
	return change_end(&c, rc);
}

// --- adopting a restored mailbox (adopt.h) ---

int data_reserve(struct op *op, struct account *a, uint32_t *ret_data)
{
	struct change_names c;
	int rc = change_begin(op, a, &c);
	if (rc < 0)
		return rc;
	uint32_t data = c.next_id++;
	struct key note = key_restoring(data);
	batch_put(&c.t.batch, KEY(note), SPAN(""));
	rc = change_end(&c, 0);
	if (rc == 0)
		*ret_data = data;
	return rc;
}

int data_give_back(struct op *op, struct account *a, uint32_t data)
{
	struct change_names c;
	int rc = change_begin(op, a, &c);
	if (rc < 0)
		return rc;
	struct key note = key_restoring(data), from = key_data_begin(data),
		   to = key_data_begin(data + 1);
	c.same_names = true;
	c.t.batch.flags = STORE_FREES;
	batch_delete_range(&c.t.batch, KEY(from), KEY(to));
	batch_delete(&c.t.batch, KEY(note));
	return change_end(&c, 0);
}

// The mailbox that has the name gives way: its messages, annotations and URLs that it gave go. *ret_node keeps its place in the tree.
static int give_way(struct change_names *c, const struct draft_slot *s, uint32_t *ret_node)
{
	struct mailbox *mb = mailbox_ref(s->node->mailbox);
	struct key from = key_data_begin(mb->tip->h.data), to = key_data_begin(mb->tip->h.data + 1);
	c->t.batch.flags = STORE_FREES;
	c->t.dies = mb;
	batch_delete_range(&c->t.batch, KEY(from), KEY(to));
	struct key secret = key_urlauth(mb->node);
	batch_delete(&c->t.batch, KEY(secret));
	*ret_node = s->node->id;
	return metadata_forget(c, s->node->id);
}

static int adopt_annotations(struct change_names *c, uint32_t node, struct span list)
{
	struct reader r = reader_of(list);
	int rc = 0;
	while (rc == 0 && !reader_at_end(&r)) {
		struct span name = reader_field(&r), record = reader_field(&r);
		rc = r.bad ? op_fail(c->t.op, RC_CORRUPT, "a list of annotations is damaged")
			   : metadata_adopt(c, node, name, record);
	}
	return rc;
}

static int adopt_header(struct change_names *c, const struct mailbox_adopt *what, uint32_t node,
	uint32_t parent, unsigned uses)
{
	struct header h = what->header;
	h.parent = parent;
	h.uses = uses;
	h.uid_validity = c->uid_validity = next_uid_validity(c->uid_validity);
	random_bytes(h.id.b, sizeof h.id.b);
	// A backup of another account may be ahead: modseqs of an account only rise.
	if (h.modseq >= c->t.modseq)
		c->t.modseq = h.modseq + 1;
	h.modseq = c->t.modseq;
	struct mailbox *mb = NULL;
	int rc = new_mailbox(c, node, &h, &mb);
	if (rc < 0)
		return rc;
	put_header(&c->t.batch, node, &h, what->name);
	bool found;
	size_t i = draft_find(&c->d, what->name, &found);
	struct node *n = node_new(node, parent, uses, mb, what->name);
	mailbox_unref(mb);
	if (found)
		draft_replace(&c->d, i, n);
	else
		draft_insert(&c->d, i, n, false);
	struct draft_slot *s = slot_of(c, what->name);
	if (s && what->subscribe && !s->subscribed) {
		subscription(&c->t.batch, what->name, true);
		s->subscribed = true;
	}
	return adopt_annotations(c, node, what->annotations);
}

int mailbox_adopt(struct op *op, struct account *a, const struct mailbox_adopt *what)
{
	struct change_names c;
	int rc = change_begin(op, a, &c);
	if (rc < 0)
		return rc;
	uint32_t node = 0, parent = 0;
	unsigned uses = 0;
	struct draft_slot *s = slot_of(&c, what->name);
	bool there = s && s->node->mailbox;
	if (there && what->replace) {
		parent = s->node->parent;
		uses = s->node->uses;
		rc = give_way(&c, s, &node);
		if (rc == 0)
			rc = feed_note_name(&c.t, FEED_DELETED, what->name);
	} else {
		rc = check_new(&c, what->name);
		if (rc == 0)
			rc = make_parents(&c, what->name, &parent);
		s = slot_of(&c, what->name);
		node = s && s->node->id ? s->node->id : c.next_id++;
	}
	struct key note = key_restoring(what->header.data);
	batch_delete(&c.t.batch, KEY(note));
	if (rc == 0)
		rc = adopt_header(&c, what, node, parent, uses);
	if (rc == 0)
		rc = note_created(&c, what->name);
	if (rc == 0)
		draft_mark_parents(&c.d, what->name);
	return change_end(&c, rc);
}

// --- SUBSCRIBE ---

int mailbox_subscribe(struct op *op, struct account *a, struct span name, bool subscribed)
{
	struct change_names c;
	if (name.n == 0 || name.n > MAILBOX_NAME_MAX)
		return op_fail(op, RC_BADNAME, "the name is empty or too long");
	int rc = change_begin(op, a, &c);
	if (rc < 0)
		return rc;
	bool found;
	size_t i = draft_find(&c.d, name, &found);
	if ((found && c.d.v[i].subscribed) == subscribed) {
		draft_done(&c.d);
		return txn_end(&c.t, 0); // as it is: no commit
	}
	if (subscribed && c.d.n >= 2 * (size_t)mail_config_of(a->mail)->mailboxes_max)
		rc = op_fail(op, RC_LIMIT, "the account has too many subscriptions");
	if (rc == 0)
		rc = feed_note(&c.t, FEED_SUBSCRIPTION, name, SPAN_NONE, SPAN_NONE);
	if (rc == 0) {
		subscription(&c.t.batch, name, subscribed);
		if (found)
			c.d.v[i].subscribed = subscribed;
		else
			draft_insert(&c.d, i, node_new(0, 0, 0, NULL, name), true);
		if (found && !subscribed && c.d.v[i].node->id == 0)
			draft_remove(&c.d, i);
	}
	return change_end(&c, rc);
}
