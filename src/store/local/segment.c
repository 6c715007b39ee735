// SPDX-License-Identifier: Apache-2.0
// Names: NNNNNNNN.log (hexadecimal number); `spare` while one is being made. A dead file keeps its name until it is recycled.
#include "store/local/segment.h"

#include "base/clock.h"
#include "base/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM 4096u

int segments_init(struct op *op, struct segments *t, const struct files *files, const char *dir)
{
	*t = (struct segments){ .files = files };
	(void)pthread_mutex_init(&t->lock, NULL); // these cannot fail on Linux
	(void)pthread_mutex_init(&t->making, NULL);
	t->dir = strdup(dir);
	t->pages = calloc(SEGMENT_PAGES, sizeof *t->pages);
	if (t->dir && t->pages)
		return 0;
	segments_done(t);
	return op_fail(op, RC_NOMEM, "out of memory");
}

static void path_of(char path[PATH_ROOM], const struct segments *t, uint32_t number)
{
	(void)snprintf(path, PATH_ROOM, "%s/%08" PRIx32 ".log", t->dir, number); // dir is short
}

void segment_open_for_direct(struct segment *s)
{
	char path[PATH_ROOM];
	path_of(path, s->table, atomic_load(&s->number));
	if (file_open_direct(s->table->files, path, &s->direct))
		s->direct = SEGMENT_NOT_DIRECT; // through the page cache
}

void segment_close_direct(struct segment *s)
{
	if (s->direct >= 0)
		(void)close(s->direct); // every write was synced
	s->direct = SEGMENT_NOT_DIRECT;
}

static void segment_release(struct segment *s)
{
	sigbus_remove(s->bus);
	if (s->map)
		(void)munmap(s->map, s->size); // of our own mapping
	if (s->fd >= 0)
		(void)close(s->fd); // synced by the log where it matters
	segment_close_direct(s);
	s->map = NULL;
	s->bus = NULL;
	s->fd = -1;
}

void segments_done(struct segments *t)
{
	for (uint32_t p = 0; t->pages && p < SEGMENT_PAGES; p++) {
		struct segment_page *page = atomic_load(&t->pages[p]);
		for (uint32_t i = 0; page && i < SEGMENT_PAGE; i++) {
			struct segment *s = atomic_load(&page->at[i]);
			if (s) {
				segment_release(s);
				free(s);
			}
		}
		free(page);
	}
	while (t->free) {
		struct segment *next = t->free->next_free;
		free(t->free);
		t->free = next;
	}
	free(t->pages);
	free(t->dead);
	free(t->dir);
	(void)pthread_mutex_destroy(&t->lock); // not locked
	(void)pthread_mutex_destroy(&t->making);
	*t = (struct segments){ 0 };
}

// Like hold_ref(), but fails when the last reference is gone already.
static bool try_ref(struct segment *s)
{
	uint32_t n = atomic_load_explicit(&s->hold.refs.count, memory_order_relaxed);
	while (n)
		if (atomic_compare_exchange_weak_explicit(&s->hold.refs.count, &n, n + 1,
			    memory_order_acquire, memory_order_relaxed))
			return true;
	return false;
}

struct segment *segment_ref(struct segments *t, uint32_t number)
{
	if (number / SEGMENT_PAGE >= SEGMENT_PAGES)
		return NULL;
	struct segment_page *page = atomic_load(&t->pages[number / SEGMENT_PAGE]);
	if (!page)
		return NULL;
	struct segment *s = atomic_load(&page->at[number % SEGMENT_PAGE]);
	if (!s || !try_ref(s))
		return NULL;
	if (atomic_load(&s->number) == number)
		return s;
	segment_unref(s); // the object was reused for another one meanwhile
	return NULL;
}

struct segment *segment_ref_after(struct segments *t, uint32_t number)
{
	pthread_mutex_lock(&t->lock);
	uint32_t highest = t->highest;
	pthread_mutex_unlock(&t->lock);
	for (uint64_t n = (uint64_t)number + 1; n <= highest; n++) {
		struct segment *s = segment_ref(t, (uint32_t)n);
		if (s)
			return s;
	}
	return NULL;
}

static void segment_last(struct hold *hold)
{
	struct segment *s = container_of(hold, struct segment, hold);
	struct segments *t = s->table;
	segment_release(s);
	pthread_mutex_lock(&t->lock);
	if (t->dead_count == t->dead_cap) {
		size_t cap = t->dead_cap ? t->dead_cap * 2 : 16;
		uint32_t *dead = realloc(t->dead, cap * sizeof *dead);
		if (dead) {
			t->dead = dead;
			t->dead_cap = cap;
		}
	}
	if (t->dead_count < t->dead_cap) // else the next sweep after a restart finds the file
		t->dead[t->dead_count++] = atomic_load(&s->number);
	s->next_free = t->free;
	t->free = s;
	pthread_mutex_unlock(&t->lock);
}

