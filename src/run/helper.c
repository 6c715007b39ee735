// SPDX-License-Identifier: Apache-2.0
// Two kinds of seats (sockets): those for threads that wait, and those whose answers tasks of the crew read. A call without a thread is in line, or has a
// seat, or is done. Its seat stays busy until the answer comes, also when nobody waits for it any more.
//
// The keeper is a task that sees to time: a seat that has been busy for too long, calls that have been in line for too long, and a helper that must be
// started while calls are in line. It alone blocks, while it starts one. It does so only where its kind of blocking has room at once: who says that he starts
// the helper may wait for nobody, since all who have that room may be threads that wait until it is started. One of them starts it then.
//
// Locks: helper.lock guards all but the configuration. It is not held while anything blocks: to send a request to a free seat does not. Calls are told of
// their outcome, and tasks woken, under it: the crew's lock is taken below.
#include "run/helper.h"

#include "base/attr.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "run/crew.h"
#include "run/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define NO_ROOM_NS (10 * NS_PER_MS) // until the keeper looks again

struct seat {             // our end of one socket
	struct task task; // of the parked kind; its fd is the socket, of the other kind, too
	struct helper *helper;
	struct seat *next, *next_free;
	char *bytes; // room for an answer; whoever reads it
	uint64_t generation;
	bool is_parked; // of that kind
	bool is_task;   // the crew has it, and frees it when it is dead
	bool busy;      // a request was sent, its answer has not come
	bool dead;      // the helper that it leads to is
	struct helper_call
		*call;  // the parked kind: who waits for the answer; NULL: nobody (any more)
	uint64_t until; // busy, the parked kind: when the helper is taken for dead
};
struct helper_call {
	struct helper *helper;
	struct helper_call *prev, *next; // in line
	struct seat *seat;               // NULL: in line, or done
	struct buf bytes;                // in line: the request; done: the answer
	size_t octets;                   // of the request
	uint64_t until;                  // in line: for how long
	uint64_t generation;
	bool done;
	int rc;                      // done: 0, RC_UNAVAILABLE, RC_NOMEM
	void (*answered)(void *ctx); // NULL: nobody wants to know
	void *ctx;
	bool (*then)(struct span answer, struct buf *ret_request); // of who has left; or NULL
};
struct helper {
	struct helper_config config;
	pthread_mutex_t lock;
	pthread_cond_t changed; // for threads: a seat is free, or the helper is dead or started
	struct seat *seats;     // all there are, dead ones that somebody still has among them
	struct seat *free_asked, *free_parked;
	struct helper_call *first, *last; // in line
	size_t line_octets;
	bool open, starting;
	bool refused; // the last start failed: until the next may be tried, nobody waits for it
	uint64_t generation, started; // started: clock_mono() of the last start
	struct crew *crew;            // NULL: not attached
	struct task keeper;
	bool keeper_watches; // it has a deadline
	bool stopping;       // the crew is: no more calls without a thread
	unsigned tasks;      // that the crew has
};

// --- calls in line ---

// Until when one that comes now may be there.
static uint64_t line_until(const struct helper *h)
{
	return clock_mono() + 2 * h->config.answer_seconds * NS_PER_S;
}

static void line_add_locked(struct helper *h, struct helper_call *call)
{
	call->prev = h->last;
	*(h->last ? &h->last->next : &h->first) = call;
	h->last = call;
	h->line_octets += call->octets;
}

static void line_remove_locked(struct helper *h, struct helper_call *call)
{
	*(call->prev ? &call->prev->next : &h->first) = call->next;
	*(call->next ? &call->next->prev : &h->last) = call->prev;
	call->prev = call->next = NULL;
	h->line_octets -= call->octets;
}

static void wipe(struct buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->n);
	buf_done(b);
}

static void call_free(struct helper_call *call)
{
	wipe(&call->bytes);
	free(call);
}

static void call_end_locked(struct helper_call *call, int rc)
{
	call->seat = NULL;
	call->done = true;
	call->rc = rc;
	if (call->answered)
		call->answered(call->ctx);
	else
		call_free(call);
}

