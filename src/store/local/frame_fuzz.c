// SPDX-License-Identifier: Apache-2.0
// The log alone: one segment whose octets are damaged (seed_testing.h) is followed as recovery does. What is given out without forged
// checksums are frames that were written, in order and without a gap; what was durable and is damaged is called so, and not a torn end.
#include "base/log.h"
#include "store/local/seed_testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	const struct seed *v;
	uint64_t pos;
	bool forged;
	size_t frames;
};

// Everything that decodes a frame, whatever it says.
static void frame_use(const struct log_frame *f)
{
	struct blob_fields b;
	must(frame_is_known(&f->frame));
	if (f->frame.type == FRAME_BLOB && blob_fields_decode(&f->frame, f->payload, &b))
		for (uint32_t i = 0; i < b.extent_count; i++)
			must(blob_extent_at(f->payload, i).n + 1 > 0);
	if (f->frame.type == FRAME_BATCH && f->frame.first >= 8) {
		struct reader r = reader_of(span_of(f->payload + 8, f->frame.first - 8));
		struct change c;
		while (change_next(&r, &c))
			must(c.key.n <= STORE_KEY_MAX);
	}
}

static int each(struct op *op, void *ctx, const struct log_frame *f)
{
	struct seen *s = ctx;
	uint32_t at = pos_offset(f->pos);
	(void)op;
	must(f->pos >= s->pos);
	s->pos = f->pos + frame_size(f->frame.length);
	s->frames++;
	frame_use(f);
	size_t n = FRAME_HEADER + f->frame.length;
	must(s->forged ||
		(at + n <= s->v->log->n &&
			memcmp(f->segment->map + at, s->v->log->bytes + at, n) == 0));
	return 0;
}

// Whether a group behind `end` is as it was written, and says that what is at `end` was durable.
static bool was_durable(const struct seed *v, const char *log, uint64_t end)
{
	struct frame f;
	for (uint32_t at = SEGMENT_HEADER; at < v->log->n; at += frame_size(f.length)) {
		must(frame_decode(v->log->bytes + at, v->nonce_seed, &f));
		if (f.type == FRAME_GROUP && at > pos_offset(end) &&
			group_fields_decode(v->log->bytes + at + FRAME_HEADER).before > end &&
			memcmp(log + at, v->log->bytes + at, GROUP_FRAME) == 0)
			return true;
	}
	return false;
}

static void follow(const struct seed *v, const char *dir, const char *log, bool forged)
{
	struct op op;
	struct local l = { .reader = true };
	struct log_end end;
	struct seen seen = { .v = v, .forged = forged };
	op_init(&op, 0);
	must(segments_init(&op, &l.segments, NULL, dir) == 0);
	int rc = segment_open(&op, &l.segments, 1, false);
	must(rc == 0 || rc == RC_CORRUPT || rc == RC_VERSION);
	if (rc == 0)
		rc = log_follow(&op, &l, pos_of(1, SEGMENT_HEADER), 0, each, &seen, &end);
	else
		rc = 1;
	if (rc == 0 && !forged) {
		must(end.pos <= pos_of(1, (uint32_t)v->log->n));
		must(end.corrupt == was_durable(v, log, end.pos));
	}
	must(rc >= 0 || rc == RC_VERSION);
	segment_drop(&l.segments, 1);
	segments_done(&l.segments);
	op_done(&op);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char dir[64], path[96], *log;
	static int fd = -1;
	const struct seed *v = seed_make();
	struct reader in = reader_of(span_of(data, size));
	bool forged = false;
	if (fd < 0) {
		log_level_set(LOG_ERROR_ + 1);
		(void)snprintf(dir, sizeof dir, "%s", v->dir);
		must(mkdir(dir, 0700) == 0);
		(void)snprintf(path, sizeof path, "%s/00000001.log", dir);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		log = malloc(v->log->n);
		must(fd >= 0 && log && ftruncate(fd, SEGMENT_MIN) == 0);
	}
	memcpy(log, v->log->bytes, v->log->n);
	seed_damage(v, log, v->log->n, &in, &forged);
	must(pwrite(fd, log, v->log->n, 0) == (ssize_t)v->log->n);
	follow(v, dir, log, forged || memcmp(log, v->log->bytes, SEGMENT_HEADER) != 0);
	return 0;
}