static int segment_publish(struct op *op, struct segments *t, const struct segment *made)
{
	uint32_t number = atomic_load(&made->number);
	if (number / SEGMENT_PAGE >= SEGMENT_PAGES)
		return op_fail(op, RC_LIMIT, "the log has no more segment numbers");
	int rc = 0;
	pthread_mutex_lock(&t->lock);
	_Atomic(struct segment_page *) *at = &t->pages[number / SEGMENT_PAGE];
	struct segment_page *page = atomic_load(at);
	if (!page)
		page = calloc(1, sizeof *page);
	struct segment *s = t->free;
	if (s)
		t->free = s->next_free;
	else
		s = calloc(1, sizeof *s);
	if (page && s) {
		atomic_store(at, page);
		s->table = t;
		atomic_store(&s->number, number);
		s->seed = made->seed;
		s->size = made->size;
		s->map = made->map;
		s->fd = made->fd;
		s->direct = made->direct;
		s->bus = made->bus;
		atomic_store(&s->end, 0);
		atomic_store(&s->healed, 0);
		s->ahead_to = made->ahead_to;
		s->hold.free = segment_last;
		atomic_store_explicit(&s->hold.refs.count, 1, memory_order_release);
		atomic_store(&page->at[number % SEGMENT_PAGE], s);
		if (!t->lowest || number < t->lowest)
			t->lowest = number;
		if (number > t->highest)
			t->highest = number;
	} else {
		rc = op_fail(op, RC_NOMEM, "out of memory");
		if (!atomic_load(at))
			free(page);
		free(s);
	}
	pthread_mutex_unlock(&t->lock);
	return rc;
}

// Maps and publishes; takes over fd.
static int segment_map(struct op *op, struct segments *t, const struct segment_header *h, int fd,
	bool writable, uint64_t ahead_to)
{
	struct segment s = { .number = h->number,
		.seed = segment_seed(h->nonce),
		.size = h->size,
		.ahead_to = ahead_to,
		.fd = fd,
		.direct = SEGMENT_NOT_DIRECT };
	int error = file_map(t->files, fd, h->size, &s.map);
	if (error) {
		(void)close(fd); // nothing was written
		return op_fail_errno(op, RC_IO, error, "cannot map segment %" PRIu32, h->number);
	}
	s.bus = sigbus_add(s.map, s.size); // without it, a failing disk ends the process
	if (!writable) {
		(void)close(fd); // the mapping stays
		s.fd = -1;
	} else if (!t->always_cached) {
		s.direct = SEGMENT_NOT_OPENED;
	}
	int rc = segment_publish(op, t, &s);
	if (rc)
		segment_release(&s);
	return rc;
}

// Opens the file of that number and reads its header.
static int header_read(struct op *op, const struct segments *t, uint32_t number, bool writable,
	int *ret_fd, struct segment_header *ret_header)
{
	char path[PATH_ROOM], block[SEGMENT_HEADER];
	path_of(path, t, number);
	int fd;
	int error = file_open(t->files, path, writable ? O_RDWR : O_RDONLY, &fd);
	if (error)
		return op_fail_errno(op, RC_IO, error, "cannot open %s", path);
	size_t n = 0;
	error = file_read(t->files, fd, block, sizeof block, 0, &n);
	struct stat st = { 0 };
	if (!error && fstat(fd, &st))
		error = errno;
	struct segment_header h = { 0 };
	int rc = 0;
	if (error)
		rc = op_fail_errno(op, RC_IO, error, "cannot read %s", path);
	else if (n < sizeof block)
		rc = op_fail(op, RC_CORRUPT, "%s is too short", path);
	else
		rc = segment_header_decode(block, &h);
	if (rc == RC_VERSION)
		(void)op_fail(op, rc, "%s has an unknown format version", path);
	else if (rc == RC_CORRUPT ||
		(rc == 0 && (h.number != number || (uint64_t)st.st_size < h.size)))
		rc = op_fail(op, RC_CORRUPT, "the header of %s is damaged", path);
	if (rc) {
		(void)close(fd); // nothing was written
		return rc;
	}
	*ret_fd = fd;
	*ret_header = h;
	return 0;
}

int segment_open(struct op *op, struct segments *t, uint32_t number, bool writable)
{
	struct segment_header h;
	int fd;
	int rc = header_read(op, t, number, writable, &fd, &h);
	return rc ? rc : segment_map(op, t, &h, fd, writable, 0);
}

