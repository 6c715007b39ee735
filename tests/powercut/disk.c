// SPDX-License-Identifier: Apache-2.0
// A `cell` is one file or folder, whatever its names. Of each, the durable contents are kept, and the list of events since. A sector's content is told
// by a number, its level: how many of the pending calls that touch the file have reached it. So a later call never reaches a sector without the
// earlier ones, as all of them went through one page of the kernel's cache.
#include "powercut/disk.h"

#include "base/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512u
#define PAGE 4096u
#define PATH_ROOM 4096

struct list { // of indexes of events
	uint32_t *at;
	size_t n, cap;
};
struct cell {
	uint64_t ino;
	bool folder;
	char *path; // of a folder
	uint64_t size;
	struct buf bytes;
	struct list pending;
};
struct name {
	char *path;
	size_t cell;
};
struct name_change {
	uint32_t event;
	size_t cell;
	bool held; // its file was flushed since
};
struct disk {
	uint32_t at;
	struct cell *cells;
	size_t cell_count, cell_cap;
	struct name *names; // durable
	size_t name_count, name_cap;
	struct name_change *changes; // pending
	size_t change_count, change_cap;
};

static void *need(void *p)
{
	if (!p) {
		(void)fprintf(stderr, "powercut: out of memory\n");
		_exit(70);
	}
	return p;
}

// Room for one more in an array that grows.
#define GROW(array, count, cap)                                                                    \
	do {                                                                                       \
		if ((count) == (cap)) {                                                            \
			(cap) = (cap) ? (cap)*2 : 16;                                              \
			(array) = need(realloc((array), (cap) * sizeof *(array)));                 \
		}                                                                                  \
	} while (0)

static void expect(bool good, const char *what, const char *path)
{
	if (good)
		return;
	(void)fprintf(stderr, "powercut: %s %s: %s\n", what, path, strerror(errno));
	_exit(70);
}

// --- images ---

static struct image_file *image_add(struct image *im, const char *path, bool folder)
{
	GROW(im->files, im->count, im->cap);
	struct image_file *f = &im->files[im->count++];
	*f = (struct image_file){ .path = need(strdup(path)), .folder = folder };
	return f;
}

void image_done(struct image *im)
{
	for (size_t i = 0; i < im->count; i++) {
		free(im->files[i].path);
		buf_done(&im->files[i].bytes);
	}
	free(im->files);
	*im = (struct image){ 0 };
}

void image_copy(struct image *to, const struct image *from)
{
	image_done(to);
	for (size_t i = 0; i < from->count; i++) {
		const struct image_file *f = &from->files[i];
		struct image_file *t = image_add(to, f->path, f->folder);
		t->size = f->size;
		buf_add(&t->bytes, buf_span(&f->bytes));
	}
	to->hash = from->hash;
}

static const struct image_file *image_find(const struct image *im, const char *path)
{
	for (size_t i = 0; i < im->count; i++)
		if (strcmp(im->files[i].path, path) == 0)
			return &im->files[i];
	return NULL;
}

// Removes all below `path` but the folders that the image has, too: removing one is slow. `below`: its name in the image, "" for the top.
static void folder_empty(const struct image *im, const char *path, const char *below)
{
	DIR *d = opendir(path);
	expect(d != NULL, "cannot read", path);
	const struct dirent *e;
	while ((e = readdir(d))) {
		char at[PATH_ROOM], name[PATH_ROOM];
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		expect(snprintf(at, sizeof at, "%s/%s", path, e->d_name) < PATH_ROOM &&
				snprintf(name, sizeof name, "%s%s%s", below, *below ? "/" : "",
					e->d_name) < PATH_ROOM,
			"the path is too long:", path);
		if (e->d_type != DT_DIR) {
			expect(unlink(at) == 0, "cannot remove", at);
			continue;
		}
		folder_empty(im, at, name);
		const struct image_file *f = image_find(im, name);
		if (!f || !f->folder)
			expect(rmdir(at) == 0, "cannot remove", at);
	}
	(void)closedir(d); // only read
}