static void line_refuse_locked(struct helper *h)
{
	struct helper_call *call;
	while ((call = h->first)) {
		line_remove_locked(h, call);
		call_end_locked(call, RC_UNAVAILABLE);
	}
}

// --- seats ---

static void seat_free(struct seat *seat)
{
	if (seat->task.fd >= 0)
		close(seat->task.fd);
	free(seat->bytes);
	free(seat);
}

static void seat_remove_locked(struct helper *h, struct seat *seat)
{
	struct seat **at = &h->seats;
	while (*at != seat)
		at = &(*at)->next;
	*at = seat->next;
}

// Free again, or new.
static void seat_release_locked(struct helper *h, struct seat *seat)
{
	struct seat **list = seat->is_parked ? &h->free_parked : &h->free_asked;
	seat->busy = false;
	seat->next_free = *list;
	*list = seat;
}

static struct seat *seat_take_locked(struct seat **list)
{
	struct seat *seat = *list;
	*list = seat->next_free;
	seat->busy = true;
	return seat;
}

// Whoever waits for an answer has none. Seats that a thread or a task has are freed by these.
static void died_locked(struct helper *h)
{
	log_error("server", "the %s has died; another will be started", h->config.name);
	h->open = false;
	h->free_asked = h->free_parked = NULL;
	for (struct seat *seat = h->seats, *next; seat; seat = next) {
		next = seat->next;
		if (seat->dead)
			continue;
		seat->dead = true;
		if (seat->call)
			call_end_locked(seat->call, RC_UNAVAILABLE);
		seat->call = NULL;
		if (seat->is_task) {
			task_wake(&seat->task);
		} else if (!seat->busy) {
			seat_remove_locked(h, seat);
			seat_free(seat);
		}
	}
	pthread_cond_broadcast(&h->changed);
	if (h->first)
		task_wake(&h->keeper);
}

// Gives the call a free seat; it is in line still. False: the helper is dead, and the call still has its request.
static bool send_locked(struct helper *h, struct helper_call *call)
{
	struct seat *seat = seat_take_locked(&h->free_parked);
	ssize_t n;
	do
		n = send(seat->task.fd, call->bytes.p, call->bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n <= 0) {
		died_locked(h);
		return false;
	}
	wipe(&call->bytes);
	seat->call = call;
	seat->until = clock_mono() + h->config.answer_seconds * NS_PER_S;
	call->seat = seat;
	if (!h->keeper_watches) {
		h->keeper_watches = true;
		task_wake(&h->keeper);
	}
	return true;
}

static void line_move_locked(struct helper *h)
{
	struct helper_call *call;
	while (h->free_parked && (call = h->first) && send_locked(h, call))
		line_remove_locked(h, call);
}

// --- the tasks ---

// Once for all: each task is told.
static void stop_locked(struct helper *h)
{
	if (h->stopping)
		return;
	h->stopping = true;
	h->free_parked = NULL;
	line_refuse_locked(h);
	for (struct seat *seat = h->seats; seat; seat = seat->next) {
		if (seat->call)
			call_end_locked(seat->call, RC_UNAVAILABLE);
		seat->call = NULL;
	}
}

// Who asked has left: what is to be done about the answer takes the call's place, in line.
static void follow_locked(struct helper *h, struct helper_call *call, struct span answer)
{
	struct buf *b = &call->bytes;
	bool more = call->then(answer, b) && !b->failed && b->n <= h->config.message_max;
	if (!more) {
		call_free(call);
		return;
	}
	call->then = NULL;
	call->seat = NULL;
	call->octets = b->n;
	call->until = line_until(h);
	line_add_locked(h, call);
}

static void answered_locked(struct helper *h, struct seat *seat, size_t n)
{
	struct helper_call *call = seat->call;
	seat->call = NULL;
	if (call && call->then) {
		follow_locked(h, call, span_of(seat->bytes, n));
	} else if (call) {
		buf_add(&call->bytes, span_of(seat->bytes, n));
		call->generation = seat->generation;
		call_end_locked(call, call->bytes.failed ? RC_NOMEM : 0);
	}
	seat_release_locked(h, seat);
	line_move_locked(h);
}

