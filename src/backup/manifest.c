// SPDX-License-Identifier: Apache-2.0
#include "backup/manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TITLE "starling-backup-manifest 1\n"
#define MANIFEST_MAX (UINT64_C(1) << 30)
#define KEY_MAX 4096u // octets of a name or key

void manifest_init(struct manifest *m)
{
	*m = (struct manifest){ 0 };
	arena_init(&m->arena, 0);
}

void manifest_done(struct manifest *m)
{
	free(m->accounts);
	free(m->pages);
	free(m->catalogs);
	free(m->damaged);
	packs_done(&m->packs);
	arena_done(&m->arena);
	*m = (struct manifest){ 0 };
}

// Room for one more of `size` octets in an array.
static void *grow(struct op *op, void *v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	size_t more = *cap ? *cap * 2 : 64;
	void *w = more < SIZE_MAX / size ? realloc(v, more * size) : NULL;
	if (w)
		*cap = more;
	else
		(void)op_fail(op, RC_NOMEM, "out of memory");
	return w;
}

int manifest_add_account(struct op *op, struct manifest *m, struct span name, uint64_t partition)
{
	struct manifest_account *v =
		grow(op, m->accounts, m->account_count, &m->account_cap, sizeof *m->accounts);
	if (!v)
		return RC_NOMEM;
	m->accounts = v;
	struct span copy = arena_dup(&m->arena, name);
	if (!copy.p)
		return op_fail(op, RC_NOMEM, "out of memory");
	v[m->account_count++] = (struct manifest_account){
		.name = copy, .partition = partition, .page = m->page_count
	};
	return 0;
}

int manifest_add_page(
	struct op *op, struct manifest *m, struct span first, const struct pack_ref *ref)
{
	struct manifest_page *v = grow(op, m->pages, m->page_count, &m->page_cap, sizeof *m->pages);
	if (!v)
		return RC_NOMEM;
	m->pages = v;
	struct span copy = arena_dup(&m->arena, first);
	if (!copy.p)
		return op_fail(op, RC_NOMEM, "out of memory");
	v[m->page_count++] = (struct manifest_page){ copy, *ref };
	m->accounts[m->account_count - 1].pages++;
	return 0;
}

int manifest_add_catalog(
	struct op *op, struct manifest *m, uint64_t index, const struct pack_ref *ref)
{
	struct manifest_catalog *v =
		grow(op, m->catalogs, m->catalog_count, &m->catalog_cap, sizeof *m->catalogs);
	if (!v)
		return RC_NOMEM;
	m->catalogs = v;
	v[m->catalog_count++] = (struct manifest_catalog){ index, *ref };
	return 0;
}

int manifest_add_damaged(struct op *op, struct manifest *m, uint64_t id)
{
	uint64_t *v = grow(op, m->damaged, m->damaged_count, &m->damaged_cap, sizeof *m->damaged);
	if (!v)
		return RC_NOMEM;
	m->damaged = v;
	v[m->damaged_count++] = id;
	return 0;
}

const struct manifest_account *manifest_account(const struct manifest *m, struct span name)
{
	for (size_t i = 0; i < m->account_count; i++)
		if (span_eq(m->accounts[i].name, name))
			return &m->accounts[i];
	return NULL;
}