static bool page_is_zero(const char *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static void file_put(const struct image_file *f, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	expect(fd >= 0, "cannot make", path);
	size_t end = f->bytes.n < f->size ? f->bytes.n : (size_t)f->size;
	for (size_t at = 0; at < end;) {
		size_t from = at;
		while (at < end &&
			!page_is_zero(f->bytes.p + at, end - at < PAGE ? end - at : PAGE))
			at += PAGE;
		size_t to = at < end ? at : end;
		if (to > from)
			expect(pwrite(fd, f->bytes.p + from, to - from, (off_t)from) ==
					(ssize_t)(to - from),
				"cannot write", path);
		at += PAGE;
	}
	expect(ftruncate(fd, (off_t)f->size) == 0, "cannot size", path);
	(void)close(fd); // in memory
}

void image_put(const struct image *im, const char *folder)
{
	folder_empty(im, folder, "");
	for (size_t i = 0; i < im->count; i++) {
		char path[PATH_ROOM];
		(void)snprintf(path, sizeof path, "%s/%s", folder, im->files[i].path); // short
		if (im->files[i].folder)
			expect(mkdir(path, 0700) == 0 || errno == EEXIST, "cannot make", path);
		else
			file_put(&im->files[i], path);
	}
}

static bool file_is(const struct image_file *f, const char *path)
{
	struct stat st;
	if (stat(path, &st) || S_ISDIR(st.st_mode) != f->folder)
		return false;
	if (f->folder)
		return true;
	if ((uint64_t)st.st_size != f->size)
		return false;
	char *all = need(malloc(f->size + 1));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool same = fd >= 0 && read(fd, all, f->size) == (ssize_t)f->size;
	size_t n = f->bytes.n < f->size ? f->bytes.n : (size_t)f->size;
	same = same && (n == 0 || memcmp(all, f->bytes.p, n) == 0) &&
		page_is_zero(all + n, f->size - n);
	(void)close(fd); // only read
	free(all);
	return same;
}

static size_t folder_count(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;
	const struct dirent *e;
	while (d && (e = readdir(d))) {
		char below[PATH_ROOM];
		(void)snprintf(below, sizeof below, "%s/%s", path, e->d_name); // short
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
			strcmp(e->d_name, "LOG") == 0 || strncmp(e->d_name, "LOG.old", 7) == 0)
			continue;
		n += 1 + (e->d_type == DT_DIR ? folder_count(below) : 0);
	}
	if (d)
		(void)closedir(d); // only read
	return n;
}

bool image_is(const struct image *im, const char *folder)
{
	for (size_t i = 0; i < im->count; i++) {
		char path[PATH_ROOM];
		(void)snprintf(path, sizeof path, "%s/%s", folder, im->files[i].path); // short
		if (!file_is(&im->files[i], path)) {
			(void)fprintf(stderr, "powercut: %s is not what was recorded\n", path);
			return false;
		}
	}
	size_t there = folder_count(folder);
	if (there != im->count)
		(void)fprintf(stderr, "powercut: %zu names in %s, %zu were recorded\n", there,
			folder, im->count);
	return there == im->count;
}

static void image_hash(struct image *im)
{
	uint64_t hash = 0;
	for (size_t i = 0; i < im->count; i++) {
		const struct image_file *f = &im->files[i];
		uint64_t h = hash_stable(span_str(f->path)) ^ hash_u64(f->size + 1);
		size_t end = f->bytes.n < f->size ? f->bytes.n : (size_t)f->size;
		for (size_t at = 0; at < end; at += PAGE) {
			size_t n = end - at < PAGE ? end - at : PAGE;
			if (!page_is_zero(f->bytes.p + at, n))
				h = hash_u64(h ^ hash_stable(span_of(f->bytes.p + at, n)) ^ at);
		}
		hash += hash_u64(h); // whatever the order of names
	}
	im->hash = hash;
}

