// SPDX-License-Identifier: Apache-2.0
// Group commit.
//
// log_append() gives an item its place and number under a short lock and hangs it on the open group. Whoever waits first for a
// group that nobody writes leads it: closes it, writes its frames with one pwritev, syncs, applies it to what waits for the index
// (pending.h), makes it visible and wakes those who wait for it. While the disk syncs, the next group forms; while a group is applied,
// the next one may already be written (its leader waits for its turn to apply). So
//     written in order, each only after the sync of the one before; applied in order; visible in order of submission.
// A group lies in one segment and is at most GROUP_BYTES long. Positions are given when items come, hence also the move to the
// next segment is decided then; the segment itself is made by the keeper ahead of time, or else by the leader.
//
// Who waits without a thread (log_wait_later()) is called instead. That is for when somebody else writes anyway; what nobody waits for with a
// thread is led by the engine's writer thread, which stays awake as long as there is such. A lone commit is led by its own thread; but for a thread that gives
// way to all others (run/crew_back.c): whoever comes meanwhile would wait for it, and with it for a core. The writer leads in its place.
//
// The last quarter of the last segment there is (at most the reserve) is for what frees space: a group that has anything else there is written when the next
// segment is there, too. The keeper may come late, and who finds the disk full must not find the log full to its end.
//
// Failures, as README.md has them: after ENOSPC the tail goes back to where the group began (sequence numbers do not) and BLOBs go
// to `leftover`; after anything else the log is sealed.
#include "store/local/write.h"

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/log.h"
#include "base/must.h"
#include "run/crew.h"
#include "store/local/local_priv.h"
#include "store/local/runway.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define GROUP_BYTES (3u << 20)
#define SEGMENT_FIRST (UINT64_C(16) << 20)
#define PENDING_BYTES_MAX (8u << 20)
#define DRAIN_TRIES 1000u // ten seconds
#define PAGE 4096u        // sizes of segments are multiples of it

static_assert(GROUP_BYTES + SEGMENT_HEADER <= SEGMENT_MIN, "every group fits into every segment");
static_assert(GROUP_FRAME + FRAME_HEADER + PAYLOAD_MAX + 8 <= GROUP_BYTES, "a frame fits a group");

int log_init(struct op *op, struct local *l)
{
	(void)op;
	struct log *g = &l->log;
	*g = (struct log){ .next_serial = 1 };
	(void)pthread_mutex_init(&g->lock, NULL); // these cannot fail on Linux
	(void)pthread_cond_init(&g->turn, NULL);
	(void)pthread_cond_init(&g->writer_wake, NULL);
	return 0;
}

void log_done(struct local *l)
{
	struct log *g = &l->log;
	must(!g->first); // settled or failed by store_close()
	while (g->leftover) {
		struct item *next = g->leftover->next;
		item_free(g->leftover);
		g->leftover = next;
	}
	free(g->failed);
	stage_done(&g->stage);
	(void)pthread_cond_destroy(&g->turn);
	(void)pthread_cond_destroy(&g->writer_wake);
	(void)pthread_mutex_destroy(&g->lock);
}

// --- items ---

struct item *item_new(enum frame_type type, uint32_t n, struct buf *body)
{
	size_t room = FRAME_HEADER + ((n + 7) & ~7u);
	struct item *it = malloc(sizeof *it + room);
	if (!it)
		return NULL;
	*it = (struct item){ .frame = { .type = type, .version = FRAME_VERSION, .first = n } };
	memset(it->bytes + room - 8, 0, 8); // padding
	if (body && body->n) {
		it->owned = *body;
		*body = (struct buf){ 0 };
		it->body = buf_span(&it->owned);
	}
	return it;
}

char *item_first(struct item *it)
{
	return it->bytes + FRAME_HEADER;
}

void item_free(struct item *it)
{
	if (!it)
		return;
	buf_done(&it->owned);
	free(it);
}

void item_seal(struct item *it)
{
	struct frame *f = &it->frame;
	f->length = f->first + (uint32_t)it->body.n;
	f->first_crc = crc32c(0, span_of(item_first(it), f->first));
	f->rest_crc = crc32c(0, it->body);
	it->inline_n = FRAME_HEADER + (it->body.n ? f->first : (f->first + 7) & ~7u);
}

