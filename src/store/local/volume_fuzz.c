// SPDX-License-Identifier: Apache-2.0
// A whole volume whose log is damaged (seed_testing.h) is opened, read, checked, changed, opened again, and its index made again. Whatever the octets,
// nothing crashes or hangs. Without forged checksums nothing is made up either: each batch is there wholly or not at all, each
// message is whole or refused, and the check finds what is damaged.
//
// The first octet: how it is opened. 1: without its index; 2: read-only, as beside a server; 4: rebuilt at once; 8: DIR/volume is damaged, too; and
// what is done then, 16: a change, and it is opened again; 32: its index is made again.
#include "base/log.h"
#include "store/local/seed_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NO_INDEX = 1, READ_ONLY = 2, REBUILD = 4, BAD_VOLUME = 8, CHANGE = 16, REBUILD_LAST = 32 };

struct volume {
	struct op op;
	const struct seed *v;
	struct store_config config;
	struct store *s;
	char *log; // as it was damaged
	bool forged, changed;
	size_t findings;
};

static void file_put(const char *dir, const struct seed_file *f, struct span bytes, off_t size)
{
	char path[200];
	(void)snprintf(path, sizeof path, "%s/%s", dir, f->name); // fits
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	must(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
	must(ftruncate(fd, size) == 0 && close(fd) == 0);
}

static void volume_put(struct volume *w, unsigned mode)
{
	static const char *const folders[] = { "", "/log", "/index" };
	char path[100], octet = 'x';
	seed_clear(w->v->dir);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof path, "%s%s", w->v->dir, folders[i]);
		must(mkdir(path, 0700) == 0);
	}
	for (size_t i = 0; i < w->v->count; i++) {
		const struct seed_file *f = &w->v->file[i];
		struct span bytes = span_of(f->bytes, f->n);
		if (f == w->v->log)
			file_put(w->v->dir, f, span_of(w->log, f->n), SEGMENT_MIN);
		else if (strncmp(f->name, "index/", 6) != 0 || !(mode & NO_INDEX))
			file_put(w->v->dir, f, bytes, (off_t)f->n);
	}
	if (mode & BAD_VOLUME) {
		(void)snprintf(path, sizeof path, "%s/volume", w->v->dir);
		int fd = open(path, O_WRONLY | O_CLOEXEC);
		must(fd >= 0 && pwrite(fd, &octet, 1, 20) == 1 && close(fd) == 0);
	}
}

static void found(void *ctx, const struct store_finding *f)
{
	struct volume *w = ctx;
	must(f->text && f->text[0]);
	w->findings++;
}

// Damage in a frame that counts must be found. Fillings between frames have no checksum: nothing reads them.
static void check_found(struct volume *w)
{
	const struct local *l = local_of(w->s);
	uint64_t visible = atomic_load(&l->log.visible), frames;
	struct frame f;
	bool damaged = false;
	w->findings = 0;
	int rc = store_check(&w->op, w->s, found, w, &frames);
	if (rc < 0 || w->forged)
		return;
	for (uint32_t at = SEGMENT_HEADER; at < w->v->log->n && pos_of(1, at) < visible;
		at += frame_size(f.length)) {
		must(frame_decode(w->v->log->bytes + at, w->v->nonce_seed, &f));
		damaged |= memcmp(w->log + at, w->v->log->bytes + at, FRAME_HEADER + f.length) != 0;
	}
	must(!damaged || w->changed || w->findings > 0);
}

static void read_keys(struct volume *w, size_t *ret_version)
{
	size_t version = SIZE_MAX;
	for (size_t i = 0; i < SEED_KEYS; i++) {
		char key = (char)('a' + i), room[40];
		struct span value;
		int rc = store_get(&w->op, w->s, NULL, SEED_PARTITION, span_of(&key, 1), &value);
		must(rc <= STORE_ABSENT);
		size_t is = SIZE_MAX;
		for (size_t k = 0; rc == 0 && k < 5; k++)
			is = span_eq(value, seed_value(i, k, room)) ? k : is;
		must(w->forged || rc != 0 || is != SIZE_MAX);         // nothing made up
		must(w->forged || rc < 0 || i == 0 || is == version); // all or nothing
		version = is;
	}
	*ret_version = version;
}

