// SPDX-License-Identifier: Apache-2.0
// The server's side of the auth process: requests over the sockets of a helper (run/helper.h).
#include "auth/auth.h"

#include "auth/found.h"
#include "auth/protocol_priv.h"
#include "auth/worker.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "run/crew.h"
#include "run/helper.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct auth {
	struct helper *helper;
	struct found *found;
};
struct auth_exchange {
	struct auth *auth;
	uint64_t number, generation; // generation 0: the worker has said nothing of it yet
	struct helper_call *call;    // AUTH_WAIT: the request under way
	unsigned what;               // and what it can lead to
	void (*answered)(void *ctx); // of who asks; NULL: he waits with his thread
	void *ctx;
};

// --- requests and answers ---

struct answer {
	int rc;
	uint64_t exchange, generation;
};

// The worker reads what strangers send: what it answers is held to what the question can lead to, so that who takes it over gets no further than
// names and refusals.
enum {
	MAY_MORE = 1, // AUTH_MORE
	MAY_BUSY = 2, // AUTH_BUSY
	HAS_USER = 4, // success names a user
};

static bool answer_fits(unsigned what, int rc, struct span user)
{
	if (rc > 0)
		return (rc == AUTH_MORE && what & MAY_MORE) || (rc == AUTH_BUSY && what & MAY_BUSY);
	return rc == 0 ? !(what & HAS_USER) || user.n : rc > RC_first_ && rc < RC_end_;
}

static int answer_read(struct op *op, struct span bytes, unsigned what,
	struct auth_reply *ret_reply, struct answer *ret_answer)
{
	struct reader r = reader_of(bytes);
	ret_answer->rc = (int)reader_u32(&r);
	ret_reply->delay_ms = reader_u32(&r);
	ret_reply->throttled = reader_u8(&r);
	ret_answer->exchange = reader_u64(&r);
	ret_reply->challenge = arena_dup(&op->arena, reader_field(&r));
	ret_reply->user = arena_dup(&op->arena, reader_field(&r));
	struct span text = reader_field(&r);
	if (!r.bad && (!ret_reply->challenge.p || !ret_reply->user.p))
		return op_fail(op, RC_NOMEM, "out of memory");
	if (r.bad || !answer_fits(what, ret_answer->rc, ret_reply->user))
		return op_fail(op, RC_UNAVAILABLE, "The auth process gave a malformed answer.");
	if (ret_answer->rc < 0)
		return op_fail(op, ret_answer->rc, "%.*s", SPAN_FMT(text));
	return ret_answer->rc;
}

static int request_check(struct op *op, struct buf *request)
{
	if (request->n <= AUTH_MESSAGE_MAX)
		return 0;
	sodium_memzero(request->p, request->n);
	buf_done(request);
	return op_fail(op, RC_TOOBIG, "The log-in data is too long.");
}

// Sends the request (and wipes it) and waits for the answer.
static int ask(struct op *op, struct auth *a, struct buf *request, unsigned what,
	struct auth_reply *ret_reply, struct answer *ret_answer)
{
	struct span bytes = SPAN_NONE;
	*ret_reply = (struct auth_reply){ 0 };
	int rc = request_check(op, request);
	if (rc == 0)
		rc = helper_ask(op, a->helper, request, &bytes, &ret_answer->generation);
	return rc < 0 ? rc : answer_read(op, bytes, what, ret_reply, ret_answer);
}

static void request_begin(struct buf *b, uint8_t type, uint64_t exchange)
{
	buf_add_u8(b, type);
	buf_add_u64(b, exchange);
}

static void request_peer(struct buf *b, const struct auth_peer *peer, unsigned bits)
{
	buf_add_u8(b,
		(uint8_t)(bits | (peer->secure ? AUTH_BIT_SECURE : 0) |
			(peer->tls ? AUTH_BIT_TLS : 0)));
	buf_add_field(b, span_str(peer->service));
	buf_add_field(b, span_str(peer->address));
	buf_add_field(b, peer->channel_binding);
	buf_add_field(b, peer->client_identity);
}

// --- exchanges ---

// What an answer, or its absence, means for the exchange.
static int exchange_outcome(
	struct op *op, struct auth_exchange *x, int rc, const struct answer *answer)
{
	// A worker that was started anew knows nothing of older exchanges; its numbers begin again.
	// Whatever it says of them, it is not what became of the log-in.
	if (x->generation && answer->generation && answer->generation != x->generation)
		rc = op_fail(op, RC_UNAVAILABLE, "Authentication was interrupted, try again.");
	if (rc <= 0) {
		free(x);
		return rc;
	}
	if (!x->generation) {
		x->number = answer->exchange;
		x->generation = answer->generation;
	}
	return rc;
}

