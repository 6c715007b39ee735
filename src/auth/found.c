// SPDX-License-Identifier: Apache-2.0
// A table in which a request has one place, by its hash; the one that comes later takes it.
#include "auth/found.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/must.h"

#include <pthread.h>
#include <stdlib.h>

struct place {
	uint64_t until; // clock_mono(); 0: nothing
	struct buf request, user;
	size_t which;
};
struct found {
	pthread_mutex_t lock; // guards the places; a leaf
	struct place places[AUTH_FOUND_KEPT];
};

int found_new(struct op *op, struct found **ret_found)
{
	struct found *f = calloc(1, sizeof *f);
	if (!f)
		return op_fail(op, RC_NOMEM, "out of memory");
	must(pthread_mutex_init(&f->lock, NULL) == 0);
	*ret_found = f;
	return 0;
}

void found_free(struct found *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < AUTH_FOUND_KEPT; i++) {
		buf_done(&f->places[i].request);
		buf_done(&f->places[i].user);
	}
	pthread_mutex_destroy(&f->lock);
	free(f);
}

static struct place *place_of(struct found *f, struct span request)
{
	return &f->places[hash_span(request) % AUTH_FOUND_KEPT];
}

bool found_get(struct op *op, struct found *f, uint64_t now, struct span request,
	struct span *ret_user, size_t *ret_which)
{
	struct span user = SPAN_NONE;
	pthread_mutex_lock(&f->lock);
	const struct place *p = place_of(f, request);
	if (p->until > now && span_eq(buf_span(&p->request), request)) {
		user = arena_dup(&op->arena, buf_span(&p->user));
		*ret_which = p->which;
	}
	pthread_mutex_unlock(&f->lock);
	if (user.p)
		*ret_user = user;
	return user.p != NULL;
}

void found_put(struct found *f, uint64_t now, struct span request, struct span user, size_t which)
{
	if (request.n > AUTH_FOUND_OCTETS)
		return;
	pthread_mutex_lock(&f->lock);
	struct place *p = place_of(f, request);
	buf_reset(&p->request);
	buf_reset(&p->user);
	buf_add(&p->request, request);
	buf_add(&p->user, user);
	p->which = which;
	p->until = now + AUTH_FOUND_MS * NS_PER_MS;
	if (p->request.failed || p->user.failed) {
		buf_done(&p->request);
		buf_done(&p->user);
		p->until = 0;
	}
	pthread_mutex_unlock(&f->lock);
}