int segments_check_versions(struct op *op, struct segments *t)
{
	uint32_t *numbers;
	size_t count;
	int rc = segments_list(op, t, &numbers, &count);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct segment_header h;
		int fd;
		rc = header_read(op, t, numbers[i], false, &fd, &h);
		if (rc == 0)
			(void)close(fd); // only read
		else if (rc != RC_VERSION)
			rc = 0; // damage is found, and told of, when it is opened
	}
	return rc;
}

void segment_heal(struct segment *s)
{
	uint64_t now = clock_mono(), last = atomic_load(&s->healed);
	if ((last && now - last < NS_PER_S) ||
		!atomic_compare_exchange_strong(&s->healed, &last, now))
		return; // too early, or another thread does it
	char path[PATH_ROOM], block[SEGMENT_HEADER];
	struct segment_header h;
	size_t n = 0;
	int fd;
	path_of(path, s->table, atomic_load(&s->number));
	if (file_open(s->table->files, path, O_RDONLY, &fd))
		return;
	if (file_read(s->table->files, fd, block, sizeof block, 0, &n) == 0 && n == sizeof block &&
		segment_header_decode(block, &h) == 0 && h.number == atomic_load(&s->number) &&
		segment_seed(h.nonce) == s->seed && h.size == s->size)
		(void)sigbus_heal(s->bus, fd); // else again in a second
	(void)close(fd);                       // only read
}

// Renames a dead file of this size to `path`, if there is one.
static bool recycle(struct segments *t, const char *path, uint64_t size)
{
	bool found = false;
	pthread_mutex_lock(&t->lock);
	for (uint32_t i = 0; i < t->dead_count && !found; i++) {
		char dead[PATH_ROOM];
		struct stat st;
		path_of(dead, t, t->dead[i]);
		if (stat(dead, &st) || (uint64_t)st.st_size != size)
			continue;
		found = file_rename(t->files, dead, path) == 0;
		if (found)
			t->dead[i] = t->dead[--t->dead_count];
	}
	pthread_mutex_unlock(&t->lock);
	return found;
}

static int make_file(struct segments *t, const char *path, const struct segment_header *h,
	bool recycled, int *ret_fd)
{
	int fd;
	int error = file_open(t->files, path, O_RDWR | O_CREAT, &fd);
	if (error)
		return error;
	if (!recycled) {
		error = file_truncate(t->files, fd, 0);
		if (!error)
			error = file_allocate(t->files, fd, h->size);
	}
	char block[SEGMENT_HEADER];
	segment_header_encode(block, h);
	if (!error)
		error = file_write(t->files, fd, span_of(block, sizeof block), 0);
	atomic_fetch_add_explicit(&t->ahead, sizeof block, memory_order_relaxed);
	if (!error)
		error = file_sync(t->files, fd);
	if (error)
		(void)close(fd); // given up
	else
		*ret_fd = fd;
	return error;
}

static int make_locked(struct op *op, struct segments *t, uint32_t number, uint64_t size)
{
	char spare[PATH_ROOM], path[PATH_ROOM];
	(void)snprintf(spare, sizeof spare, "%s/spare", t->dir); // dir is short
	path_of(path, t, number);
	struct segment_header h = { .number = number, .size = size };
	random_bytes(&h.nonce, sizeof h.nonce);
	bool recycled = recycle(t, spare, size);
	int fd = -1;
	// Else a power cut could leave the new header under the old name, as a damaged segment.
	int error = recycled ? file_sync_dir(t->files, t->dir) : 0;
	if (!error)
		error = make_file(t, spare, &h, recycled, &fd);
	if (!error)
		error = file_rename(t->files, spare, path);
	if (!error)
		error = file_sync_dir(t->files, t->dir);
	if (error) {
		if (fd >= 0)
			(void)close(fd);            // given up
		(void)file_unlink(t->files, spare); // removed at the next open otherwise
		return op_fail_errno(op,
			error == ENOSPC || error == EDQUOT || error == EFBIG ? RC_NOSPACE : RC_IO,
			error, "cannot make a log segment");
	}
	return segment_map(op, t, &h, fd, true, recycled ? size : SEGMENT_HEADER);
}

int segment_make(struct op *op, struct segments *t, uint32_t number, uint64_t size)
{
	pthread_mutex_lock(&t->making);
	struct segment *there = segment_ref(t, number);
	int rc = there ? 0 : make_locked(op, t, number, size);
	segment_unref(there);
	pthread_mutex_unlock(&t->making);
	return rc;
}