// Sends a request of the exchange, and waits for its answer if that is what the asker wants.
static int exchange_ask(struct op *op, struct auth_exchange *x, struct buf *request, unsigned what,
	struct auth_reply *ret_reply)
{
	struct answer answer = { 0 };
	int rc;
	if (!x->answered) {
		rc = ask(op, x->auth, request, what, ret_reply, &answer);
		return exchange_outcome(op, x, rc, &answer);
	}
	*ret_reply = (struct auth_reply){ 0 };
	x->what = what;
	rc = request_check(op, request);
	if (rc == 0)
		rc = helper_begin(op, x->auth->helper, request, x->answered, x->ctx, &x->call);
	if (rc == 0)
		return AUTH_WAIT;
	free(x);
	return rc;
}

// The first request of one.
static int exchange_begin(struct op *op, struct auth *a, const struct auth_peer *peer,
	struct buf *request, unsigned what, struct auth_exchange **ret_exchange,
	struct auth_reply *ret_reply)
{
	struct auth_exchange *x = calloc(1, sizeof *x);
	if (!x) {
		if (request->p)
			sodium_memzero(request->p, request->n);
		buf_done(request);
		return op_fail(op, RC_NOMEM, "out of memory");
	}
	*x = (struct auth_exchange){ .auth = a, .answered = peer->answered, .ctx = peer->ctx };
	int rc = exchange_ask(op, x, request, what | HAS_USER, ret_reply);
	if (rc > 0)
		*ret_exchange = x;
	return rc;
}

int auth_answer(struct op *op, struct auth_exchange *x, struct auth_reply *ret_reply)
{
	struct span bytes;
	struct answer answer = { 0 };
	*ret_reply = (struct auth_reply){ 0 };
	must(x->call);
	int rc = helper_take(op, x->call, &bytes, &answer.generation);
	if (rc == HELPER_WAIT)
		return AUTH_WAIT;
	x->call = NULL;
	if (rc == 0)
		rc = answer_read(op, bytes, x->what, ret_reply, &answer);
	return exchange_outcome(op, x, rc, &answer);
}

int auth_begin(struct op *op, struct auth *a, const struct auth_peer *peer, struct span mechanism,
	struct span initial, struct auth_exchange **ret_exchange, struct auth_reply *ret_reply)
{
	struct buf b = { 0 };
	request_begin(&b, AUTH_BEGIN, 0);
	request_peer(&b, peer, initial.p ? AUTH_BIT_INITIAL : 0);
	buf_add_field(&b, mechanism);
	buf_add_field(&b, initial);
	return exchange_begin(op, a, peer, &b, MAY_MORE | MAY_BUSY, ret_exchange, ret_reply);
}

int auth_step(
	struct op *op, struct auth_exchange *x, struct span response, struct auth_reply *ret_reply)
{
	struct buf b = { 0 };
	request_begin(&b, AUTH_STEP, x->number);
	buf_add_field(&b, response);
	return exchange_ask(op, x, &b, MAY_MORE | MAY_BUSY | HAS_USER, ret_reply);
}

int auth_retry(struct op *op, struct auth_exchange *x, struct auth_reply *ret_reply)
{
	struct buf b = { 0 };
	request_begin(&b, AUTH_RETRY, x->number);
	return exchange_ask(op, x, &b, MAY_BUSY | HAS_USER, ret_reply);
}

// An exchange that waits in the worker for who is gone: the answer's number is all that is known of it.
static bool left_behind(struct span answer, struct buf *ret_request)
{
	struct op op;
	struct auth_reply reply;
	struct answer told;
	op_init(&op, AUTH_MESSAGE_MAX);
	bool waits = answer_read(&op, answer, MAY_MORE | MAY_BUSY, &reply, &told) > 0;
	op_done(&op);
	if (waits)
		request_begin(ret_request, AUTH_CANCEL, told.exchange);
	return waits;
}