// --- cells and names ---

static size_t cell_add(struct disk *d, uint64_t ino, const char *folder)
{
	GROW(d->cells, d->cell_count, d->cell_cap);
	d->cells[d->cell_count] = (struct cell){
		.ino = ino, .folder = folder != NULL, .path = folder ? need(strdup(folder)) : NULL
	};
	return d->cell_count++;
}

// The newest of that number: a file system may give numbers again.
static size_t cell_of(const struct disk *d, uint64_t ino)
{
	for (size_t i = d->cell_count; i-- > 0;)
		if (d->cells[i].ino == ino)
			return i;
	expect(false, "a call on a file that", "was never made");
	return 0;
}

static void name_set(struct name **names, size_t *count, size_t *cap, const char *path, size_t cell)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp((*names)[i].path, path) == 0) {
			(*names)[i].cell = cell;
			return;
		}
	GROW(*names, *count, *cap);
	(*names)[(*count)++] = (struct name){ need(strdup(path)), cell };
}

static void name_remove(struct name *names, size_t *count, const char *path)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(names[i].path, path) == 0) {
			free(names[i].path);
			memmove(&names[i], &names[i + 1], (*count - i - 1) * sizeof *names);
			--*count;
			return;
		}
}

static void name_apply(
	struct name **names, size_t *count, size_t *cap, const struct event *e, size_t cell)
{
	if (e->kind == EVENT_RENAME || e->kind == EVENT_UNLINK)
		name_remove(*names, count, e->path.p);
	if (e->kind != EVENT_UNLINK)
		name_set(names, count, cap, e->kind == EVENT_RENAME ? e->other.p : e->path.p, cell);
}

struct disk *disk_new(const struct image *from, const char *folder)
{
	struct disk *d = need(calloc(1, sizeof *d));
	struct stat st;
	expect(stat(folder, &st) == 0, "cannot see", folder);
	(void)cell_add(d, st.st_ino, "");
	for (size_t i = 0; i < from->count; i++) {
		const struct image_file *f = &from->files[i];
		char path[PATH_ROOM];
		(void)snprintf(path, sizeof path, "%s/%s", folder, f->path); // short
		expect(stat(path, &st) == 0, "cannot see", path);
		size_t cell = cell_add(d, st.st_ino, f->folder ? f->path : NULL);
		d->cells[cell].size = f->size;
		buf_add(&d->cells[cell].bytes, buf_span(&f->bytes));
		name_set(&d->names, &d->name_count, &d->name_cap, f->path, cell);
	}
	return d;
}

void disk_free(struct disk *d)
{
	for (size_t i = 0; d && i < d->cell_count; i++) {
		free(d->cells[i].path);
		free(d->cells[i].pending.at);
		buf_done(&d->cells[i].bytes);
	}
	for (size_t i = 0; d && i < d->name_count; i++)
		free(d->names[i].path);
	if (d) {
		free(d->cells);
		free(d->names);
		free(d->changes);
	}
	free(d);
}

// --- contents ---

// How far the sectors of a file got, and where one of them is torn.
struct levels {
	enum draw how;
	uint64_t seed;
	size_t pending; // calls that there are
	size_t prefix;
	uint64_t front; // of DRAW_FRONT: the first sector that call number `prefix` did not reach
	uint64_t torn_sector; // UINT64_MAX: none
	uint32_t torn_at;     // octets of the newer content in front
};

static size_t level_random(const struct levels *v, uint64_t what)
{
	uint64_t r = hash_u64(v->seed ^ hash_u64(what + 1));
	switch (v->how) {
	case DRAW_LOST:
		return 0;
	case DRAW_KEPT:
		return v->pending;
	case DRAW_PREFIX:
		return v->prefix;
	case DRAW_FRONT:
		return v->prefix + r % 2; // of what is no sector
	case DRAW_MOST:
		return r % 8 ? v->pending : (r >> 8) % (v->pending + 1);
	case DRAW_FEW:
		return r % 8 ? 0 : (r >> 8) % (v->pending + 1);
	case DRAW_SECTORS:
	case DRAW_PAGES:
	case DRAW_TORN:
	default:
		return r % 4 == 0 ? 0 : r % 4 == 1 ? v->pending : (r >> 8) % (v->pending + 1);
	}
}