static enum task_next seat_run(struct task *t, unsigned wake)
{
	struct seat *seat = container_of(t, struct seat, task);
	struct helper *h = seat->helper;
	ssize_t n;
	do
		n = recv(t->fd, seat->bytes, h->config.message_max, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	bool nothing = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
	pthread_mutex_lock(&h->lock);
	if (wake & TASK_STOPPING)
		stop_locked(h);
	bool over = seat->dead || h->stopping;
	if (!over && !nothing) {
		over = n <= 0 || !seat->busy; // or it says what nobody has asked for
		if (over)
			died_locked(h);
		else
			answered_locked(h, seat, (size_t)n);
	}
	pthread_mutex_unlock(&h->lock);
	if (n > 0)
		explicit_bzero(seat->bytes, (size_t)n);
	return over ? TASK_END : TASK_PARK;
}

static void seat_ended(struct task *t)
{
	struct seat *seat = container_of(t, struct seat, task);
	struct helper *h = seat->helper;
	pthread_mutex_lock(&h->lock);
	if (!seat->dead) // the crew has ended it by force
		stop_locked(h);
	seat_remove_locked(h, seat);
	h->tasks--;
	pthread_mutex_unlock(&h->lock);
	seat_free(seat);
}

static const struct task_ops seat_ops = { .run = seat_run, .ended = seat_ended };

// --- starting ---

static struct seat *seat_new(struct helper *h, bool is_parked, int *ret_theirs)
{
	int pair[2];
	struct seat *seat = calloc(1, sizeof *seat);
	if (!seat)
		return NULL;
	seat->task = (struct task){ .ops = &seat_ops, .fd = -1, .want_read = true };
	seat->helper = h;
	seat->is_parked = is_parked;
	seat->bytes = malloc(h->config.message_max);
	if (!seat->bytes || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		seat_free(seat);
		return NULL;
	}
	seat->task.fd = pair[0];
	// A helper that hangs is taken for dead: nobody waits for ever, not even the shutdown.
	struct timeval limit = { .tv_sec = h->config.answer_seconds };
	if (setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0) {
		close(pair[1]);
		seat_free(seat);
		return NULL;
	}
	*ret_theirs = pair[1];
	return seat;
}

// A seat of the helper that was started.
static void seat_adopt_locked(struct helper *h, struct seat *seat)
{
	struct op op;
	op_init(&op, 0);
	seat->generation = h->generation;
	seat->next = h->seats;
	h->seats = seat;
	if (seat->is_parked && h->crew) {
		seat->is_task = !h->stopping && task_start(&op, h->crew, &seat->task) == 0;
		h->tasks += seat->is_task;
	}
	if (seat->is_parked && h->crew && !seat->is_task) { // the others must do
		h->seats = seat->next;
		seat_free(seat);
	} else {
		seat_release_locked(h, seat);
	}
	op_done(&op);
}

// Starts the helper; h->starting is set, which keeps others from doing the same. Blocks for as long as a program takes to start.
static int start(struct op *op, struct helper *h)
{
	int theirs[SPAWNER_SOCKETS_MAX], rc = 0;
	unsigned made = 0, most = h->config.sockets + h->config.parked;
	struct seat *seats = NULL;
	while (made < most && rc == 0) {
		struct seat *seat = seat_new(h, made >= h->config.sockets, &theirs[made]);
		if (!seat) {
			rc = op_fail_errno(
				op, RC_UNAVAILABLE, errno, "cannot reach the %s", h->config.name);
			break;
		}
		seat->next = seats;
		seats = seat;
		made++;
	}
	if (rc == 0)
		rc = spawner_start(op, h->config.spawner, h->config.which, theirs, made);
	for (unsigned i = 0; i < made; i++)
		close(theirs[i]);
	pthread_mutex_lock(&h->lock);
	h->starting = false;
	h->open = rc == 0;
	h->refused = rc < 0;
	h->generation += rc == 0;
	for (struct seat *next; seats; seats = next) {
		next = seats->next;
		if (rc == 0)
			seat_adopt_locked(h, seats);
		else
			seat_free(seats);
	}
	if (rc == 0)
		line_move_locked(h);
	else
		line_refuse_locked(h);
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
	return rc;
}

static int start_again(struct op *op, struct helper *h)
{
	int rc = start(op, h);
	if (rc < 0)
		log_error("server", "the %s cannot be started again: %s", h->config.name,
			op_text(op, rc));
	return rc;
}

static uint64_t restart_at_locked(const struct helper *h)
{
	return h->started + h->config.restart_ms * NS_PER_MS;
}

static bool may_start_locked(const struct helper *h)
{
	return !h->open && !h->starting && clock_mono() >= restart_at_locked(h);
}

// The caller calls start() then.
static void start_claim_locked(struct helper *h)
{
	h->starting = true;
	h->started = clock_mono();
}

// --- the keeper ---

static void sooner(uint64_t *deadline, uint64_t other)
{
	if (*deadline == 0 || other < *deadline)
		*deadline = other;
}

static bool is_overdue_locked(const struct helper *h, uint64_t now)
{
	for (const struct seat *seat = h->seats; seat; seat = seat->next)
		if (seat->is_parked && seat->busy && !seat->dead && seat->until <= now)
			return true;
	return false;
}

// What comes next, as clock_mono(); 0: nothing.
static uint64_t next_locked(const struct helper *h)
{
	uint64_t at = 0;
	for (const struct seat *seat = h->seats; seat; seat = seat->next)
		if (seat->is_parked && seat->busy && !seat->dead)
			sooner(&at, seat->until);
	if (h->first)
		sooner(&at, h->first->until);
	if (h->first && !h->open && !h->starting)
		sooner(&at, restart_at_locked(h));
	return at;
}

// Starts the helper for those in line. False: there is no room for who blocks.
static bool keeper_start(struct helper *h)
{
	struct op op;
	if (!crew_block_try(h->config.block))
		return false;
	pthread_mutex_lock(&h->lock);
	bool starts = !h->stopping && h->first && may_start_locked(h);
	if (starts)
		start_claim_locked(h);
	pthread_mutex_unlock(&h->lock);
	op_init(&op, 0);
	if (starts)
		(void)start_again(&op, h); // who is in line has been told
	op_done(&op);
	crew_block_end();
	return true;
}

static enum task_next keeper_run(struct task *t, unsigned wake)
{
	struct helper *h = container_of(t, struct helper, keeper);
	struct helper_call *call;
	pthread_mutex_lock(&h->lock);
	if (wake & TASK_STOPPING)
		stop_locked(h);
	if (!h->stopping && is_overdue_locked(h, clock_mono()))
		died_locked(h);
	uint64_t again = 0;
	if (!h->stopping && h->first && may_start_locked(h)) {
		pthread_mutex_unlock(&h->lock);
		bool had_room = keeper_start(h);
		pthread_mutex_lock(&h->lock);
		again = had_room ? 0 : clock_mono() + NO_ROOM_NS;
	}
	uint64_t now = clock_mono();
	while ((call = h->first) && call->until <= now) {
		line_remove_locked(h, call);
		call_end_locked(call, RC_UNAVAILABLE);
	}
	t->deadline = next_locked(h);
	if (again && t->deadline && t->deadline < again)
		t->deadline = again;
	h->keeper_watches = t->deadline;
	bool over = h->stopping;
	pthread_mutex_unlock(&h->lock);
	return over ? TASK_END : TASK_PARK;
}

static void keeper_ended(struct task *t)
{
	struct helper *h = container_of(t, struct helper, keeper);
	pthread_mutex_lock(&h->lock);
	stop_locked(h);
	h->tasks--;
	pthread_mutex_unlock(&h->lock);
}

static const struct task_ops keeper_ops = { .run = keeper_run, .ended = keeper_ended };

int helper_attach(struct op *op, struct helper *h, struct crew *crew)
{
	must(!h->crew && h->config.parked);
	pthread_mutex_lock(&h->lock);
	h->crew = crew;
	h->keeper = (struct task){ .ops = &keeper_ops, .fd = -1 };
	int rc = task_start(op, crew, &h->keeper);
	h->tasks += rc == 0;
	for (struct seat *seat = h->seats; seat && rc == 0; seat = seat->next) {
		if (!seat->is_parked || seat->dead)
			continue;
		rc = task_start(op, crew, &seat->task);
		seat->is_task = rc == 0;
		h->tasks += rc == 0;
	}
	pthread_mutex_unlock(&h->lock);
	return rc;
}

// --- asking without a thread ---

// Why a request cannot be sent at all.
static int request_check(struct op *op, const struct helper *h, const struct buf *request)
{
	if (request->failed)
		return op_fail(op, RC_NOMEM, "out of memory");
	if (request->n > h->config.message_max)
		return op_fail(op, RC_TOOBIG, "too long for the %s", h->config.name);
	return 0;
}

// Takes the call, or refuses it. A helper that is dead is started again, but for one that could not be started just now.
static bool admit_locked(struct helper *h, struct helper_call *call)
{
	bool refused = !h->open && !h->starting && h->refused && !may_start_locked(h);
	if (h->stopping || refused ||
		(!h->free_parked && h->line_octets + call->octets > HELPER_LINE_OCTETS))
		return false;
	call->until = line_until(h);
	if (h->free_parked && send_locked(h, call))
		return true;
	line_add_locked(h, call);
	if (!h->open || !h->keeper_watches) {
		h->keeper_watches = true;
		task_wake(&h->keeper);
	}
	return true;
}

int helper_begin(struct op *op, struct helper *h, struct buf *request, void (*answered)(void *ctx),
	void *ctx, struct helper_call **ret_call)
{
	int rc = request_check(op, h, request);
	struct helper_call *call = rc == 0 ? calloc(1, sizeof *call) : NULL;
	must(h->crew);
	if (rc == 0 && !call)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc < 0) {
		wipe(request);
		return rc;
	}
	*call = (struct helper_call){ .helper = h,
		.bytes = *request,
		.octets = request->n,
		.answered = answered,
		.ctx = ctx };
	*request = (struct buf){ 0 };
	pthread_mutex_lock(&h->lock);
	bool admitted = admit_locked(h, call);
	pthread_mutex_unlock(&h->lock);
	if (admitted) {
		if (ret_call)
			*ret_call = call;
		return 0;
	}
	call_free(call);
	return op_fail(op, RC_UNAVAILABLE, "%s", h->config.unavailable);
}