// The worker forgets an exchange by itself after a while: it is told at once, since a password may wait there. One that has a request under way ends
// when that is answered.
void auth_cancel(struct auth_exchange *x)
{
	if (!x)
		return;
	struct buf b = { 0 };
	if (!x->call)
		request_begin(&b, AUTH_CANCEL, x->number);
	if (x->call) {
		helper_leave(x->call, left_behind);
	} else if (x->answered) {
		helper_tell(x->auth->helper, &b);
	} else {
		struct op op;
		struct answer answer = { 0 };
		struct auth_reply reply;
		op_init(&op, 0);
		(void)ask(&op, x->auth, &b, 0, &reply, &answer);
		op_done(&op);
	}
	free(x);
}

int auth_login(struct op *op, struct auth *a, const struct auth_peer *peer, struct span user,
	struct span password, struct auth_exchange **ret_exchange, struct auth_reply *ret_reply)
{
	struct buf b = { 0 };
	request_begin(&b, AUTH_LOGIN, 0);
	request_peer(&b, peer, 0);
	buf_add_field(&b, user);
	buf_add_field(&b, password);
	return exchange_begin(op, a, peer, &b, MAY_BUSY, ret_exchange, ret_reply);
}

// --- names ---

struct auth_finding { // one look-up of a finder
	struct auth_finding *next;
	void (*answered)(void *ctx);
	void *ctx;
	struct helper_call *call; // NULL: it is over
	_Atomic bool told;        // the call has an outcome
	uint64_t asked_at;
	int rc;
	struct buf request, answer; // answer: of a fault its text
};

static void finding_told(void *ctx)
{
	struct auth_finding *x = ctx; // not freed meanwhile: helper_take() and _forget() wait
	atomic_store(&x->told, true);
	x->answered(x->ctx);
}

static void finding_free(struct auth_finding *x)
{
	helper_forget(x->call);
	buf_done(&x->request);
	buf_done(&x->answer);
	free(x);
}

static struct auth_finding *finding_of(const struct auth_finder *f, struct span request)
{
	struct auth_finding *x = f->first;
	while (x && !span_eq(buf_span(&x->request), request))
		x = x->next;
	return x;
}

static int finding_begin(struct op *op, struct auth_finder *f, const struct buf *request,
	struct auth_finding **ret_finding)
{
	struct buf sent = { 0 };
	struct auth_finding *x = calloc(1, sizeof *x);
	if (!x)
		return op_fail(op, RC_NOMEM, "out of memory");
	x->answered = f->answered;
	x->ctx = f->ctx;
	x->asked_at = clock_mono();
	buf_add(&x->request, buf_span(request));
	buf_add(&sent, buf_span(request));
	int rc = 0;
	if (request->failed || x->request.failed || sent.failed) {
		buf_done(&sent);
		rc = op_fail(op, RC_NOMEM, "out of memory");
	} else {
		rc = helper_begin(op, f->auth->helper, &sent, finding_told, x, &x->call);
	}
	if (rc < 0) {
		finding_free(x);
		return rc;
	}
	x->next = f->first;
	f->first = x;
	*ret_finding = x;
	return 0;
}

// What became of it: AUTH_WAIT, a fault, or the octets of the answer, which live as long as the finding.
static int finding_outcome(struct op *op, struct auth_finding *x, struct span *ret_answer)
{
	uint64_t generation;
	struct span bytes;
	int rc = x->call ? helper_take(op, x->call, &bytes, &generation) : x->rc;
	if (rc == HELPER_WAIT)
		return AUTH_WAIT;
	if (x->call) {
		x->call = NULL;
		x->rc = rc;
		buf_add(&x->answer, rc < 0 ? span_str(op_text(op, rc)) : bytes);
		if (x->answer.failed)
			x->rc = RC_NOMEM;
	}
	if (x->answer.failed)
		return op_fail(op, x->rc, "out of memory");
	if (x->rc < 0)
		return op_fail(op, x->rc, "%.*s", SPAN_FMT(buf_span(&x->answer)));
	*ret_answer = buf_span(&x->answer);
	return 0;
}

// The octets of an answer to this request, asked for at *ret_asked_at; or AUTH_WAIT.
static int find_ask(struct op *op, struct auth_finder *f, struct auth_finding *x,
	const struct buf *request, struct span *ret_answer, uint64_t *ret_asked_at)
{
	int rc = 0;
	*ret_asked_at = clock_mono();
	if (!f->answered) {
		struct buf sent = { 0 };
		uint64_t generation;
		buf_add(&sent, buf_span(request));
		sent.failed |= request->failed;
		return helper_ask(op, f->auth->helper, &sent, ret_answer, &generation);
	}
	if (!x)
		rc = finding_begin(op, f, request, &x);
	if (rc < 0)
		return rc;
	*ret_asked_at = x->asked_at;
	return finding_outcome(op, x, ret_answer);
}