static size_t level_of(const struct levels *v, uint64_t sector)
{
	if (v->how == DRAW_FRONT)
		return v->prefix + (sector < v->front);
	return level_random(v, v->how == DRAW_PAGES ? sector / (PAGE / SECTOR) : sector);
}

static void bytes_size(struct buf *b, uint64_t n)
{
	if (n <= b->n)
		return;
	size_t more = (size_t)n - b->n;
	char *room = need(buf_room(b, more));
	memset(room, 0, more);
	buf_added(b, more);
}

static void bytes_set(struct buf *b, uint64_t at, const char *data, size_t n)
{
	if (!data) {
		if (at < b->n)
			memset(b->p + at, 0, b->n - at < n ? b->n - (size_t)at : n);
		return;
	}
	bytes_size(b, at + n);
	memcpy(b->p + at, data, n);
}

// What a call does to the octets [from, to) of one sector.
static void call_apply_at(struct buf *b, const struct event *e, uint64_t from, uint64_t to)
{
	uint64_t begin = e->kind == EVENT_WRITE ? e->offset : e->n;
	uint64_t end = e->kind == EVENT_WRITE ? e->offset + e->n : UINT64_MAX;
	from = from < begin ? begin : from;
	to = to > end ? end : to;
	if (from < to)
		bytes_set(b, from, e->data ? e->data + (from - begin) : NULL, (size_t)(to - from));
}

// The j-th pending call of a file, as far as the levels let it. Without levels: all of it.
static void call_apply(struct buf *b, const struct event *e, size_t j, const struct levels *v)
{
	uint64_t begin = e->kind == EVENT_WRITE ? e->offset : e->n;
	uint64_t end = e->kind == EVENT_WRITE ? e->offset + e->n : b->n;
	if (!e->data && end > b->n)
		end = b->n; // there are zeros behind
	if (!v) {
		call_apply_at(b, e, begin, end);
		return;
	}
	for (uint64_t s = begin / SECTOR; s * SECTOR < end; s++) {
		size_t level = level_of(v, s);
		uint64_t from = s * SECTOR, to = from + SECTOR;
		if (j == level && s == v->torn_sector && v->how == DRAW_TORN)
			to = from + v->torn_at;
		else if (j >= level)
			continue;
		call_apply_at(b, e, from, to < end ? to : end);
	}
}

static uint64_t size_after(const struct event *e, uint64_t size)
{
	if (e->kind == EVENT_SIZE)
		return e->n;
	return e->offset + e->n > size ? e->offset + e->n : size;
}

static void cell_flush(struct cell *c, const struct record *r, uint32_t before)
{
	size_t done = 0;
	while (done < c->pending.n && c->pending.at[done] < before) {
		const struct event *e = record_event(r, c->pending.at[done++]);
		call_apply(&c->bytes, e, 0, NULL);
		c->size = size_after(e, c->size);
	}
	c->pending.n -= done;
	if (c->pending.n)
		memmove(c->pending.at, c->pending.at + done, c->pending.n * sizeof *c->pending.at);
}

// Whether a pending call changes what that write covers.
static bool overlap(const struct event *a, const struct event *write)
{
	uint64_t end = write->offset + write->n;
	if (a->kind == EVENT_SIZE)
		return a->n < end;
	return a->offset < end && write->offset < a->offset + a->n;
}

