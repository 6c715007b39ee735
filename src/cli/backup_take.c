// SPDX-License-Identifier: Apache-2.0
// Taking a backup (docs/backup.md). The records of each account are read at one snapshot and cut into pages; blobs that they name and no earlier backup has are read in the order
// of their ids, which is that of the log. What is known of each blob is one bit, and one page of the catalog at a time. The manifest comes last.
#include "auth/users.h"
#include "backup/catalog.h"
#include "backup/state.h"
#include "base/clock.h"
#include "base/hash.h"
#include "cli/backup.h"
#include "cli/link.h"
#include "cli/names.h"
#include "mail/backup.h"
#include "mail/format.h"
#include "store/live.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PARENTS_MAX 2u // the newest full backup, the newest of the same scope
#define ASK_BLOBS 32u  // in one request
#define RATE_DEFAULT_MB 100u

struct known_page {
	const struct pack_ref *ref;
	const struct packs *packs;
};

struct parent {
	struct manifest m;
	struct pack_reader packs;
	struct buf page; // of its catalog
	bool told;       // that it is damaged
};
struct taking {
	struct cli *cli;
	struct op *op;
	struct link link;
	struct backup_folder folder;
	struct pack_writer w;
	struct manifest m;
	struct parent parents[PARENTS_MAX];
	size_t parent_count;
	struct known_page *pages; // of all parents, by hash
	size_t page_count;
	uint64_t highest_pack; // number; of the manifests that were read
	struct state_pager pager;
	struct live_set needed;
	struct buf users; // for each: name (field), partition
	uint64_t highest; // id
	uint64_t messages, blobs_new, written;
	// of the account at hand
	uint64_t partition;
	struct span only; // canonical name of the mailbox; absent: all
	uint32_t only_data;
	struct names names;
	struct span account;        // whose mail alone is wanted; absent: everybody's
	uint64_t rate, began, read; // octets a second, clock_mono(), octets
};

// --- earlier backups ---

static int token_known(struct op *op, struct taking *t, const uint8_t *token, bool *ret_known)
{
	char from[1 + BACKUP_TOKEN] = { 'T' }, to[2 + BACKUP_TOKEN] = { 'T' };
	memcpy(from + 1, token, BACKUP_TOKEN);
	memcpy(to + 1, token, BACKUP_TOKEN);
	int rc = link_ask(op, &t->link, "backup records %u %s %s", SYSTEM_PARTITION,
		link_hex(op, span_of(from, sizeof from)), link_hex(op, span_of(to, sizeof to)));
	struct frame f;
	*ret_known = false;
	while (rc == 0 && (rc = link_next(op, &t->link, &f)) == 0)
		*ret_known = true;
	return rc == LINK_END ? 0 : rc;
}

static bool same_scope(const struct taking *t, const struct manifest *m)
{
	if (m->scope != t->m.scope)
		return false;
	return m->scope == SCOPE_FULL ||
		(m->account_count && span_eq(m->accounts[0].name, t->account));
}

// What lay in packs that are gone or cut off is stored again: this backup does not lean on them.
static void parent_look(struct taking *t, struct parent *p)
{
	size_t missing = packs_drop_missing(&t->folder, &p->m.packs);
	if (missing)
		fprintf(stderr,
			"starling: backup %" PRIu64
			" is not whole (packs that are missing or cut off: %zu): what they held "
			"is stored again\n",
			p->m.number, missing);
	p->told = missing > 0;
}

