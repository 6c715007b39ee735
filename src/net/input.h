// SPDX-License-Identifier: Apache-2.0
// Starling: bytes received and not yet consumed. Its memory comes from a pool when input arrives and goes back when all
// is consumed and the connection parks; what stays unconsumed then is kept in as little memory as holds it.
// Zeroed is empty. One thread at a time.
#ifndef NET_INPUT_H
#define NET_INPUT_H

#include "base/span.h"
#include "run/pool.h"

struct input {
	char *p;
	size_t start, end, cap; // unread bytes are start .. end
	bool is_pooled;         // p is a block of the pool
};

void input_done(struct input *in, struct pool *pool);
static inline size_t input_size(const struct input *in)
{
	return in->end - in->start;
}
static inline struct span input_span(const struct input *in)
{
	return (struct span){ in->p ? in->p + in->start : "", in->end - in->start };
}
// Room behind the unread bytes for at least `least` (> 0) more; *ret_n says how much there is. NULL: out of memory.
// Moves the unread bytes.
char *input_room(struct input *in, struct pool *pool, size_t least, size_t *ret_n) must_use;
static inline void input_added(struct input *in, size_t n)
{
	in->end += n;
}
void input_consume(struct input *in, size_t n);
// The connection parks: gives back memory that is not needed.
void input_park(struct input *in, struct pool *pool);

#endif