// One write is durable, with the size that it needs, and nothing else. What was pending before it is never what it lies on: that would have to be told apart.
static void cell_flush_one(struct cell *c, const struct record *r, uint32_t event)
{
	size_t k = 0;
	while (k < c->pending.n && c->pending.at[k] != event)
		k++;
	if (k == c->pending.n)
		return; // a flush of the whole file came meanwhile
	const struct event *e = record_event(r, event);
	for (size_t j = 0; j < k; j++)
		expect(!overlap(record_event(r, c->pending.at[j]), e),
			"a flushed write over one that is not", "");
	call_apply(&c->bytes, e, 0, NULL);
	c->size = size_after(e, c->size);
	c->pending.n--;
	memmove(c->pending.at + k, c->pending.at + k + 1,
		(c->pending.n - k) * sizeof *c->pending.at);
}

// --- going on ---

// Whether the name lies in that folder.
static bool lies_in(const struct event *e, const char *folder)
{
	const char *path = e->kind == EVENT_RENAME ? e->other.p : e->path.p;
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	return strlen(folder) == n && memcmp(folder, path, n) == 0;
}

static void folder_flush(
	struct disk *d, const char *folder, const struct record *r, uint32_t before)
{
	size_t kept = 0;
	for (size_t i = 0; i < d->change_count; i++) {
		struct name_change c = d->changes[i];
		const struct event *e = record_event(r, c.event);
		if (c.event < before && lies_in(e, folder))
			name_apply(&d->names, &d->name_count, &d->name_cap, e, c.cell);
		else
			d->changes[kept++] = c;
	}
	d->change_count = kept;
}

static void names_hold(struct disk *d, size_t cell, const struct record *r, uint32_t before)
{
	for (size_t i = 0; i < d->change_count; i++)
		if (d->changes[i].cell == cell && d->changes[i].event < before &&
			record_event(r, d->changes[i].event)->kind != EVENT_UNLINK)
			d->changes[i].held = true;
}

static void change_add(struct disk *d, uint32_t event, size_t cell)
{
	GROW(d->changes, d->change_count, d->change_cap);
	d->changes[d->change_count++] = (struct name_change){ event, cell, false };
}

static void step(struct disk *d, const struct record *r, uint32_t i)
{
	const struct event *e = record_event(r, i);
	switch (e->kind) {
	case EVENT_CREATE:
		change_add(d, i, cell_add(d, e->ino, NULL));
		break;
	case EVENT_MKDIR:
		change_add(d, i, cell_add(d, e->ino, e->path.p));
		break;
	case EVENT_RENAME:
	case EVENT_LINK:
		change_add(d, i, cell_of(d, e->ino));
		break;
	case EVENT_UNLINK:
		change_add(d, i, 0);
		break;
	case EVENT_WRITE:
	case EVENT_SIZE:;
		struct list *l = &d->cells[cell_of(d, e->ino)].pending;
		GROW(l->at, l->n, l->cap);
		l->at[l->n++] = i;
		break;
	case EVENT_SYNC_END:;
		size_t cell = cell_of(d, e->ino);
		struct cell *c = &d->cells[cell];
		if (c->folder) {
			folder_flush(d, c->path, r, e->begin);
		} else {
			cell_flush(c, r, e->begin);
			names_hold(d, cell, r, e->begin);
		}
		break;
	case EVENT_WRITTEN:
		cell_flush_one(&d->cells[cell_of(d, e->ino)], r, e->begin);
		break;
	case EVENT_SYNC_BEGIN:
	case EVENT_BEGIN:
	case EVENT_PICTURE:
	case EVENT_SEEN:
		break;
	}
}

void disk_advance(struct disk *d, const struct record *r, uint32_t to)
{
	while (d->at < to)
		step(d, r, d->at++);
}

// --- drawing ---

static uint64_t draw_size(const struct cell *c, const struct record *r, const struct levels *v)
{
	uint64_t size = c->size;
	size_t level = level_random(v, UINT64_MAX - 1);
	for (size_t j = 0; j < level && j < c->pending.n; j++)
		size = size_after(record_event(r, c->pending.at[j]), size);
	return size;
}