// --- getting in line ---

static struct group *group_new_locked(struct log *g)
{
	struct group *n = calloc(1, sizeof *n);
	if (!n)
		return NULL;
	(void)pthread_cond_init(&n->done_cond, NULL); // cannot fail on Linux
	n->serial = g->next_serial++;
	n->seq = n->last_seq = g->next_seq++;
	n->last = &n->first;
	n->born = clock_mono();
	n->bytes = GROUP_FRAME;
	return n;
}

static void group_free(struct group *n)
{
	(void)pthread_cond_destroy(&n->done_cond); // nobody waits any more
	free(n);
}

// Small on a small volume, growing with it.
uint64_t log_next_size(struct local *l, uint32_t number, uint64_t closed)
{
	struct segment *s = segment_ref(&l->segments, number + 1);
	if (s) {
		uint64_t made = s->size;
		segment_unref(s);
		return made;
	}
	uint64_t size = SEGMENT_FIRST;
	while (size < closed && size < l->segment_bytes)
		size *= 2;
	return size < l->segment_bytes ? size : l->segment_bytes;
}

// Whether `size` more bytes in the present segment leave the reserve alone.
static bool spares_reserve_locked(const struct log *g, const struct local *l, uint64_t size)
{
	uint64_t reserve =
		l->reserve_bytes < g->tail_size / 4 ? l->reserve_bytes : g->tail_size / 4;
	return pos_offset(g->tail) + size + GROUP_FRAME + reserve <= g->tail_size;
}

// On a full disk: for the item, and for what goes before it. Else that would fail at once, and with it all that is in line then, what frees space, too.
static bool has_room_locked(const struct log *g, const struct local *l, const struct item *it)
{
	if (!g->full || it->frees)
		return true;
	uint64_t size = frame_size(it->frame.length);
	for (const struct item *left = g->leftover; left; left = left->next)
		size += GROUP_FRAME + frame_size(left->frame.length);
	return spares_reserve_locked(g, l, size);
}

// The group that takes `size` more bytes, opened if need be; NULL: out of memory.
static struct group *group_for_locked(struct log *g, struct local *l, uint32_t size)
{
	struct group *n = g->open;
	uint64_t end = pos_offset(g->tail) + (uint64_t)size;
	if (n && n->bytes + size <= GROUP_BYTES && end <= g->tail_size)
		return n;
	n = group_new_locked(g);
	if (!n)
		return NULL;
	n->before = g->tail;
	if (pos_offset(g->tail) + (uint64_t)size + GROUP_FRAME > g->tail_size) {
		uint32_t number = pos_segment(g->tail) + 1;
		g->closed_bytes += pos_offset(g->tail) - SEGMENT_HEADER;
		g->tail_size = g->next_size;
		g->next_size = log_next_size(l, number, g->closed_bytes);
		g->tail = pos_of(number, SEGMENT_HEADER);
	}
	n->segment = pos_segment(g->tail);
	n->start = pos_offset(g->tail);
	n->size = g->tail_size;
	g->tail += GROUP_FRAME;
	if (g->last)
		g->last->next = n;
	else
		g->first = n;
	g->last = n;
	if (!g->unwritten)
		g->unwritten = n;
	g->open = n;
	return n;
}

static bool put_in_line_locked(
	struct log *g, struct local *l, struct item *it, uint64_t *ret_serial)
{
	uint32_t size = frame_size(it->frame.length);
	struct group *n = group_for_locked(g, l, size);
	if (!n)
		return false;
	if (!it->frees && !spares_reserve_locked(g, l, size))
		n->next_size = g->next_size;
	it->next = NULL;
	it->pos = g->tail;
	it->frame.seq = n->last_seq = g->next_seq++;
	g->tail += size;
	n->bytes += size;
	n->frames++;
	*n->last = it;
	n->last = &it->next;
	*ret_serial = n->serial;
	return true;
}