int helper_take(
	struct op *op, struct helper_call *call, struct span *ret_answer, uint64_t *ret_generation)
{
	struct helper *h = call->helper;
	pthread_mutex_lock(&h->lock);
	bool done = call->done;
	pthread_mutex_unlock(&h->lock);
	if (!done)
		return HELPER_WAIT;
	int rc = call->rc;
	struct span answer = SPAN_NONE;
	if (rc == RC_UNAVAILABLE)
		op_fail(op, rc, "%s", h->config.unavailable);
	if (rc == 0)
		answer = arena_dup(&op->arena, buf_span(&call->bytes));
	if (rc == RC_NOMEM || (rc == 0 && !answer.p))
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0) {
		*ret_answer = answer;
		*ret_generation = call->generation;
	}
	call_free(call);
	return rc;
}

// Takes the call out of where it is. False: its seat has it still.
static bool leave_locked(struct helper_call *call)
{
	if (call->seat)
		return false;
	if (!call->done)
		line_remove_locked(call->helper, call);
	return true;
}

void helper_forget(struct helper_call *call)
{
	if (!call)
		return;
	struct helper *h = call->helper;
	pthread_mutex_lock(&h->lock);
	if (!leave_locked(call))
		call->seat->call = NULL; // the seat is busy until the answer comes
	pthread_mutex_unlock(&h->lock);
	call_free(call);
}