// A sector that a pending write touches.
static uint64_t some_sector(const struct cell *c, const struct record *r, uint64_t random)
{
	const struct event *e = record_event(r, c->pending.at[random % c->pending.n]);
	if (e->kind != EVENT_WRITE || e->n == 0)
		return UINT64_MAX;
	uint64_t first = e->offset / SECTOR, last = (e->offset + e->n - 1) / SECTOR;
	// Mostly where one flush meets the next: the first sector and the last.
	random >>= 20;
	return random % 3 == 0    ? first
		: random % 3 == 1 ? last
				  : first + random % (last - first + 1);
}

// A place in a pending write: its sectors below come, the others do not.
static uint64_t some_front(const struct event *e, uint64_t random)
{
	if (e->kind != EVENT_WRITE || e->n == 0)
		return 0;
	uint64_t first = e->offset / SECTOR, last = (e->offset + e->n - 1) / SECTOR;
	return first + random % (last - first + 1);
}

static void draw_file(const struct cell *c, size_t number, const struct record *r, struct levels v,
	struct image_file *f)
{
	buf_add(&f->bytes, buf_span(&c->bytes));
	f->size = c->size;
	if (c->pending.n == 0)
		return;
	v.seed = hash_u64(v.seed + number + 1);
	v.pending = c->pending.n;
	v.prefix = v.how == DRAW_PREFIX ? (v.seed >> 7) % (v.pending + 1)
		: v.how == DRAW_FRONT   ? (v.seed >> 7) % v.pending
					: 0;
	v.front = some_front(record_event(r, c->pending.at[v.prefix % v.pending]), v.seed >> 23);
	v.torn_sector = some_sector(c, r, v.seed >> 9);
	v.torn_at = 1 + (uint32_t)(v.seed >> 40) % (SECTOR - 1);
	for (size_t j = 0; j < c->pending.n; j++)
		call_apply(&f->bytes, record_event(r, c->pending.at[j]), j, &v);
	f->size = draw_size(c, r, &v);
	if (v.how == DRAW_DESTROYED && v.torn_sector != UINT64_MAX &&
		(v.torn_sector + 1) * SECTOR <= f->bytes.n)
		for (size_t i = 0; i < SECTOR / 8; i++)
			store_u64(
				f->bytes.p + v.torn_sector * SECTOR + 8 * i, hash_u64(v.seed + i));
}

static bool name_known(const struct image *im, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return true;
	for (size_t i = 0; i < im->count; i++)
		if (im->files[i].folder && strlen(im->files[i].path) == (size_t)(slash - path) &&
			memcmp(im->files[i].path, path, (size_t)(slash - path)) == 0)
			return true;
	return false;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->path, ((const struct name *)b)->path);
}

void disk_draw(const struct disk *d, const struct record *r, enum draw how, uint64_t seed,
	struct image *ret_image)
{
	image_done(ret_image);
	struct levels v = { .how = how, .seed = hash_u64(seed), .pending = 1 };
	size_t prefix = hash_u64(seed + 77) % (d->change_count + 1);
	struct name *names = NULL;
	size_t count = 0, cap = 0;
	for (size_t i = 0; i < d->name_count; i++)
		name_set(&names, &count, &cap, d->names[i].path, d->names[i].cell);
	for (size_t i = 0; i < d->change_count; i++)
		if (d->changes[i].held ||
			(how == DRAW_PREFIX ? i < prefix
					    : level_random(&v, ((uint64_t)1 << 40) + i) > 0))
			name_apply(&names, &count, &cap, record_event(r, d->changes[i].event),
				d->changes[i].cell);
	qsort(names, count, sizeof *names, by_path); // a folder before what lies in it
	for (size_t i = 0; i < count; i++) {
		const struct cell *c = &d->cells[names[i].cell];
		if (name_known(ret_image, names[i].path)) { // else its folder is lost
			struct image_file *f = image_add(ret_image, names[i].path, c->folder);
			if (!c->folder)
				draw_file(c, names[i].cell, r, v, f);
		}
		free(names[i].path);
	}
	free(names);
	image_hash(ret_image);
}
