// SPDX-License-Identifier: Apache-2.0
// Starling: for frame_fuzz.c and volume_fuzz.c: a small volume that has some of everything, as octets of its files, and how octets of a log are damaged.
// Its index is older than its log, as after a crash: what came later is replayed.
#ifndef STORE_LOCAL_SEED_TESTING_H
#define STORE_LOCAL_SEED_TESTING_H

#include "base/crc32c.h"
#include "base/must.h"
#include "store/local/local_priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEED_FILES 32u
#define SEED_KEYS 12u
#define SEED_BLOBS 6u
#define SEED_PARTITION 3u

struct seed_file {
	char name[80]; // below the volume's folder
	char *bytes;
	size_t n;
};
struct seed {
	char dir[64];
	struct seed_file file[SEED_FILES];
	size_t count;
	struct seed_file *log;            // of the only segment, up to where its frames end
	struct blob_ref blob[SEED_BLOBS]; // blob i: seed_octets(i)
	uint32_t nonce_seed;
};

static inline int seed_remove(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static inline void seed_clear(const char *dir)
{
	(void)nftw(dir, seed_remove, 16, FTW_DEPTH | FTW_PHYS); // it may not be there
}

static inline struct span seed_octets(size_t i)
{
	static char room[300000];
	size_t n = i == 3 ? sizeof room : 50 + i * 700; // one has an extent
	for (size_t k = 0; k < n; k++)
		room[k] = (char)(k * 7 + i * 31 + (k >> 8));
	return span_of(room, n);
}

// Values of a key: "key I, value V" for each V up to the newest.
static inline struct span seed_value(size_t i, size_t v, char room[40])
{
	return span_of(room, (size_t)snprintf(room, 40, "key %zu, value %zu", i, v));
}

static inline struct store_config seed_config(const char *dir)
{
	return (struct store_config){ .engine = "local",
		.dir = dir,
		.segment_bytes = SEGMENT_MIN,
		.reserve_bytes = 1u << 20,
		.cache_bytes = 1u << 20,
		.grace_ms = 1 };
}

static inline void seed_put(struct op *op, struct store *s, size_t version)
{
	struct store_batch b;
	struct store_ticket t;
	char room[40], key;
	batch_init(&b, SEED_PARTITION);
	for (size_t i = 0; i < SEED_KEYS; i++) {
		key = (char)('a' + i);
		batch_put(&b, span_of(&key, 1), seed_value(i, version, room));
	}
	batch_delete_range(&b, SPAN("x"), SPAN("y"));
	must(store_submit(op, s, &b, &t) == 0 && store_wait(op, s, t) == 0);
	batch_done(&b);
}

static inline void seed_blob(struct op *op, struct seed *v, struct store *s, size_t i)
{
	struct blob_writer *w;
	struct blob_owner owner = { .partition = SEED_PARTITION, .uid = (uint32_t)i };
	must(blob_begin(op, s, &w) == 0 && blob_write(op, w, seed_octets(i)) == 0);
	must(blob_finish(op, w, &owner, SPAN("the card"), &v->blob[i]) == 0);
}

static inline void seed_read(struct seed *v, const char *sub)
{
	char path[200];
	(void)snprintf(path, sizeof path, "%s/%s", v->dir, sub); // fits, here and below
	DIR *d = opendir(path);
	must(d);
	const struct dirent *e;
	while ((e = readdir(d))) {
		struct seed_file *f = &v->file[v->count];
		(void)snprintf(path, sizeof path, "%s/%s/%.40s", v->dir, sub, e->d_name);
		struct stat st;
		if (stat(path, &st) || !S_ISREG(st.st_mode) || strncmp(e->d_name, "LOG", 3) == 0 ||
			strcmp(e->d_name, "LOCK") == 0 || strcmp(e->d_name, "spare") == 0 ||
			strcmp(e->d_name, "reserve") == 0 || strcmp(e->d_name, "lock") == 0)
			continue;
		must(v->count < SEED_FILES);
		(void)snprintf(f->name, sizeof f->name, "%s/%.40s", sub, e->d_name);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		f->n = (size_t)st.st_size;
		f->bytes = malloc(f->n + 1);
		must(fd >= 0 && f->bytes && read(fd, f->bytes, f->n) == st.st_size);
		(void)close(fd); // only read
		v->count++;
	}
	(void)closedir(d); // likewise
}

// Where the frames of the log end; and its seed.
static inline uint32_t seed_end(struct seed *v, const char *log)
{
	struct segment_header h;
	struct frame f;
	uint32_t at = SEGMENT_HEADER;
	must(segment_header_decode(log, &h) == 0);
	v->nonce_seed = segment_seed(h.nonce);
	while (frame_decode(log + at, v->nonce_seed, &f))
		at += frame_size(f.length);
	return at;
}

static inline char *seed_dir(void)
{
	static char dir[64];
	return dir;
}

static inline void seed_leave(void)
{
	seed_clear(seed_dir());
}

static inline const struct seed *seed_make(void)
{
	static struct seed v;
	struct op op;
	struct store *s;
	struct store_config config = seed_config(v.dir);
	if (v.count)
		return &v;
	op_init(&op, 0);
	(void)snprintf(v.dir, sizeof v.dir, "%s/starling-fuzz-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(v.dir) && store_open(&op, &config, &s) == 0);
	memcpy(seed_dir(), v.dir, sizeof v.dir);
	must(atexit(seed_leave) == 0);
	seed_put(&op, s, 0);
	for (size_t i = 0; i < 3; i++)
		seed_blob(&op, &v, s, i);
	seed_put(&op, s, 1);
	must(store_checkpoint(&op, s) == 0);
	store_close(s);
	seed_read(&v, "index");
	must(store_open(&op, &config, &s) == 0);
	for (size_t i = 3; i < SEED_BLOBS; i++)
		seed_blob(&op, &v, s, i);
	seed_put(&op, s, 2);
	must(blob_new_card(&op, s, v.blob[1], SPAN("another card"), &v.blob[1]) == 0);
	seed_put(&op, s, 3);
	seed_read(&v, "log");
	v.log = &v.file[v.count - 1];
	must(strcmp(v.log->name, "log/00000001.log") == 0);
	v.log->n = seed_end(&v, v.log->bytes);
	seed_read(&v, ".");
	store_close(s);
	op_done(&op);
	seed_clear(v.dir);
	return &v;
}

// --- damage: of a log's octets, in place ---

// The checksums of the frame at `at` are made right for what is there now: damage by somebody who knows how.
static inline void seed_forge(const struct seed *v, char *log, size_t n, uint32_t at)
{
	uint32_t length = load_u32(log + at + 4), first = load_u32(log + at + 20);
	char *payload = log + at + FRAME_HEADER;
	if (length <= PAYLOAD_MAX && first <= length && at + (uint64_t)frame_size(length) <= n) {
		store_u32(log + at + 24, crc32c(0, span_of(payload, first)));
		store_u32(log + at + 28, crc32c(0, span_of(payload + first, length - first)));
	}
	store_u32(log + at, crc32c(v->nonce_seed, span_of(log + at + 4, FRAME_HEADER - 4)));
}

// Changes, each: frame u8, offset u16 (behind the end of the frame's fields: spread over it), kind u8, octet u8. *ret_forged: checksums were made right.
static inline void seed_damage(
	const struct seed *v, char *log, size_t n, struct reader *in, bool *ret_forged)
{
	uint32_t frame[64], count = 0;
	struct frame f;
	for (uint32_t at = SEGMENT_HEADER; at < n && count < 64; at += frame_size(f.length)) {
		must(frame_decode(v->log->bytes + at, v->nonce_seed, &f));
		frame[count++] = at;
	}
	while (!reader_at_end(in)) {
		uint32_t which = reader_u8(in);
		size_t at = which == 255 ? 0 : frame[which % count], offset = reader_u16(in);
		unsigned kind = reader_u8(in);
		char octet = (char)reader_u8(in);
		if (at + offset >= n)
			offset = offset % (n - at);
		if (kind & 8) // a whole number in place of an octet
			memset(log + at + offset, octet, n - at - offset < 8 ? n - at - offset : 8);
		else
			log[at + offset] = (char)(log[at + offset] ^ octet);
		if (kind & 16 && at)
			seed_forge(v, log, n, (uint32_t)at);
		*ret_forged |= kind & 16 && at;
		if (kind & 32) // what was not written yet
			memset(log + at + offset, 0, n - at - offset);
	}
}

#endif