void helper_tell(struct helper *h, struct buf *request)
{
	struct op op;
	op_init(&op, 0);
	(void)helper_begin(&op, h, request, NULL, NULL, NULL); // best effort
	op_done(&op);
}

void helper_leave(
	struct helper_call *call, bool (*then)(struct span answer, struct buf *ret_request))
{
	struct helper *h = call->helper;
	struct buf b = { 0 };
	pthread_mutex_lock(&h->lock);
	bool left = leave_locked(call);
	if (!left) {
		call->answered = NULL;
		call->then = then;
	}
	pthread_mutex_unlock(&h->lock);
	if (!left)
		return;
	if (call->done && call->rc == 0 && then(buf_span(&call->bytes), &b))
		helper_tell(h, &b);
	wipe(&b);
	call_free(call);
}

// --- asking with a thread ---

static int seat_get(struct op *op, struct helper *h, struct seat **ret_seat)
{
	int rc = 0;
	pthread_mutex_lock(&h->lock);
	while (rc == 0 && !h->free_asked) {
		if (h->open || h->starting) {
			pthread_cond_wait(&h->changed, &h->lock);
		} else if (may_start_locked(h)) {
			start_claim_locked(h);
			pthread_mutex_unlock(&h->lock);
			rc = start_again(op, h);
			pthread_mutex_lock(&h->lock);
		} else {
			rc = RC_UNAVAILABLE;
		}
	}
	if (rc == 0)
		*ret_seat = seat_take_locked(&h->free_asked);
	pthread_mutex_unlock(&h->lock);
	// Why is for the log: strangers hear this.
	return rc < 0 ? op_fail(op, RC_UNAVAILABLE, "%s", h->config.unavailable) : 0;
}