// What outlived a failed group goes first: a batch that refers to it may be the next. One that frees space does not, and goes without them on a full disk.
static bool leftovers_locked(struct log *g, struct local *l, bool frees)
{
	while (g->leftover) {
		struct item *it = g->leftover;
		if (frees && g->full && !spares_reserve_locked(g, l, frame_size(it->frame.length)))
			break;
		struct item *next = it->next;
		uint64_t serial;
		if (!put_in_line_locked(g, l, it, &serial))
			return false;
		g->leftover = next;
	}
	return true;
}

static bool has_failed_locked(const struct log *g, uint64_t serial)
{
	for (size_t i = g->failed_count; i-- > 0;)
		if (serial >= g->failed[i].from && serial <= g->failed[i].to)
			return true;
	return false;
}

static int append_locked(
	struct op *op, struct local *l, struct item *it, bool new_id, struct placed *ret_placed)
{
	struct log *g = &l->log;
	if (g->sealed)
		return op_fail(op, RC_READONLY, "the store is read-only: %s", g->reason);
	if (it->after && has_failed_locked(g, it->after))
		return op_fail(op, RC_CONFLICT, "a change before it could not be written");
	// What fails from here on takes it with it.
	if (it->with && g->failed_count && g->failed[g->failed_count - 1].to >= it->with)
		return op_fail(
			op, RC_UNAVAILABLE, "a change that it belongs to could not be written");
	if (!has_room_locked(g, l, it))
		return op_fail(op, RC_NOSPACE, "the volume is full");
	if (new_id) { // the id is in the first part, which its checksum covers
		store_u64(item_first(it), g->next_id);
		it->frame.first_crc = crc32c(0, span_of(item_first(it), it->frame.first));
	}
	if (!leftovers_locked(g, l, it->frees) ||
		!put_in_line_locked(g, l, it, &ret_placed->serial))
		return op_fail(op, RC_NOMEM, "out of memory");
	ret_placed->pos = it->pos;
	ret_placed->id = new_id ? g->next_id++ : 0;
	return 0;
}

int log_append(
	struct op *op, struct local *l, struct item *it, bool new_id, struct placed *ret_placed)
{
	pthread_mutex_lock(&l->log.lock);
	int rc = append_locked(op, l, it, new_id, ret_placed);
	bool first = rc == 0 && l->log.first == l->log.last && l->log.first->frames == 1;
	pthread_mutex_unlock(&l->log.lock);
	if (rc)
		item_free(it);
	if (first)
		keeper_call(l); // it sees to it that the group is written, should nobody wait
	return rc;
}

// --- deciding ---

static void items_free(struct item *it)
{
	while (it) {
		struct item *next = it->next;
		item_free(it);
		it = next;
	}
}

// Calls those who wait without a thread. The lock is let go meanwhile.
static void decided_call_locked(struct log *g)
{
	struct store_waiter *w = g->decided;
	if (!w)
		return;
	g->decided = NULL;
	pthread_mutex_unlock(&g->lock);
	while (w) {
		struct store_waiter *next = w->next; // w may be gone then
		w->decided(w);
		w = next;
	}
	pthread_mutex_lock(&g->lock);
}

// Everybody who waits for the group learns `rc`; with nobody waiting it is gone.
static void group_resolve_locked(struct log *g, struct group *n, int rc)
{
	must(g->first == n);
	g->first = n->next;
	if (!g->first)
		g->last = NULL;
	if (g->open == n)
		g->open = NULL;
	if (g->unwritten == n)
		g->unwritten = n->next;
	g->resolved = g->applied = n->serial;
	n->rc = rc;
	n->done = true;
	while (n->told) {
		struct store_waiter *w = n->told;
		n->told = w->next;
		w->next = g->decided;
		g->decided = w;
	}
	if (n->waiters)
		pthread_cond_broadcast(&n->done_cond);
	else
		group_free(n);
	pthread_cond_broadcast(&g->turn);
}

static void failure_note_locked(struct log *g, uint64_t from, uint64_t to, int rc)
{
	atomic_fetch_add(&g->failures, 1);
	struct failed_range *last = g->failed_count ? &g->failed[g->failed_count - 1] : NULL;
	if (last && last->to + 1 == from && last->rc == rc) {
		last->to = to;
		return;
	}
	if (g->failed_count == g->failed_cap) {
		size_t cap = g->failed_cap ? g->failed_cap * 2 : 8;
		struct failed_range *more = realloc(g->failed, cap * sizeof *more);
		must(more); // without it, a failed commit would look like a good one
		g->failed = more;
		g->failed_cap = cap;
	}
	g->failed[g->failed_count++] = (struct failed_range){ from, to, rc };
}