int auth_find(struct op *op, struct auth_finder *f, const struct span *names, size_t n,
	struct span *ret_user, size_t *ret_which)
{
	struct buf b = { 0 };
	struct answer answer = { 0 };
	struct auth_reply reply = { 0 };
	struct span bytes = SPAN_NONE;
	uint64_t asked_at;
	must(n <= AUTH_FIND_MAX);
	request_begin(&b, AUTH_FIND, 0);
	buf_add_u8(&b, (uint8_t)n);
	for (size_t i = 0; i < n; i++)
		buf_add_field(&b, names[i]);
	struct auth_finding *x = finding_of(f, buf_span(&b));
	if (!x && !b.failed &&
		found_get(op, f->auth->found, clock_mono(), buf_span(&b), ret_user, ret_which)) {
		buf_done(&b);
		return 0;
	}
	int rc = find_ask(op, f, x, &b, &bytes, &asked_at);
	if (rc == 0)
		rc = answer_read(op, bytes, HAS_USER, &reply, &answer);
	if (rc == 0 && answer.exchange >= n)
		rc = op_fail(op, RC_UNAVAILABLE, "The auth process gave a malformed answer.");
	if (rc == 0) {
		*ret_user = reply.user;
		*ret_which = (size_t)answer.exchange;
		found_put(f->auth->found, asked_at, buf_span(&b), reply.user, *ret_which);
	}
	buf_done(&b);
	return rc;
}

bool auth_finder_waits(const struct auth_finder *f)
{
	return f->first && f->first->call && !atomic_load(&f->first->told);
}

void auth_finder_reset(struct auth_finder *f)
{
	struct auth_finding *x;
	while ((x = f->first)) {
		f->first = x->next;
		finding_free(x);
	}
}

// --- life ---

// A worker that cannot work (it cannot read its files) ends at once: better to know now than at the first log-in.
static int worker_greet(struct op *op, struct auth *a)
{
	struct buf b = { 0 };
	struct answer answer;
	struct auth_reply reply;
	request_begin(&b, AUTH_CANCEL, 0);
	if (ask(op, a, &b, 0, &reply, &answer) < 0)
		return op_fail(op, RC_UNAVAILABLE,
			"the auth process did not start: its reason stands above");
	return 0;
}

static unsigned workers_of(const struct auth_config *config)
{
	return config->workers ? config->workers : AUTH_WORKERS;
}

static unsigned askers_of(const struct auth_config *config)
{
	return (workers_of(config) + 1) / 2;
}

void auth_words_make(const struct auth_config *config, struct auth_words *ret_words)
{
	struct auth_words *w = ret_words;
	(void)snprintf(w->count, sizeof w->count, "%u",
		workers_of(config) + askers_of(config)); // fits
	size_t n = 0;
	w->words[n++] = AUTH_WORKER_COMMAND;
	w->words[n++] = w->count;
	w->words[n++] = config->sandbox ? "1" : "0";
	w->words[n++] = config->dir;
	if (config->passwd_file)
		w->words[n++] = config->passwd_file;
	w->words[n] = NULL;
}

int auth_open(struct op *op, const struct auth_config *config, struct auth **ret_auth)
{
	struct auth *a = calloc(1, sizeof *a);
	if (!a)
		return op_fail(op, RC_NOMEM, "out of memory");
	struct helper_config helper = {
		.spawner = config->spawner,
		.which = config->which,
		.sockets = askers_of(config),
		.parked = workers_of(config),
		.block = CREW_AUTH,
		.answer_seconds = AUTH_ANSWER_SECONDS,
		.restart_ms = HELPER_RESTART_MS,
		.message_max = AUTH_MESSAGE_MAX,
		.name = "auth process",
		.unavailable = "Authentication is not available just now, try again.",
	};
	int rc = found_new(op, &a->found);
	if (rc == 0)
		rc = helper_open(op, &helper, &a->helper);
	if (rc == 0)
		rc = worker_greet(op, a);
	if (rc < 0) {
		auth_close(a);
		return rc;
	}
	*ret_auth = a;
	return 0;
}

int auth_attach(struct op *op, struct auth *a, struct crew *crew)
{
	return helper_attach(op, a->helper, crew);
}

void auth_close(struct auth *a)
{
	if (!a)
		return;
	helper_close(a->helper);
	found_free(a->found);
	free(a);
}