// Newest first: one of the same scope, and one of all mail. Only such as this store went on from.
static int parents_find(struct taking *t)
{
	uint64_t *numbers;
	size_t count;
	bool have_full = false, have_same = false;
	int rc = manifest_list(t->op, &t->folder, &numbers, &count);
	if (rc < 0)
		return rc;
	t->m.number = count ? numbers[count - 1] + 1 : 1;
	while (count-- && !(have_full && have_same) && t->parent_count < PARENTS_MAX) {
		struct manifest m;
		bool known;
		rc = manifest_read(t->op, &t->folder, numbers[count], &m);
		if (rc < 0) {
			fprintf(stderr, "starling: backup %" PRIu64 " cannot be built on: %s\n",
				numbers[count], op_text(t->op, rc));
			continue;
		}
		const struct packs *p = &m.packs;
		if (p->n && p->v[p->n - 1].number > t->highest_pack)
			t->highest_pack = p->v[p->n - 1].number;
		bool full = m.scope == SCOPE_FULL, same = same_scope(t, &m);
		rc = token_known(t->op, t, m.token, &known);
		if (rc == 0 && known && ((full && !have_full) || (same && !have_same))) {
			struct parent *parent = &t->parents[t->parent_count++];
			have_full = have_full || full;
			have_same = have_same || same;
			*parent = (struct parent){ .m = m };
			pack_reader_init(&parent->packs, &t->folder, &parent->m.packs);
			parent_look(t, parent);
		} else {
			manifest_done(&m);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int by_hash(const void *a, const void *b)
{
	const struct known_page *x = a, *y = b;
	return memcmp(x->ref->hash, y->ref->hash, PACK_HASH);
}

static int pages_index(struct taking *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->parent_count; i++)
		n += t->parents[i].m.page_count;
	t->pages = calloc(n + 1, sizeof *t->pages);
	if (!t->pages)
		return op_fail(t->op, RC_NOMEM, "out of memory");
	for (size_t i = 0; i < t->parent_count; i++)
		for (size_t k = 0; k < t->parents[i].m.page_count; k++)
			t->pages[t->page_count++] =
				(struct known_page){ &t->parents[i].m.pages[k].ref,
					&t->parents[i].m.packs };
	qsort(t->pages, t->page_count, sizeof *t->pages, by_hash);
	return 0;
}

// What an earlier backup has stored is referred to: this one needs its pack.
static int refer(struct taking *t, const struct packs *packs, uint64_t number)
{
	const struct pack *p = packs_find(packs, number);
	return p ? packs_add(t->op, &t->m.packs, p)
		 : op_fail(t->op, RC_CORRUPT, "an earlier backup does not list its pack");
}

// --- records ---

// So that a backup leaves the disk to others.
static void pace(struct taking *t, size_t octets)
{
	t->read += octets;
	if (!t->rate)
		return;
	uint64_t due = t->began + (uint64_t)((double)t->read / (double)t->rate * (double)NS_PER_S);
	uint64_t now = clock_mono();
	if (due > now)
		(void)usleep((useconds_t)((due - now) / 1000));
}

static int page_emit(struct op *op, void *ctx, struct span first, struct span page)
{
	struct taking *t = ctx;
	struct pack_ref ref = { .size = page.n };
	struct known_page key = { &ref, NULL };
	pack_hash(page, ref.hash);
	const struct known_page *known =
		bsearch(&key, t->pages, t->page_count, sizeof *t->pages, by_hash);
	if (known && refer(t, known->packs, known->ref->pack) == 0)
		return manifest_add_page(op, &t->m, first, known->ref);
	int rc = pack_put(op, &t->w, PACK_STATE, 0, page, &ref);
	return rc < 0 ? rc : manifest_add_page(op, &t->m, first, &ref);
}

static void need(struct taking *t, uint64_t id)
{
	if (!id)
		return;
	live_add(&t->needed, id);
	if (id > t->highest)
		t->highest = id;
}

static int take_record(struct op *op, struct taking *t, struct span key, struct span value)
{
	struct header h;
	struct span name;
	if (key.n == 10 && key.p[0] == 'B' && key.p[5] == 'C')
		for (size_t at = 0; at + COLD_OCTETS <= value.n; at += COLD_OCTETS) {
			struct msg_cold c;
			cold_decode(value.p + at, &c);
			need(t, c.blob.id);
			need(t, c.prefix.id);
		}
	if (key.n == 5 && key.p[0] == 'M' && header_decode(op, value, &h, &name) == 0 &&
		(!t->only_data || h.data == t->only_data))
		t->m.accounts[t->m.account_count - 1].messages += h.messages;
	if (t->needed.failed)
		return op_fail(op, RC_NOMEM, "out of memory");
	return state_add(op, &t->pager, key, value);
}

// Calls `each` for the records from <= key < to of the account at hand.
static int records(struct taking *t, struct span from, struct span to,
	int (*each)(struct op *op, struct taking *t, struct span key, struct span value))
{
	struct frame f;
	struct arena_mark mark = arena_mark(&t->op->arena);
	int rc = link_ask(t->op, &t->link, "backup records %" PRIu64 " %s %s", t->partition,
		link_hex(t->op, from), link_hex(t->op, to));
	arena_release(&t->op->arena, mark);
	while (rc == 0 && (rc = link_next(t->op, &t->link, &f)) == 0) {
		struct reader r = reader_of(f.payload);
		struct span key, value;
		while (rc == 0 && frame_next_record(&r, &key, &value))
			rc = each(t->op, t, key, value);
		if (rc == 0 && r.bad)
			rc = op_fail(t->op, RC_SYNTAX, "no records on the admin socket");
		pace(t, f.payload.n);
	}
	return rc == LINK_END ? 0 : rc;
}

// --- accounts ---

static int name_note(struct op *op, struct taking *t, struct span key, struct span value)
{
	return names_add(op, &t->names, key, value);
}

static int all_records(struct taking *t)
{
	return records(t, SPAN(""), SPAN_NONE, take_record);
}

// Of one mailbox: its messages and annotations; all headers (a header has only the last level of a name), UIDLs and subscriptions.
static int mailbox_records(struct taking *t)
{
	names_done(&t->names);
	names_init(&t->names);
	int rc = records(t, SPAN("M"), SPAN("N"), name_note);
	const struct name_node *n = rc == 0 ? names_find(&t->names, t->only) : NULL;
	if (rc == 0 && !n)
		rc = op_fail(t->op, RC_NONEXISTENT, "there is no mailbox %.*s", SPAN_FMT(t->only));
	if (rc < 0)
		return rc;
	t->only_data = n->data;
	struct key data = key_data_begin(n->data), data_end = key_data_begin(n->data + 1);
	struct key notes = key_metadata(n->id), notes_end = key_metadata(n->id + 1);
	const struct {
		struct span from, to;
	} ranges[] = {
		{ SPAN("A"), SPAN("B") },
		{ KEY(data), KEY(data_end) },
		{ KEY(notes), KEY(notes_end) },
		{ SPAN("M"), SPAN("N") },
		{ SPAN("P"), SPAN("Q") },
		{ SPAN("S"), SPAN("T") },
	};
	for (size_t i = 0; rc == 0 && i < sizeof ranges / sizeof *ranges; i++)
		rc = records(t, ranges[i].from, ranges[i].to, take_record);
	return rc;
}

static int take_account(struct taking *t, struct span name, uint64_t partition)
{
	int rc = manifest_add_account(t->op, &t->m, name, partition);
	if (rc < 0)
		return rc;
	t->partition = partition;
	rc = t->only.p ? mailbox_records(t) : all_records(t);
	if (rc == 0)
		rc = state_end(t->op, &t->pager);
	t->messages += t->m.accounts[t->m.account_count - 1].messages;
	if (rc == 0)
		op_reset(t->op); // else its text is wanted
	return rc;
}

// Names and partitions first: the connection answers one request at a time.
static int user_note(struct op *op, struct taking *t, struct span key, struct span value)
{
	struct buf *users = &t->users;
	struct span name = span_skip(key, 1);
	if (t->account.p && !span_eq(name, t->account))
		return 0;
	if (value.n != 8)
		return op_fail(op, RC_CORRUPT, "the entry of a user makes no sense");
	buf_add_field(users, name);
	buf_add(users, value);
	return users->failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

static int take_accounts(struct taking *t)
{
	t->partition = SYSTEM_PARTITION;
	int rc = records(t, SPAN("U"), SPAN("V"), user_note);
	struct reader r = reader_of(buf_span(&t->users));
	if (rc == 0 && t->cli->account && reader_at_end(&r))
		rc = op_fail(t->op, RC_NONEXISTENT, "there is no account %s", t->cli->account);
	while (rc == 0 && !reader_at_end(&r)) {
		struct span name = reader_field(&r);
		uint64_t partition = reader_u64(&r);
		rc = take_account(t, name, partition);
	}
	return rc;
}

// --- blobs ---

struct fetching { // the blobs of one page of the catalog that must be read
	uint64_t id[CATALOG_IDS];
	struct pack_ref ref[CATALOG_IDS];
	bool have[CATALOG_IDS];
	size_t n;
};

static int note_damaged(struct taking *t, uint64_t id, struct span text)
{
	fprintf(stderr, "starling: damaged in the store: %.*s\n", SPAN_FMT(text));
	return manifest_add_damaged(t->op, &t->m, id);
}

struct answers { // to one request for blobs
	struct fetching *f;
	size_t at, end; // the blob that is to come, and behind the last one
	bool open;      // its octets come
	uint64_t left;  // of them
};

static int fetch_head(struct taking *t, struct answers *a, struct reader r)
{
	uint8_t kind = reader_u8(&r);
	uint64_t id = reader_u64(&r);
	if (a->open || a->at == a->end || id != a->f->id[a->at])
		return op_fail(t->op, RC_SYNTAX, "another blob than was asked for");
	if (kind == 'B') {
		a->left = reader_u64(&r);
		int rc = pack_begin(t->op, &t->w, PACK_BLOB, id, a->left);
		a->open = rc == 0;
		return rc;
	}
	(void)reader_u32(&r);
	a->at++;
	return note_damaged(t, id, r.rest);
}

static int fetch_data(struct taking *t, struct answers *a, struct span octets)
{
	if (!a->open || octets.n > a->left)
		return op_fail(t->op, RC_SYNTAX, "octets of no blob");
	a->left -= octets.n;
	int rc = pack_data(t->op, &t->w, octets);
	if (rc == 0)
		pace(t, octets.n);
	return rc;
}

static int fetch_end(struct taking *t, struct answers *a)
{
	int rc = pack_end(t->op, &t->w, &a->f->ref[a->at]);
	if (rc < 0)
		return rc;
	a->f->have[a->at++] = true;
	t->blobs_new++;
	a->open = false;
	return 0;
}

static int fetch_frame(struct taking *t, struct answers *a, const struct frame *got)
{
	int rc = got->kind == FRAME_HEAD ? fetch_head(t, a, reader_of(got->payload))
					 : fetch_data(t, a, got->payload);
	return rc == 0 && a->open && a->left == 0 ? fetch_end(t, a) : rc;
}

// The message whose octets come turned out to be damaged behind its beginning.
static int fetch_damaged(struct taking *t, struct answers *a, int rc)
{
	char text[OP_TEXT_MAX];
	(void)snprintf(text, sizeof text, "%s", op_text(t->op, rc)); // may be cut
	rc = pack_drop(t->op, &t->w);
	return rc ? rc : note_damaged(t, a->f->id[a->at++], span_str(text));
}

// Asks for up to ASK_BLOBS of them from *io_next on, which moves behind what was answered.
static int fetch_some(struct taking *t, struct fetching *f, size_t *io_next)
{
	char line[64 + ASK_BLOBS * 21];
	size_t n = (size_t)snprintf(line, sizeof line, "backup blobs");
	struct answers a = { .f = f, .at = *io_next, .end = f->n };
	if (a.end - a.at > ASK_BLOBS)
		a.end = a.at + ASK_BLOBS;
	for (size_t i = a.at; i < a.end; i++)
		n += (size_t)snprintf(line + n, sizeof line - n, " %" PRIu64, f->id[i]);
	int rc = link_ask(t->op, &t->link, "%s", line);
	struct frame got;
	while (rc == 0 && (rc = link_next(t->op, &t->link, &got)) == 0) {
		rc = fetch_frame(t, &a, &got);
		if (rc < 0)
			return rc; // the folder's fault or the peer's, not the message's
	}
	if (a.open && (rc == RC_CORRUPT || rc == RC_IO))
		rc = fetch_damaged(t, &a, rc);
	else if (rc == LINK_END)
		rc = 0;
	if (rc == 0 && a.at == *io_next)
		rc = op_fail(t->op, RC_SYNTAX, "blobs were asked for in vain");
	*io_next = a.at;
	return rc;
}

// A page of an earlier catalog that cannot be read costs only that its blobs are stored again.
static void parent_page(struct taking *t, struct parent *p, uint64_t index)
{
	int rc = catalog_page(t->op, &p->packs, &p->m, index, &p->page);
	if (rc == 0)
		return;
	buf_reset(&p->page);
	if (!p->told)
		fprintf(stderr,
			"starling: backup %" PRIu64 " is not whole (%s): blobs are stored again\n",
			p->m.number, op_text(t->op, rc));
	p->told = true;
}

static const struct pack_ref *parent_catalog(const struct parent *p, uint64_t index)
{
	for (size_t i = 0; i < p->m.catalog_count; i++)
		if (p->m.catalogs[i].index == index)
			return &p->m.catalogs[i].ref;
	return NULL;
}

static int catalog_put(struct taking *t, uint64_t index, struct span page)
{
	struct pack_ref ref = { .size = page.n };
	pack_hash(page, ref.hash);
	for (size_t i = 0; i < t->parent_count; i++) {
		const struct pack_ref *was = parent_catalog(&t->parents[i], index);
		if (was && memcmp(was->hash, ref.hash, PACK_HASH) == 0 &&
			refer(t, &t->parents[i].m.packs, was->pack) == 0)
			return manifest_add_catalog(t->op, &t->m, index, was);
	}
	int rc = pack_put(t->op, &t->w, PACK_CATALOG, index, page, &ref);
	return rc < 0 ? rc : manifest_add_catalog(t->op, &t->m, index, &ref);
}

// Where an earlier backup has it; its pack is there to be referred to.
static bool parent_has(struct taking *t, uint64_t id, struct pack_ref *ret_ref)
{
	for (size_t i = 0; i < t->parent_count; i++)
		if (catalog_find(buf_span(&t->parents[i].page), id, ret_ref) &&
			refer(t, &t->parents[i].m.packs, ret_ref->pack) == 0)
			return true;
	return false;
}

static int take_page(struct taking *t, struct fetching *f, uint64_t index)
{
	uint64_t first = index * CATALOG_IDS;
	size_t next = 0;
	int rc = 0;
	bool any = false;
	for (uint64_t id = first; id < first + CATALOG_IDS && !any; id++)
		any = live_has(&t->needed, id);
	if (!any)
		return 0;
	for (size_t i = 0; i < t->parent_count; i++)
		parent_page(t, &t->parents[i], index);
	f->n = 0;
	struct buf page = { 0 };
	struct pack_ref ref;
	for (uint64_t id = first; id < first + CATALOG_IDS; id++)
		if (live_has(&t->needed, id) && !parent_has(t, id, &ref)) {
			f->have[f->n] = false;
			f->id[f->n++] = id;
		}
	while (rc == 0 && next < f->n)
		rc = fetch_some(t, f, &next);
	next = 0;
	for (uint64_t id = first; rc == 0 && id < first + CATALOG_IDS; id++) {
		if (next < f->n && f->id[next] == id) {
			if (f->have[next])
				catalog_add(&page, id, &f->ref[next]);
			next++;
		} else if (live_has(&t->needed, id) && parent_has(t, id, &ref)) {
			catalog_add(&page, id, &ref);
		}
	}
	if (rc == 0 && page.failed)
		rc = op_fail(t->op, RC_NOMEM, "out of memory");
	if (rc == 0 && page.n)
		rc = catalog_put(t, index, buf_span(&page));
	buf_done(&page);
	if (rc == 0)
		op_reset(t->op); // else its text is wanted
	return rc;
}

static int take_blobs(struct taking *t)
{
	struct fetching *f = calloc(1, sizeof *f);
	if (!f)
		return op_fail(t->op, RC_NOMEM, "out of memory");
	int rc = 0;
	for (uint64_t i = 0; rc == 0 && i <= t->highest / CATALOG_IDS; i++)
		rc = take_page(t, f, i);
	free(f);
	return rc;
}

// --- the whole ---

static int next_pack_look(struct op *op, void *ctx, const char *name)
{
	uint64_t *next = ctx, number;
	(void)op;
	if (pack_name_parse(name, &number) && number >= *next)
		*next = number + 1;
	return 0;
}

// Numbers of packs are not used again, also not those of packs that only manifests know.
static int next_pack(struct taking *t, uint64_t *ret_next)
{
	*ret_next = t->highest_pack + 1;
	return backup_names(t->op, &t->folder, "packs", next_pack_look, ret_next);
}

static int scope_set(struct taking *t)
{
	struct cli *c = t->cli;
	if (c->mailbox && !c->account)
		return op_fail(t->op, RC_SYNTAX, "--mailbox needs --account");
	if (c->final && c->account)
		return op_fail(t->op, RC_SYNTAX, "a final backup is of all mail");
	t->m.scope = c->mailbox ? SCOPE_MAILBOX : c->account ? SCOPE_ACCOUNT : SCOPE_FULL;
	t->m.final = c->final;
	t->m.time = clock_real();
	t->rate = (uint64_t)(c->rate_set ? c->rate_mb : RATE_DEFAULT_MB) << 20;
	t->began = clock_mono();
	random_bytes(t->m.token, sizeof t->m.token);
	struct span name;
	int rc = c->account ? user_name_canonical(t->op, span_str(c->account), &name) : 0;
	if (rc == 0 && c->account)
		t->account = arena_dup(&t->m.arena, name);
	if (rc == 0 && c->mailbox)
		rc = account_name_check(t->op, span_str(c->mailbox), &name);
	if (rc == 0 && c->mailbox)
		t->only = arena_dup(&t->m.arena, name);
	if (rc == 0 && ((c->account && !t->account.p) || (c->mailbox && !t->only.p)))
		rc = op_fail(t->op, RC_NOMEM, "out of memory");
	return rc;
}

static int finish(struct taking *t)
{
	int rc = pack_writer_finish(t->op, &t->w);
	for (size_t i = 0; rc == 0 && i < t->w.done.n; i++)
		rc = packs_add(t->op, &t->m.packs, &t->w.done.v[i]);
	// A crash between the two leaves a store that is given up: the final backup can be taken again.
	if (rc == 0 && t->m.final) {
		rc = link_ask(t->op, &t->link, "backup give-up %s",
			link_hex(t->op, span_of(t->m.token, sizeof t->m.token)));
		if (rc == 0)
			rc = link_answer(t->op, &t->link, NULL);
	}
	return rc < 0 ? rc : manifest_write(t->op, &t->folder, &t->m);
}

static int take(struct taking *t)
{
	int rc = link_ask(t->op, &t->link, "backup begin %s",
		link_hex(t->op, span_of(t->m.token, sizeof t->m.token)));
	if (rc == 0)
		rc = link_answer(t->op, &t->link, NULL);
	if (rc == 0)
		rc = parents_find(t);
	if (rc == 0)
		rc = pages_index(t);
	uint64_t next;
	if (rc == 0)
		rc = next_pack(t, &next);
	if (rc < 0)
		return rc;
	pack_writer_init(&t->w, &t->folder, next);
	rc = take_accounts(t);
	if (rc == 0)
		rc = take_blobs(t);
	if (rc == 0)
		rc = finish(t);
	t->written = t->w.written;
	pack_writer_done(&t->w);
	return rc;
}

static void taking_done(struct taking *t)
{
	for (size_t i = 0; i < t->parent_count; i++) {
		pack_reader_done(&t->parents[i].packs);
		buf_done(&t->parents[i].page);
		manifest_done(&t->parents[i].m);
	}
	state_pager_done(&t->pager);
	manifest_done(&t->m);
	names_done(&t->names);
	live_done(&t->needed);
	buf_done(&t->users);
	free(t->pages);
	link_close(&t->link);
	backup_close(&t->folder);
}

int backup_take(struct cli *c, const char *dir)
{
	struct taking t = { .cli = c, .op = &c->op, .link.fd = -1, .folder.fd = -1 };
	manifest_init(&t.m);
	names_init(&t.names);
	state_pager_init(&t.pager, page_emit, &t);
	int rc = scope_set(&t);
	if (rc == 0)
		rc = backup_open(&c->op, dir, BACKUP_MAKE, &t.folder);
	if (rc == 0)
		rc = link_open(c, &t.link, c->final);
	if (rc == 0)
		rc = take(&t);
	if (rc == 0 && !c->quiet)
		printf("backup %" PRIu64 ": %zu accounts, %" PRIu64 " messages; %" PRIu64
		       " octets stored, %" PRIu64 " messages of them new\n",
			t.m.number, t.m.account_count, t.messages, t.written, t.blobs_new);
	int status = rc < 0 ? cli_fail_op(c, rc) : EXIT_FINE;
	if (rc == 0 && t.m.damaged_count)
		status = cli_fail("the backup is there, but %zu messages were damaged in the store",
			t.m.damaged_count);
	taking_done(&t);
	return status;
}