// Keeps the BLOBs among the items for the next group, behind those kept already.
static void blobs_keep_locked(struct log *g, struct item *it)
{
	struct item **last = &g->leftover;
	while (*last)
		last = &(*last)->next;
	while (it) {
		struct item *next = it->next;
		if (it->again) {
			it->next = NULL;
			*last = it;
			last = &it->next;
		} else {
			item_free(it);
		}
		it = next;
	}
}

// The first group in line and all behind it fail. The tail goes back to where the first one began.
static void groups_fail_locked(struct log *g, struct local *l, int rc)
{
	struct group *n = g->first;
	if (!n)
		return;
	uint64_t before = n->before;
	failure_note_locked(g, n->serial, g->last->serial, rc);
	bool moved = false;
	for (struct group *at = n; at; at = at->next) {
		if (pos_segment(at->before) == at->segment)
			continue;
		g->closed_bytes -= pos_offset(at->before) - SEGMENT_HEADER;
		if (!moved)
			g->next_size = at->size;
		moved = true;
	}
	if (moved) {
		struct segment *s = segment_ref(&l->segments, pos_segment(before));
		must(s); // it holds the end of the log
		g->tail_size = s->size;
		segment_unref(s);
	}
	g->tail = before;
	while (g->first) {
		n = g->first;
		struct item *items = n->first;
		n->first = NULL;
		group_resolve_locked(g, n, rc);
		if (g->sealed)
			items_free(items);
		else
			blobs_keep_locked(g, items);
	}
}

void log_seal(struct local *l, const char *reason)
{
	struct log *g = &l->log;
	pthread_mutex_lock(&g->lock);
	bool first = !g->sealed;
	g->sealed = true;
	if (first)
		(void)snprintf(g->reason, sizeof g->reason, "%s", reason); // may be cut
	atomic_store(&g->broken, true);
	pthread_mutex_unlock(&g->lock);
	if (first)
		log_error("store", "%s is read-only from now on: %s", l->dir, reason);
}

void log_set_full(struct local *l, bool full)
{
	pthread_mutex_lock(&l->log.lock);
	l->log.full = full;
	pthread_mutex_unlock(&l->log.lock);
}

// --- leading ---

// Up to three vectors for each item. NULL: out of memory.
static struct iovec *group_vectors(struct group *n, uint32_t seed, size_t *ret_count)
{
	static const char zeros[PAGE];
	struct iovec *iov = malloc((2 + 3 * (size_t)n->frames) * sizeof *iov);
	if (!iov)
		return NULL;
	size_t k = 0;
	struct group_fields fields = { n->before, n->bytes, n->frames, clock_real() };
	group_fields_encode(n->header + FRAME_HEADER, &fields);
	struct frame f = { .length = GROUP_PAYLOAD,
		.first = GROUP_PAYLOAD,
		.seq = n->seq,
		.type = FRAME_GROUP,
		.version = FRAME_VERSION,
		.first_crc = crc32c(0, span_of(n->header + FRAME_HEADER, GROUP_PAYLOAD)) };
	frame_encode(n->header, &f, seed);
	iov[k++] = (struct iovec){ n->header, GROUP_FRAME };
	for (struct item *it = n->first; it; it = it->next) {
		frame_encode(it->bytes, &it->frame, seed);
		iov[k++] = (struct iovec){ it->bytes, it->inline_n };
		if (it->body.n == 0)
			continue;
		// iov_base is not const in the system's interface; pwritev only reads.
		iov[k++] = (struct iovec){ (void *)(uintptr_t)it->body.p, it->body.n };
		size_t pad = -(size_t)it->frame.length & 7;
		if (pad)
			iov[k++] = (struct iovec){ (void *)(uintptr_t)zeros, pad };
	}
	// Up to the end of the page, which belongs to the next group: the kernel need not read what the page held before.
	size_t rest = -(size_t)(n->start + n->bytes) & (PAGE - 1);
	if (rest)
		iov[k++] = (struct iovec){ (void *)(uintptr_t)zeros, rest };
	*ret_count = k;
	return iov;
}