static void read_blob(struct volume *w, size_t i)
{
	struct blob b;
	struct span octets = seed_octets(i), piece;
	int rc = blob_open(&w->op, w->s, w->v->blob[i], &b);
	if (rc < 0)
		return;
	must(rc == 0 && (w->forged || b.size == octets.n));
	must(w->forged || span_eq(b.card, SPAN("the card")) ||
		(i == 1 && span_eq(b.card, SPAN("another card"))));
	for (uint64_t at = 0; at < b.size; at += piece.n) {
		if (blob_piece(&w->op, &b, at, 100000, &piece) < 0)
			break;
		must(piece.n > 0 && piece.n <= b.size - at);
		must(w->forged || memcmp(piece.p, octets.p + at, piece.n) == 0);
	}
	blob_close(&b);
}

static void read_all(struct volume *w, size_t *ret_version)
{
	struct store_cursor *c;
	struct span key, value;
	size_t n = 0;
	read_keys(w, ret_version);
	for (size_t i = 0; i < SEED_BLOBS; i++)
		read_blob(w, i);
	if (store_cursor_open(&w->op, w->s, NULL, SEED_PARTITION, SPAN(""), SPAN_NONE, &c) == 0) {
		while (store_cursor_next(&w->op, c, &key, &value) == 0)
			n++;
		store_cursor_close(c);
	}
	must(w->forged || n <= SEED_KEYS);
	check_found(w);
}

// A change that was answered is there after the next open, and so is all that was there before.
static void change(struct volume *w)
{
	struct store_batch b;
	struct store_ticket t;
	size_t version;
	char room[40];
	batch_init(&b, SEED_PARTITION);
	for (size_t i = 0; i < SEED_KEYS; i++) {
		char key = (char)('a' + i);
		batch_put(&b, span_of(&key, 1), seed_value(i, 4, room));
	}
	int rc = store_submit(&w->op, w->s, &b, &t);
	if (rc == 0)
		rc = store_wait(&w->op, w->s, t);
	batch_done(&b);
	store_close(w->s);
	w->s = NULL;
	w->changed = true;
	int again = store_open(&w->op, &w->config, &w->s);
	must(rc != 0 || again == 0 || w->forged);
	if (again == 0)
		read_all(w, &version);
	must(rc != 0 || version == 4 || w->forged);
}

static void use(struct volume *w, unsigned mode)
{
	size_t version;
	const char *aside;
	int rc = mode & REBUILD && !(mode & READ_ONLY)
		? store_rebuild(&w->op, &w->config, &w->s, &aside)
		: store_open(&w->op, &w->config, &w->s);
	must(rc <= 0);
	if (rc == 0) {
		read_all(w, &version);
		if (mode & CHANGE && !(mode & READ_ONLY))
			change(w);
	}
	store_close(w->s);
	w->s = NULL;
	if (mode & READ_ONLY || !(mode & REBUILD_LAST))
		return;
	rc = store_rebuild(&w->op, &w->config, &w->s, &aside);
	must(rc <= 0);
	if (rc == 0)
		read_all(w, &version);
	store_close(w->s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct volume w = { .v = seed_make() };
	struct reader in = reader_of(span_of(data, size));
	unsigned mode = reader_u8(&in);
	log_level_set(LOG_ERROR_ + 1);
	op_init(&w.op, 0);
	w.config = seed_config(w.v->dir);
	w.config.read_only = mode & READ_ONLY;
	w.log = malloc(w.v->log->n);
	must(w.log);
	memcpy(w.log, w.v->log->bytes, w.v->log->n);
	seed_damage(w.v, w.log, w.v->log->n, &in, &w.forged);
	volume_put(&w, mode);
	use(&w, mode);
	seed_clear(w.v->dir);
	free(w.log);
	op_done(&w.op);
	return 0;
}