static void seat_give_back(struct helper *h, struct seat *seat, bool broken)
{
	pthread_mutex_lock(&h->lock);
	if (broken && !seat->dead)
		died_locked(h); // `seat` is busy, and stays
	bool dead = seat->dead;
	if (dead)
		seat_remove_locked(h, seat);
	else
		seat_release_locked(h, seat);
	pthread_cond_signal(&h->changed);
	pthread_mutex_unlock(&h->lock);
	if (dead)
		seat_free(seat);
}

// Asks on a seat of our own; the answer, or RC_UNAVAILABLE.
static int seat_ask(struct op *op, struct helper *h, const struct buf *request, struct seat *seat,
	size_t *ret_n)
{
	ssize_t n = send(seat->task.fd, request->p, request->n, MSG_NOSIGNAL);
	while (n > 0 && (n = recv(seat->task.fd, seat->bytes, h->config.message_max, 0)) < 0 &&
		errno == EINTR)
		n = 1;
	if (n <= 0)
		return op_fail(op, RC_UNAVAILABLE, "%s", h->config.unavailable);
	*ret_n = (size_t)n;
	return 0;
}

int helper_ask(struct op *op, struct helper *h, struct buf *request, struct span *ret_answer,
	uint64_t *ret_generation)
{
	struct seat *seat = NULL;
	int rc = request_check(op, h, request);
	if (rc == 0) {
		size_t n = 0;
		struct span answer = SPAN_NONE;
		crew_block_begin(h->config.block);
		rc = seat_get(op, h, &seat);
		if (rc == 0) {
			rc = seat_ask(op, h, request, seat, &n);
			bool broken = rc < 0;
			if (!broken)
				answer = arena_dup(&op->arena, span_of(seat->bytes, n));
			explicit_bzero(seat->bytes, n);
			if (!broken && !answer.p)
				rc = op_fail(op, RC_NOMEM, "out of memory");
			*ret_generation = seat->generation;
			*ret_answer = answer;
			seat_give_back(h, seat, broken);
		}
		crew_block_end();
	}
	wipe(request);
	return rc;
}

// --- life ---

int helper_open(struct op *op, const struct helper_config *config, struct helper **ret_helper)
{
	struct helper *h = calloc(1, sizeof *h);
	must(config->sockets && config->sockets + config->parked <= SPAWNER_SOCKETS_MAX);
	if (!h)
		return op_fail(op, RC_NOMEM, "out of memory");
	h->config = *config;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->changed, NULL);
	start_claim_locked(h); // nobody else is there
	int rc = start(op, h);
	if (rc < 0) {
		helper_close(h);
		return rc;
	}
	*ret_helper = h;
	return 0;
}

void helper_close(struct helper *h)
{
	if (!h)
		return;
	must(h->tasks == 0 && !h->first);
	for (struct seat *seat = h->seats, *next; seat; seat = next) {
		next = seat->next;
		seat_free(seat);
	}
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->changed);
	free(h);
}