static bool errno_is_space(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

// The segment of the group, made if the keeper has not.
static int group_segment(
	struct op *op, struct local *l, const struct group *n, struct segment **ret_segment)
{
	struct segment *s = segment_ref(&l->segments, n->segment);
	if (!s) {
		int rc = segment_make(op, &l->segments, n->segment, n->size);
		s = rc ? NULL : segment_ref(&l->segments, n->segment);
		if (!s)
			return rc ? rc : op_fail(op, RC_IO, "the new log segment is gone");
	}
	*ret_segment = s;
	return 0;
}

// The group has more in the reserve than what frees space: the next segment is made if it is not there. Only a full disk matters: whatever else is wrong,
// who goes on there is told.
static int group_reserve(struct op *op, struct local *l, const struct group *n)
{
	if (!n->next_size)
		return 0;
	int rc = segment_make(op, &l->segments, n->segment + 1, n->next_size);
	return rc == RC_NOSPACE ? rc : 0;
}

// What the disk gets of the group. (Of one that fails it may be less.)
static void written_count(struct log *g, const struct group *n)
{
	uint64_t from = n->start & ~(uint64_t)(PAGE - 1), moved = 0, checkpointed = 0;
	uint64_t to = ((uint64_t)n->start + n->bytes + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	for (const struct item *it = n->first; it; it = it->next) {
		uint32_t size = frame_size(it->frame.length);
		if (it->frame.type == FRAME_INDEX || it->frame.type == FRAME_CHECKPOINT)
			checkpointed += size;
		else if (it->frame.type != FRAME_BATCH && it->frees) // as only sweeps ask for
			moved += size;
	}
	atomic_fetch_add(&g->written, to - from);
	atomic_fetch_add(&g->moved, moved);
	atomic_fetch_add(&g->checkpointed, checkpointed);
}

// Whether the segment can be written past the page cache. Its descriptor is opened for the first group that is.
static bool is_direct(struct local *l, struct segment *s)
{
	if (!atomic_load(&l->log.past_cache))
		return false;
	if (s->direct == SEGMENT_NOT_OPENED)
		segment_open_for_direct(s);
	return s->direct >= 0;
}

static int group_write_direct(struct local *l, const struct segment *s, const struct group *n,
	const struct iovec *iov, size_t count)
{
	struct stage *g = &l->log.stage;
	struct span pages;
	int error = stage_lay(g, s, n->start, iov, count, &pages);
	if (!error)
		error = file_write_direct(l->files, s->direct, pages, n->start & ~(FILE_UNIT - 1));
	if (!error)
		stage_keep(g, pos_of(n->segment, n->start + n->bytes));
	return error;
}

// What a direct write fails with when the disk is sound: the page cache may still take the group, and is the one to say what became of it. It is written whole
// again, so nothing hangs on what the first attempt left.
static bool is_for_the_cache(const struct local *l, struct segment *s, int error)
{
	if (error == EINVAL && s->direct >= 0) {
		log_error("store",
			"%s: log segment %" PRIx32 " cannot be written past the page cache", l->dir,
			atomic_load(&s->number));
		segment_close_direct(s);
	}
	return error == EINVAL || error == ENOMEM || errno_is_space(error);
}

static int group_write_cached(struct local *l, const struct segment *s, const struct group *n,
	struct iovec *iov, size_t count)
{
	int error = file_writev(l->files, s->fd, iov, count, n->start);
	if (error)
		return error;
	error = file_sync(l->files, s->fd);
	return errno_is_space(error) ? EIO : error; // what the disk has of it is not known
}

static int group_write(struct op *op, struct local *l, struct group *n)
{
	struct segment *s = NULL;
	int rc = group_segment(op, l, n, &s);
	if (rc == 0)
		rc = group_reserve(op, l, n);
	if (rc == RC_NOSPACE) { // from now on only what frees space
		log_set_full(l, true);
		keeper_poke(l); // which finds out when that ends
	}
	if (rc) {
		segment_unref(s);
		return rc;
	}
	size_t count;
	struct iovec *iov = group_vectors(n, s->seed, &count);
	if (!iov) {
		segment_unref(s);
		return op_fail(op, RC_NOSPACE, "out of memory for a write");
	}
	bool direct = is_direct(l, s);
	int error = direct ? group_write_direct(l, s, n, iov, count) : 0;
	if (!direct || is_for_the_cache(l, s, error))
		error = group_write_cached(l, s, n, iov, count);
	free(iov);
	written_count(&l->log, n);
	if (error)
		rc = op_fail_errno(op, errno_is_space(error) ? RC_NOSPACE : RC_IO, error,
			"cannot write to the log");
	segment_unref(s);
	return rc;
}

// The group is durable: while nothing but memory is missing it is not given up.
static int drain_surely(struct op *op, struct local *l)
{
	const struct timespec t = { 0, (long)(10 * NS_PER_MS) };
	int rc = pending_drain(op, l);
	for (unsigned i = 0; rc == RC_NOMEM && i < DRAIN_TRIES; i++) {
		(void)nanosleep(&t, NULL); // shorter is fine
		rc = pending_drain(op, l);
	}
	return rc;
}

static int group_apply(struct op *op, struct local *l, struct group *n)
{
	struct applier a;
	if (apply_later(l, n)) {
		// Its failure does not concern this group, which is durable, and visible to whoever can still read it.
		if (atomic_load(&l->pending.bytes) > PENDING_BYTES_MAX)
			(void)pending_drain(op, l);
		return 0;
	}
	int rc = drain_surely(op, l);
	if (rc == 0)
		rc = applier_begin(op, l, &a);
	if (rc)
		return rc;
	if (pos_segment(n->before) != n->segment)
		applier_segment(&a, pos_segment(n->before), pos_offset(n->before));
	for (struct item *it = n->first; it && rc == 0; it = it->next)
		rc = applier_frame(op, &a, it->pos, &it->frame, item_first(it));
	uint64_t end = pos_of(n->segment, n->start + n->bytes);
	if (rc == 0)
		rc = applier_write(op, &a, end, n->last_seq);
	applier_done(&a);
	return rc;
}

// What a resolved group still has to do without a lock: tell the watchers, free.
static void group_tell(struct local *l, struct item *items)
{
	for (struct item *it = items; it; it = it->next)
		if (it->frame.type == FRAME_BATCH)
			watches_tell(&l->head.watches, load_u64(item_first(it)));
	items_free(items);
}

static void seal_locked(struct op *op, struct local *l, int rc)
{
	pthread_mutex_unlock(&l->log.lock);
	log_seal(l, op_text(op, rc));
	pthread_mutex_lock(&l->log.lock);
}

// Entered with `writing` set. Groups before it are being applied: they are good, or take this one with them.
static void write_failed_locked(struct op *op, struct local *l, struct group *n, int rc)
{
	struct log *g = &l->log;
	g->halted = true;
	g->writing = false;
	pthread_cond_broadcast(&g->turn);
	while (!n->done && g->first != n)
		pthread_cond_wait(&g->turn, &g->lock);
	if (rc != RC_NOSPACE)
		seal_locked(op, l, rc);
	if (!n->done)
		groups_fail_locked(g, l, rc);
	g->halted = false;
}

static void apply_failed_locked(struct op *op, struct local *l, int rc)
{
	struct log *g = &l->log;
	g->halted = true;
	seal_locked(op, l, rc);
	while (g->writing) // the next group is in the middle of its write
		pthread_cond_wait(&g->turn, &g->lock);
	groups_fail_locked(g, l, RC_IO);
	g->halted = false;
}

static void apply_in_turn_locked(struct op *op, struct local *l, struct group *n)
{
	struct log *g = &l->log;
	while (!n->done && g->applied != n->serial - 1)
		pthread_cond_wait(&g->turn, &g->lock);
	if (n->done) // one before it could not be applied
		return;
	pthread_mutex_unlock(&g->lock);
	int rc = group_apply(op, l, n);
	uint64_t commits = 0;
	for (struct item *it = n->first; it && rc == 0; it = it->next)
		commits += it->commit;
	atomic_fetch_add(&g->groups, 1);
	atomic_fetch_add(&g->commits, commits);
	atomic_fetch_add(&g->group_bytes, n->bytes);
	pthread_mutex_lock(&g->lock);
	if (rc) {
		apply_failed_locked(op, l, rc);
		return;
	}
	log_visible_set(l, pos_of(n->segment, n->start + n->bytes));
	struct item *items = n->first;
	n->first = NULL;
	group_resolve_locked(g, n, 0);
	decided_call_locked(g);
	pthread_mutex_unlock(&g->lock);
	group_tell(l, items);
	pthread_mutex_lock(&g->lock);
}

// A group that somebody waits for without a thread, or in one that does not lead.
static bool has_told_locked(const struct log *g)
{
	const struct group *n = g->unwritten;
	while (n && !n->told && !n->handed)
		n = n->next;
	return n != NULL;
}

static void writer_call_locked(struct log *g)
{
	if (!g->writer_awake) {
		g->writer_awake = true;
		pthread_cond_signal(&g->writer_wake);
	}
}

// Somebody who sleeps leads on.
static void next_leader_locked(struct log *g)
{
	for (struct group *n = g->unwritten; n; n = n->next)
		if (n->waiters) {
			pthread_cond_signal(&n->done_cond);
			return;
		}
	if (has_told_locked(g))
		writer_call_locked(g);
}

// Writes and applies the first unwritten group. Entered and left with the lock; it is not held over the disk.
static void lead_locked(struct op *op, struct local *l)
{
	struct log *g = &l->log;
	struct group *n = g->unwritten;
	g->unwritten = n->next;
	if (g->open == n)
		g->open = NULL;
	g->writing = true;
	n->waiters++; // keeps it while the lock is dropped
	bool moved = n->segment != pos_segment(n->before);
	runway_clear_locked(g, n);
	pthread_mutex_unlock(&g->lock);
	int rc = group_write(op, l, n);
	if (rc == 0 && moved) {
		struct segment *left = segment_ref(&l->segments, pos_segment(n->before));
		if (left)
			segment_close_for_writing(left, pos_offset(n->before));
		segment_unref(left);
		keeper_poke(l); // for the segment after this one
	}
	pthread_mutex_lock(&g->lock);
	if (rc) {
		write_failed_locked(op, l, n, rc);
	} else {
		g->writing = false;
		pthread_cond_broadcast(&g->turn);
		next_leader_locked(g);
		apply_in_turn_locked(op, l, n);
	}
	decided_call_locked(g);
	if (--n->waiters == 0)
		group_free(n);
}

// --- visible, and what is not yet ---

void log_visible_set(struct local *l, uint64_t pos)
{
	atomic_store(&l->log.visible, pos);
	// The tail never goes back behind what is visible: what is put from now on lies at `pos` or behind.
	atomic_store(&l->head.writers.floor, pos);
}

static void oldest_of_items(const struct item *it, uint64_t *oldest)
{
	for (; it; it = it->next) {
		if (it->frame.type != FRAME_BLOB)
			continue;
		const char *payload = it->bytes + FRAME_HEADER;
		uint32_t count = load_u32(payload + 56);
		for (uint32_t i = 0; i < count; i++) {
			uint64_t pos = blob_extent_at(payload, i).pos;
			if (pos < *oldest)
				*oldest = pos;
		}
	}
}

uint64_t log_line_oldest(struct local *l)
{
	struct log *g = &l->log;
	uint64_t oldest = UINT64_MAX;
	pthread_mutex_lock(&g->lock);
	for (const struct group *n = g->first; n; n = n->next)
		oldest_of_items(n->first, &oldest);
	oldest_of_items(g->leftover, &oldest);
	pthread_mutex_unlock(&g->lock);
	return oldest;
}

// --- waiting ---

static int outcome_locked(struct op *op, const struct log *g, uint64_t serial)
{
	for (size_t i = g->failed_count; i-- > 0;)
		if (serial >= g->failed[i].from && serial <= g->failed[i].to)
			return op_fail(op, g->failed[i].rc, "the change could not be written%s%s",
				g->sealed ? ": " : "", g->sealed ? g->reason : "");
	return 0;
}

static struct group *group_find_locked(const struct log *g, uint64_t serial)
{
	struct group *n = g->first;
	while (n && n->serial != serial)
		n = n->next;
	return n;
}

static void wait_locked(struct op *op, struct local *l, uint64_t serial)
{
	struct log *g = &l->log;
	bool leads = !l->has_writer || !crew_is_back();
	while (g->resolved < serial) {
		struct group *n = group_find_locked(g, serial);
		must(n);
		if (!g->writing && !g->halted && g->unwritten && g->unwritten->serial <= serial) {
			if (leads) {
				lead_locked(op, l);
				continue;
			}
			n->handed = true;
			writer_call_locked(g);
		}
		n->waiters++;
		pthread_cond_wait(&n->done_cond, &g->lock);
		if (--n->waiters == 0 && n->done)
			group_free(n);
	}
}

int log_wait(struct op *op, struct local *l, uint64_t serial)
{
	struct log *g = &l->log;
	pthread_mutex_lock(&g->lock);
	if (serial >= g->next_serial) {
		pthread_mutex_unlock(&g->lock);
		return op_fail(op, RC_CANNOT, "no such commit");
	}
	if (g->resolved < serial) {
		// The operation's own error record and arena are not for the group's work.
		struct op work;
		op_init(&work, 0);
		pthread_mutex_unlock(&g->lock);
		crew_block_begin(CREW_DISK);
		pthread_mutex_lock(&g->lock);
		wait_locked(&work, l, serial);
		pthread_mutex_unlock(&g->lock);
		crew_block_end();
		op_done(&work);
		pthread_mutex_lock(&g->lock);
	}
	int rc = outcome_locked(op, g, serial);
	pthread_mutex_unlock(&g->lock);
	return rc;
}

int log_wait_later(struct op *op, struct local *l, uint64_t serial, struct store_waiter *w)
{
	struct log *g = &l->log;
	pthread_mutex_lock(&g->lock);
	bool later = serial < g->next_serial && g->resolved < serial &&
		(g->writing || g->halted || g->writer_awake);
	if (later) {
		struct group *n = group_find_locked(g, serial);
		must(n);
		w->next = n->told;
		n->told = w;
	}
	pthread_mutex_unlock(&g->lock);
	return later ? STORE_LATER : log_wait(op, l, serial);
}

static void *writer_run(void *arg)
{
	struct local *l = arg;
	struct log *g = &l->log;
	struct op op;
	op_init(&op, 0);
	pthread_mutex_lock(&g->lock);
	while (!g->writer_stop) {
		if (!has_told_locked(g)) {
			g->writer_awake = false;
			while (!g->writer_awake && !g->writer_stop)
				pthread_cond_wait(&g->writer_wake, &g->lock);
		} else if (g->writing || g->halted) {
			pthread_cond_wait(&g->turn, &g->lock);
		} else {
			lead_locked(&op, l);
			op_reset(&op);
		}
	}
	pthread_mutex_unlock(&g->lock);
	op_done(&op);
	return NULL;
}

int writer_start(struct op *op, struct local *l)
{
	int error = thread_quiet(&l->writer, writer_run, l);
	if (error)
		return op_fail_errno(op, RC_UNAVAILABLE, error, "cannot start a thread");
	l->has_writer = true;
	return 0;
}

void writer_stop(struct local *l)
{
	if (!l->has_writer)
		return;
	pthread_mutex_lock(&l->log.lock);
	l->log.writer_stop = true;
	pthread_cond_signal(&l->log.writer_wake);
	pthread_mutex_unlock(&l->log.lock);
	(void)pthread_join(l->writer, NULL); // it is ours and joinable
	l->has_writer = false;
}

int log_settle(struct op *op, struct local *l)
{
	pthread_mutex_lock(&l->log.lock);
	uint64_t serial = l->log.last ? l->log.last->serial : 0;
	pthread_mutex_unlock(&l->log.lock);
	return serial ? log_wait(op, l, serial) : 0;
}
