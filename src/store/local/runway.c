// SPDX-License-Identifier: Apache-2.0
// Which blocks have been written is known of a segment that was made since the start: none of a new file, all of a recycled one. Of the one that a start
// finds it is not (SEEK_HOLE takes what recovery has just read for written): its rest is written ahead, perhaps once more. A segment is held
// while that is done, so that its file is not recycled meanwhile. Zeros behind the end of the log mean nothing to recovery, nor does what
// they overwrite there.
#include "store/local/runway.h"

#include "base/log.h"
#include "store/local/local_priv.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define PIECE (UINT64_C(1) << 20) // also the distance to the log, so that it seldom has to wait

static uint64_t round_up(uint64_t offset)
{
	return (offset + FILE_UNIT - 1) & ~(uint64_t)(FILE_UNIT - 1);
}

void runway_clear_locked(struct log *g, const struct group *n)
{
	uint64_t from = pos_of(n->segment, n->start & ~(FILE_UNIT - 1));
	uint64_t to = pos_of(n->segment, 0) + round_up((uint64_t)n->start + n->bytes);
	while (from < g->ahead_to && to > g->ahead_from)
		pthread_cond_wait(&g->turn, &g->lock);
}

// The next piece up to `goal`. False: none.
static bool piece_claim(struct log *g, struct segment *s, uint64_t goal, uint64_t *ret_to)
{
	uint64_t start = pos_of(atomic_load(&s->number), 0);
	pthread_mutex_lock(&g->lock);
	uint64_t end = g->tail > start ? g->tail - start : SEGMENT_HEADER;
	if (s->ahead_to < end + PIECE && g->tail > start)
		s->ahead_to = round_up(end) + PIECE;
	uint64_t to = s->ahead_to + PIECE < s->size ? s->ahead_to + PIECE : s->size;
	// Behind its last block when the log has gone on to the next segment.
	bool due = !g->sealed && s->ahead_to < goal && s->ahead_to < to;
	if (due) {
		g->ahead_from = start + s->ahead_to;
		g->ahead_to = start + to;
	}
	pthread_mutex_unlock(&g->lock);
	*ret_to = to;
	return due;
}

static void piece_release(struct log *g)
{
	pthread_mutex_lock(&g->lock);
	g->ahead_from = g->ahead_to = 0;
	pthread_cond_broadcast(&g->turn);
	pthread_mutex_unlock(&g->lock);
}

static void segment_extend(struct local *l, struct segment *s, uint64_t goal)
{
	int fd = -1;
	uint64_t to;
	goal = goal < s->size ? goal : s->size;
	if (s->ahead_to >= goal)
		return;
	if (!s->ahead_to)
		s->ahead_to = SEGMENT_HEADER;
	int error = segment_open_direct(s, &fd);
	while (!error && piece_claim(&l->log, s, goal, &to)) {
		error = file_fill(l->files, fd, s->ahead_to, to);
		piece_release(&l->log);
		if (error)
			break;
		atomic_fetch_add_explicit(
			&l->segments.ahead, to - s->ahead_to, memory_order_relaxed);
		s->ahead_to = to;
	}
	if (fd >= 0)
		(void)close(fd); // every write was synced
	if (error) {
		log_error("store", "%s: cannot write ahead in log segment %" PRIx32 ": %s", l->dir,
			atomic_load(&s->number), strerrordesc_np(error));
		s->ahead_to = s->size; // not tried again
	}
}

void runway_extend(struct local *l, uint64_t want)
{
	pthread_mutex_lock(&l->log.lock);
	uint64_t tail = l->log.tail;
	pthread_mutex_unlock(&l->log.lock);
	struct segment *s = segment_ref(&l->segments, pos_segment(tail));
	if (!s) // the log has only just gone there
		return;
	uint64_t goal = pos_offset(tail) + want, size = s->size;
	segment_extend(l, s, goal);
	segment_unref(s);
	if (goal <= size)
		return;
	s = segment_ref(&l->segments, pos_segment(tail) + 1);
	if (s) {
		segment_extend(l, s, SEGMENT_HEADER + goal - size);
		segment_unref(s);
	}
}
