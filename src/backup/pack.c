// SPDX-License-Identifier: Apache-2.0
#include "backup/pack.h"

#include "base/crc32c.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD 32u
#define MAGIC "SBO1"

// --- lists of packs ---

static size_t packs_place(const struct packs *list, uint64_t number)
{
	size_t low = 0, high = list->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (list->v[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct pack *packs_find(const struct packs *list, uint64_t number)
{
	size_t i = packs_place(list, number);
	return i < list->n && list->v[i].number == number ? &list->v[i] : NULL;
}

static int packs_insert(struct op *op, struct packs *list, size_t i, const struct pack *p)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 64;
		struct pack *v = realloc(list->v, cap * sizeof *v);
		if (!v)
			return op_fail(op, RC_NOMEM, "out of memory");
		list->v = v;
		list->cap = cap;
	}
	memmove(&list->v[i + 1], &list->v[i], (list->n - i) * sizeof *list->v);
	list->v[i] = *p;
	list->n++;
	return 0;
}

bool packs_have(const struct packs *list, const struct pack *p)
{
	for (size_t i = packs_place(list, p->number); i < list->n && list->v[i].number == p->number;
		i++)
		if (memcmp(list->v[i].hash, p->hash, PACK_HASH) == 0)
			return true;
	return false;
}

int packs_gather(struct op *op, struct packs *list, const struct pack *p)
{
	return packs_have(list, p) ? 0 : packs_insert(op, list, packs_place(list, p->number), p);
}

int packs_add(struct op *op, struct packs *list, const struct pack *p)
{
	size_t i = packs_place(list, p->number);
	if (i < list->n && list->v[i].number == p->number)
		return memcmp(list->v[i].hash, p->hash, PACK_HASH) == 0
			? 0
			: op_fail(op, RC_CORRUPT,
				  "two packs of backups have the number %016" PRIx64, p->number);
	return packs_insert(op, list, i, p);
}

size_t packs_drop_missing(const struct backup_folder *f, struct packs *list)
{
	size_t kept = 0, all = list->n;
	for (size_t i = 0; i < all; i++) {
		char name[PACK_NAME];
		struct stat st;
		pack_name(&list->v[i], name);
		if (fstatat(f->fd, name, &st, 0) == 0 && S_ISREG(st.st_mode) &&
			(uint64_t)st.st_size == list->v[i].size)
			list->v[kept++] = list->v[i];
	}
	list->n = kept;
	return all - kept;
}

void packs_done(struct packs *list)
{
	free(list->v);
	*list = (struct packs){ 0 };
}

void pack_name(const struct pack *p, char to[PACK_NAME])
{
	uint64_t head = 0;
	for (size_t i = 0; i < 8; i++)
		head = head << 8 | p->hash[i];
	(void)snprintf(to, PACK_NAME, "packs/%016" PRIx64 "-%016" PRIx64 ".pack", p->number, head);
}

bool pack_name_parse(const char *name, uint64_t *ret_number)
{
	struct span s = span_str(name);
	uint64_t number;
	size_t n;
	if (s.n < 17 || s.p[16] != '-' ||
		!span_from_hex(span_cut(s, 0, 16), (char *)&number, sizeof number, &n))
		return false;
	*ret_number = __builtin_bswap64(number); // written high digits first
	return true;
}

bool packs_name(const struct packs *list, const char *name)
{
	char other[PACK_NAME];
	uint64_t number;
	if (!pack_name_parse(name, &number))
		return false;
	for (size_t i = packs_place(list, number); i < list->n && list->v[i].number == number;
		i++) {
		pack_name(&list->v[i], other);
		if (strcmp(other + sizeof "packs/" - 1, name) == 0)
			return true;
	}
	return false;
}

void pack_hash(struct span bytes, uint8_t to[PACK_HASH])
{
	(void)crypto_generichash(
		to, PACK_HASH, (const uint8_t *)bytes.p, bytes.n, NULL, 0); // cannot fail: sizes
}

static void hash_begin(crypto_generichash_state *h)
{
	(void)crypto_generichash_init(h, NULL, 0, PACK_HASH); // as above
}

static void hash_add(crypto_generichash_state *h, struct span s)
{
	(void)crypto_generichash_update(h, (const uint8_t *)s.p, s.n);
}

static void hash_end(crypto_generichash_state *h, uint8_t to[PACK_HASH])
{
	(void)crypto_generichash_final(h, to, PACK_HASH);
}

// --- writing ---

void pack_writer_init(struct pack_writer *w, const struct backup_folder *f, uint64_t first)
{
	*w = (struct pack_writer){ .folder = f, .next = first, .fd = -1 };
}

static void temporary_name(const struct pack_writer *w, char to[PACK_NAME])
{
	(void)snprintf(to, PACK_NAME, "packs/%016" PRIx64 "-.new", w->number);
}

static int out_flush(struct op *op, struct pack_writer *w)
{
	struct span s = buf_span(&w->out);
	if (w->out.failed)
		return op_fail(op, RC_NOMEM, "out of memory");
	while (s.n) {
		ssize_t n = write(w->fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return op_fail_errno(op, errno == ENOSPC ? RC_NOSPACE : RC_IO, errno,
				"cannot write a pack");
		s = span_skip(s, (size_t)n);
	}
	buf_shrink(&w->out, 4 * PACK_PIECE);
	return 0;
}

static int out_add(struct op *op, struct pack_writer *w, struct span s)
{
	hash_add(&w->all, s);
	buf_add(&w->out, s);
	w->size += s.n;
	return w->out.n >= PACK_PIECE ? out_flush(op, w) : 0;
}

static int pack_open(struct op *op, struct pack_writer *w)
{
	char name[PACK_NAME];
	w->number = w->next++;
	w->size = 0;
	hash_begin(&w->all);
	temporary_name(w, name);
	w->fd = openat(w->folder->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return w->fd < 0 ? op_fail_errno(op, RC_IO, errno, "cannot write %s", name) : 0;
}

static int pack_close(struct op *op, struct pack_writer *w)
{
	char temporary[PACK_NAME], name[PACK_NAME];
	struct pack p = { .number = w->number, .size = w->size };
	int rc = out_flush(op, w);
	if (rc == 0 && fsync(w->fd) != 0)
		rc = op_fail_errno(op, RC_IO, errno, "cannot sync a pack");
	if (rc < 0)
		return rc;
	close(w->fd);
	w->fd = -1;
	hash_end(&w->all, p.hash);
	temporary_name(w, temporary);
	pack_name(&p, name);
	rc = backup_file_name(op, w->folder, temporary, name);
	if (rc == 0)
		rc = packs_add(op, &w->done, &p);
	w->written += w->size;
	return rc;
}

int pack_begin(
	struct op *op, struct pack_writer *w, enum pack_kind kind, uint64_t id, uint64_t size)
{
	int rc = w->fd < 0 ? pack_open(op, w) : 0;
	if (rc < 0)
		return rc;
	char head[HEAD] = MAGIC;
	head[4] = (char)kind;
	store_u64(head + 8, id);
	store_u64(head + 16, size);
	store_u32(head + 24, crc32c(0, span_of(head, 24)));
	w->object = w->size;
	w->left = size;
	w->all_before = w->all;
	hash_begin(&w->one);
	return out_add(op, w, span_of(head, HEAD));
}

int pack_data(struct op *op, struct pack_writer *w, struct span bytes)
{
	if (bytes.n > w->left)
		return op_fail(op, RC_CORRUPT, "an object is longer than it said");
	w->left -= bytes.n;
	hash_add(&w->one, bytes);
	return out_add(op, w, bytes);
}

int pack_end(struct op *op, struct pack_writer *w, struct pack_ref *ret_ref)
{
	if (w->left)
		return op_fail(op, RC_CORRUPT, "an object is shorter than it said");
	*ret_ref = (struct pack_ref){
		.pack = w->number, .offset = w->object, .size = w->size - w->object - HEAD
	};
	hash_end(&w->one, ret_ref->hash);
	int rc = out_add(op, w, span_of(ret_ref->hash, PACK_HASH));
	return rc == 0 && w->size >= PACK_BYTES ? pack_close(op, w) : rc;
}

int pack_drop(struct op *op, struct pack_writer *w)
{
	int rc = out_flush(op, w);
	if (rc == 0 &&
		(ftruncate(w->fd, (off_t)w->object) != 0 ||
			lseek(w->fd, (off_t)w->object, SEEK_SET) < 0))
		rc = op_fail_errno(op, RC_IO, errno, "cannot cut a pack");
	w->size = w->object;
	w->all = w->all_before;
	return rc;
}

int pack_put(struct op *op, struct pack_writer *w, enum pack_kind kind, uint64_t id,
	struct span bytes, struct pack_ref *ret_ref)
{
	int rc = pack_begin(op, w, kind, id, bytes.n);
	if (rc == 0)
		rc = pack_data(op, w, bytes);
	return rc < 0 ? rc : pack_end(op, w, ret_ref);
}

int pack_writer_finish(struct op *op, struct pack_writer *w)
{
	return w->fd < 0 ? 0 : pack_close(op, w);
}

void pack_writer_done(struct pack_writer *w)
{
	char name[PACK_NAME];
	if (w->fd >= 0) {
		close(w->fd);
		temporary_name(w, name);
		(void)unlinkat(w->folder->fd, name, 0); // left over at worst
	}
	buf_done(&w->out);
	packs_done(&w->done);
	w->fd = -1;
}

// --- reading ---

void pack_reader_init(
	struct pack_reader *r, const struct backup_folder *f, const struct packs *packs)
{
	*r = (struct pack_reader){ .folder = f, .packs = packs, .fd = -1 };
}

void pack_reader_done(struct pack_reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	buf_done(&r->piece);
}

static int reader_open(struct op *op, struct pack_reader *r, uint64_t number)
{
	char name[PACK_NAME];
	if (r->fd >= 0 && r->number == number)
		return 0;
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	const struct pack *p = packs_find(r->packs, number);
	if (!p)
		return op_fail(op, RC_CORRUPT, "pack %016" PRIx64 " is not of this backup", number);
	pack_name(p, name);
	r->fd = openat(r->folder->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (r->fd < 0)
		return errno == ENOENT ? op_fail(op, RC_NONEXISTENT, "%s is missing", name)
				       : op_fail_errno(op, RC_IO, errno, "cannot read %s", name);
	r->number = number;
	return 0;
}

static int read_at(struct op *op, struct pack_reader *r, char *to, size_t n, uint64_t offset)
{
	while (n) {
		ssize_t got = pread(r->fd, to, n, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return op_fail_errno(
				op, RC_IO, errno, "cannot read pack %016" PRIx64, r->number);
		if (got == 0)
			return op_fail(op, RC_CORRUPT, "pack %016" PRIx64 " is cut off", r->number);
		to += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
	}
	return 0;
}

static int head_read(struct op *op, struct pack_reader *r, const struct pack_ref *ref)
{
	char head[HEAD];
	int rc = reader_open(op, r, ref->pack);
	if (rc == 0 && (ref->offset > INT64_MAX / 2 || ref->size > INT64_MAX / 2))
		rc = op_fail(op, RC_CORRUPT, "a place beyond all packs");
	if (rc == 0)
		rc = read_at(op, r, head, HEAD, ref->offset);
	if (rc == 0 &&
		(memcmp(head, MAGIC, 4) != 0 || load_u64(head + 16) != ref->size ||
			load_u32(head + 24) != crc32c(0, span_of(head, 24))))
		rc = op_fail(op, RC_CORRUPT,
			"pack %016" PRIx64 " is damaged: no object at %" PRIu64, ref->pack,
			ref->offset);
	return rc;
}

int pack_read(struct op *op, struct pack_reader *r, const struct pack_ref *ref,
	int (*each)(struct op *op, void *ctx, struct span piece), void *ctx)
{
	crypto_generichash_state h;
	uint8_t hash[PACK_HASH];
	int rc = head_read(op, r, ref);
	buf_reset(&r->piece);
	char *piece = rc == 0 ? buf_room(&r->piece, PACK_PIECE) : NULL;
	if (rc == 0 && !piece)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	hash_begin(&h);
	for (uint64_t at = 0; rc == 0 && at < ref->size;) {
		size_t n = ref->size - at < PACK_PIECE ? (size_t)(ref->size - at) : PACK_PIECE;
		rc = read_at(op, r, piece, n, ref->offset + HEAD + at);
		hash_add(&h, span_of(piece, rc == 0 ? n : 0));
		if (rc == 0)
			rc = each(op, ctx, span_of(piece, n));
		at += n;
	}
	if (rc)
		return rc;
	hash_end(&h, hash);
	return memcmp(hash, ref->hash, PACK_HASH) == 0
		? 0
		: op_fail(op, RC_CORRUPT,
			  "pack %016" PRIx64 " is damaged: the object at %" PRIu64
			  " is not what it was",
			  ref->pack, ref->offset);
}

static int add_piece(struct op *op, void *ctx, struct span piece)
{
	struct buf *to = ctx;
	buf_add(to, piece);
	return to->failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

int pack_read_whole(struct op *op, struct pack_reader *r, const struct pack_ref *ref, uint64_t max,
	struct buf *to)
{
	buf_reset(to);
	if (ref->size > max)
		return op_fail(op, RC_TOOBIG, "an object of %" PRIu64 " octets", ref->size);
	return pack_read(op, r, ref, add_piece, to);
}

int pack_verify(struct op *op, const struct backup_folder *f, const struct pack *p)
{
	struct packs one = { 0 };
	struct pack_reader r;
	struct stat st;
	crypto_generichash_state h;
	uint8_t hash[PACK_HASH];
	int rc = packs_add(op, &one, p);
	pack_reader_init(&r, f, &one);
	if (rc == 0)
		rc = reader_open(op, &r, p->number);
	if (rc == 0 && (fstat(r.fd, &st) != 0 || (uint64_t)st.st_size != p->size))
		rc = op_fail(op, RC_CORRUPT, "pack %016" PRIx64 " has not its size", p->number);
	char *piece = rc == 0 ? buf_room(&r.piece, PACK_PIECE) : NULL;
	if (rc == 0 && !piece)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	hash_begin(&h);
	for (uint64_t at = 0; rc == 0 && at < p->size; at += PACK_PIECE) {
		size_t n = p->size - at < PACK_PIECE ? (size_t)(p->size - at) : PACK_PIECE;
		rc = read_at(op, &r, piece, n, at);
		if (rc == 0)
			hash_add(&h, span_of(piece, n));
	}
	hash_end(&h, hash);
	if (rc == 0 && memcmp(hash, p->hash, PACK_HASH) != 0)
		rc = op_fail(op, RC_CORRUPT, "pack %016" PRIx64 " is damaged", p->number);
	pack_reader_done(&r);
	packs_done(&one);
	return rc;
}