int segment_open_direct(const struct segment *s, int *ret_fd)
{
	char path[PATH_ROOM];
	path_of(path, s->table, atomic_load(&s->number));
	int error = file_open(s->table->files, path, O_RDWR | O_DSYNC | O_DIRECT, ret_fd);
	return error == EINVAL ? file_open(s->table->files, path, O_RDWR | O_DSYNC, ret_fd) : error;
}

void segment_close_for_writing(struct segment *s, uint32_t end)
{
	atomic_store(&s->end, end);
	if (s->fd >= 0)
		(void)close(s->fd); // every write was synced
	segment_close_direct(s);
	s->fd = -1;
}

// The good one is not touched: they lie in sectors of their own.
int segment_header_mend(struct op *op, const struct segments *t, uint32_t number)
{
	char path[PATH_ROOM], block[SEGMENT_HEADER];
	uint32_t good, bad, count;
	size_t n = 0;
	int fd;
	path_of(path, t, number);
	int error = file_open(t->files, path, O_RDWR, &fd);
	if (error)
		return op_fail_errno(op, RC_IO, error, "cannot open %s", path);
	error = file_read(t->files, fd, block, sizeof block, 0, &n);
	if (!error && n == sizeof block && segment_header_remedy(block, &good, &bad, &count)) {
		error = file_write(t->files, fd, span_of(block + good, count), bad);
		if (!error)
			error = file_sync(t->files, fd);
	}
	(void)close(fd); // synced
	return error ? op_fail_errno(op, RC_IO, error, "cannot write the header of %s", path) : 0;
}

void segment_drop(struct segments *t, uint32_t number)
{
	struct segment_page *page = atomic_load(&t->pages[number / SEGMENT_PAGE]);
	struct segment *s = page ? atomic_exchange(&page->at[number % SEGMENT_PAGE], NULL) : NULL;
	segment_unref(s);
}

void segments_bury(struct segments *t, uint32_t keep)
{
	for (;;) {
		uint32_t number = 0;
		pthread_mutex_lock(&t->lock);
		if (t->dead_count > keep)
			number = t->dead[--t->dead_count];
		pthread_mutex_unlock(&t->lock);
		if (!number)
			return;
		char path[PATH_ROOM];
		path_of(path, t, number);
		(void)file_unlink(
			t->files, path); // a leftover is freed by the sweep after a restart
	}
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = load_u32(a), y = load_u32(b);
	return x < y ? -1 : x > y;
}

int segments_list(struct op *op, struct segments *t, uint32_t **ret_numbers, size_t *ret_count)
{
	DIR *d = opendir(t->dir);
	if (!d)
		return op_fail_errno(op, RC_IO, errno, "cannot read %s", t->dir);
	struct buf list = { 0 };
	const struct dirent *e;
	while ((e = readdir(d))) {
		char *rest;
		unsigned long number = strtoul(e->d_name, &rest, 16);
		if (rest == e->d_name + 8 && strcmp(rest, ".log") == 0 && number > 0)
			buf_add_u32(&list, (uint32_t)number);
	}
	(void)closedir(d); // only read
	struct span copy = arena_dup(&op->arena, list.n ? buf_span(&list) : SPAN(""));
	size_t count = list.n / sizeof(uint32_t);
	buf_done(&list);
	uint32_t *numbers = arena_array(&op->arena, count + 1, sizeof *numbers);
	if (!copy.p || !numbers)
		return op_fail(op, RC_NOMEM, "out of memory");
	memcpy(numbers, copy.p, copy.n);
	qsort(numbers, count, sizeof *numbers, compare_numbers);
	*ret_numbers = numbers;
	*ret_count = count;
	return 0;
}

static bool offset_is_good(const struct segment *s, uint32_t offset)
{
	return offset >= SEGMENT_HEADER && offset % 8 == 0 &&
		offset + (uint64_t)FRAME_HEADER <= s->size;
}

static bool frame_fits(const struct segment *s, uint32_t offset, const struct frame *f)
{
	return offset + (uint64_t)frame_size(f->length) <= s->size;
}

int segment_frame(
	const struct segment *s, uint32_t offset, struct frame *ret_frame, const char **ret_payload)
{
	if (!offset_is_good(s, offset) || !frame_decode(s->map + offset, s->seed, ret_frame) ||
		!frame_fits(s, offset, ret_frame))
		return 1;
	*ret_payload = s->map + offset + FRAME_HEADER;
	return 0;
}

int segment_frame_again(
	const struct segment *s, uint32_t offset, struct frame *ret_frame, const char **ret_payload)
{
	if (!offset_is_good(s, offset) || !frame_decode_again(s->map + offset, ret_frame) ||
		!frame_fits(s, offset, ret_frame))
		return 1;
	*ret_payload = s->map + offset + FRAME_HEADER;
	return 0;
}