bool manifest_is_damaged(const struct manifest *m, uint64_t id)
{
	size_t low = 0, high = m->damaged_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (m->damaged[mid] < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < m->damaged_count && m->damaged[low] == id;
}

// --- text ---

static void add_hex(struct buf *b, struct span s)
{
	buf_add_hex(b, s);
	if (s.n == 0)
		buf_addc(b, '.');
}

static void add_ref(struct buf *b, const struct pack_ref *r)
{
	buf_addf(b, " %" PRIu64 " %" PRIu64 " %" PRIu64 " ", r->pack, r->offset, r->size);
	add_hex(b, span_of(r->hash, PACK_HASH));
	buf_addc(b, '\n');
}

static const char *const scopes[] = { "full", "account", "mailbox" };

void manifest_print(const struct manifest *m, struct buf *to)
{
	buf_add(to, SPAN(TITLE));
	buf_addf(to, "backup %" PRIu64 " ", m->number);
	add_hex(to, span_of(m->token, MANIFEST_TOKEN));
	buf_addf(to, " %" PRIu64 " %s %s\n", (uint64_t)m->time, scopes[m->scope],
		m->final ? "final" : "kept");
	for (size_t i = 0; i < m->account_count; i++) {
		const struct manifest_account *a = &m->accounts[i];
		buf_add(to, SPAN("account "));
		add_hex(to, a->name);
		buf_addf(to, " %" PRIu64 " %" PRIu64 "\n", a->partition, a->messages);
		for (size_t k = a->page; k < a->page + a->pages; k++) {
			buf_add(to, SPAN("page "));
			add_hex(to, m->pages[k].first);
			add_ref(to, &m->pages[k].ref);
		}
	}
	for (size_t i = 0; i < m->catalog_count; i++) {
		buf_addf(to, "catalog %" PRIu64, m->catalogs[i].index);
		add_ref(to, &m->catalogs[i].ref);
	}
	for (size_t i = 0; i < m->damaged_count; i++)
		buf_addf(to, "damaged %" PRIu64 "\n", m->damaged[i]);
	for (size_t i = 0; i < m->packs.n; i++) {
		const struct pack *p = &m->packs.v[i];
		buf_addf(to, "pack %" PRIu64 " %" PRIu64 " ", p->number, p->size);
		add_hex(to, span_of(p->hash, PACK_HASH));
		buf_addc(to, '\n');
	}
	uint8_t hash[PACK_HASH];
	pack_hash(buf_span(to), hash);
	buf_add(to, SPAN("end "));
	add_hex(to, span_of(hash, PACK_HASH));
	buf_addc(to, '\n');
}

// The words of a line, with a sticky error.
struct line {
	struct span rest; // absent: at its end
	bool bad;
};

static struct span next_word(struct line *l)
{
	struct span w = SPAN("");
	if (l->rest.p)
		l->rest = span_split(l->rest, ' ', &w);
	else
		l->bad = true;
	return w;
}

static uint64_t next_number(struct line *l)
{
	uint64_t v = 0;
	if (!span_to_u64(next_word(l), UINT64_MAX, &v))
		l->bad = true;
	return v;
}

// At most `max` octets; how many there were.
static size_t next_hex(struct line *l, char *to, size_t max)
{
	struct span w = next_word(l);
	if (span_eq(w, SPAN(".")))
		return 0;
	size_t n = 0;
	if (w.n == 0 || !span_from_hex(w, to, max, &n))
		l->bad = true;
	return n;
}

static void next_hash(struct line *l, uint8_t hash[PACK_HASH])
{
	if (next_hex(l, (char *)hash, PACK_HASH) != PACK_HASH)
		l->bad = true;
}

static struct pack_ref next_ref(struct line *l)
{
	struct pack_ref r = { 0 };
	r.pack = next_number(l);
	r.offset = next_number(l);
	r.size = next_number(l);
	next_hash(l, r.hash);
	return r;
}

static int parse_backup(struct line *l, struct manifest *m)
{
	m->number = next_number(l);
	if (next_hex(l, (char *)m->token, MANIFEST_TOKEN) != MANIFEST_TOKEN)
		l->bad = true;
	m->time = (int64_t)next_number(l);
	struct span scope = next_word(l), kept = next_word(l);
	size_t i = 0;
	while (i < 3 && !span_eq(scope, span_str(scopes[i])))
		i++;
	l->bad = l->bad || i == 3;
	m->scope = (enum manifest_scope)(i % 3);
	m->final = span_eq(kept, SPAN("final"));
	return 0;
}

static int parse_line(struct op *op, struct line *l, struct manifest *m)
{
	char key[KEY_MAX];
	struct span kind = next_word(l);
	if (span_eq(kind, SPAN("backup")))
		return parse_backup(l, m);
	if (span_eq(kind, SPAN("account"))) {
		size_t n = next_hex(l, key, sizeof key);
		uint64_t partition = next_number(l), messages = next_number(l);
		int rc = manifest_add_account(op, m, span_of(key, n), partition);
		if (rc == 0)
			m->accounts[m->account_count - 1].messages = messages;
		return rc;
	}
	if (span_eq(kind, SPAN("page")) && m->account_count) {
		size_t n = next_hex(l, key, sizeof key);
		struct pack_ref ref = next_ref(l);
		return manifest_add_page(op, m, span_of(key, n), &ref);
	}
	if (span_eq(kind, SPAN("catalog"))) {
		uint64_t index = next_number(l);
		struct pack_ref ref = next_ref(l);
		return manifest_add_catalog(op, m, index, &ref);
	}
	if (span_eq(kind, SPAN("damaged")))
		return manifest_add_damaged(op, m, next_number(l));
	if (span_eq(kind, SPAN("pack"))) {
		struct pack p = { 0 };
		p.number = next_number(l);
		p.size = next_number(l);
		next_hash(l, p.hash);
		return packs_add(op, &m->packs, &p);
	}
	l->bad = true;
	return 0;
}

// Pages in the order of their keys, catalogs and damaged blobs ascending: so that they can be looked up.
static bool in_order(const struct manifest *m)
{
	for (size_t i = 0; i < m->account_count; i++) {
		const struct manifest_account *a = &m->accounts[i];
		for (size_t k = a->page + 1; k < a->page + a->pages; k++)
			if (span_cmp(m->pages[k - 1].first, m->pages[k].first) >= 0)
				return false;
	}
	for (size_t i = 1; i < m->catalog_count; i++)
		if (m->catalogs[i - 1].index >= m->catalogs[i].index)
			return false;
	for (size_t i = 1; i < m->damaged_count; i++)
		if (m->damaged[i - 1] >= m->damaged[i])
			return false;
	return true;
}

static bool hash_is(struct span text, struct span end)
{
	uint8_t hash[PACK_HASH], said[PACK_HASH];
	struct line l = { .rest = span_skip(end, 4) };
	next_hash(&l, said);
	pack_hash(text, hash);
	return span_starts(end, SPAN("end ")) && !l.bad && !l.rest.p &&
		memcmp(hash, said, PACK_HASH) == 0;
}

int manifest_parse(struct op *op, struct span text, struct manifest *m)
{
	struct span title = SPAN(TITLE), body = text;
	manifest_init(m);
	if (!span_starts(text, title))
		return op_fail(op,
			span_starts(text, SPAN("starling-backup-manifest ")) ? RC_VERSION
									     : RC_CORRUPT,
			"no manifest of a known version");
	// The last line: 4 + 64 octets and the line's end.
	size_t last = 4 + 2 * PACK_HASH + 1;
	if (text.n < title.n + last || text.p[text.n - 1] != '\n' ||
		!hash_is(span_cut(text, 0, text.n - last),
			span_cut(text, text.n - last, text.n - 1)))
		return op_fail(op, RC_CORRUPT, "the manifest is damaged or cut off");
	body = span_cut(text, title.n, text.n - last);
	int rc = 0;
	while (rc == 0 && body.n) {
		struct line l = { 0 };
		body = span_split(body, '\n', &l.rest);
		rc = parse_line(op, &l, m);
		if (rc == 0 && (l.bad || l.rest.p))
			rc = op_fail(op, RC_CORRUPT, "a line of the manifest makes no sense");
	}
	if (rc == 0 && !in_order(m))
		rc = op_fail(op, RC_CORRUPT, "the manifest is out of order");
	if (rc < 0)
		manifest_done(m);
	return rc;
}

// --- files ---

void manifest_name(uint64_t number, char to[MANIFEST_NAME])
{
	(void)snprintf(to, MANIFEST_NAME, "backups/%08" PRIu64 ".manifest", number);
}

int manifest_write(struct op *op, const struct backup_folder *f, const struct manifest *m)
{
	char name[MANIFEST_NAME];
	struct buf text = { 0 };
	manifest_print(m, &text);
	manifest_name(m->number, name);
	int rc = text.failed ? op_fail(op, RC_NOMEM, "out of memory")
			     : backup_file_put(op, f, name, buf_span(&text));
	buf_done(&text);
	return rc;
}

int manifest_read(struct op *op, const struct backup_folder *f, uint64_t number, struct manifest *m)
{
	char name[MANIFEST_NAME];
	struct buf text = { 0 };
	manifest_name(number, name);
	int rc = backup_file_get(op, f, name, MANIFEST_MAX, &text);
	if (rc == 0)
		rc = manifest_parse(op, buf_span(&text), m);
	if (rc == 0 && m->number != number) {
		manifest_done(m);
		rc = op_fail(op, RC_CORRUPT, "the manifest has another number");
	}
	buf_done(&text);
	return rc;
}

struct listing {
	uint64_t *v;
	size_t n, cap;
};

static int list_one(struct op *op, void *ctx, const char *name)
{
	struct listing *l = ctx;
	struct span s = span_str(name), head;
	uint64_t number;
	struct span rest = span_split(s, '.', &head);
	if (!span_eq(rest, SPAN("manifest")) || !span_to_u64(head, UINT64_MAX, &number))
		return 0; // one that is being written, or not ours
	uint64_t *v = grow(op, l->v, l->n, &l->cap, sizeof *l->v);
	if (!v)
		return RC_NOMEM;
	l->v = v;
	v[l->n++] = number;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return (x > y) - (x < y);
}

int manifest_list(
	struct op *op, const struct backup_folder *f, uint64_t **ret_numbers, size_t *ret_count)
{
	struct listing l = { 0 };
	int rc = backup_names(op, f, "backups", list_one, &l);
	uint64_t *v = rc == 0 ? arena_array(&op->arena, l.n + 1, sizeof *v) : NULL;
	if (rc == 0 && !v)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0) {
		if (l.n)
			memcpy(v, l.v, l.n * sizeof *v);
		qsort(v, l.n, sizeof *v, by_number);
		*ret_numbers = v;
		*ret_count = l.n;
	}
	free(l.v);
	return rc;
}
