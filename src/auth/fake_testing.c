// SPDX-License-Identifier: Apache-2.0
#include "auth/fake_testing.h"

#include "auth/auth.h"
#include "base/must.h"
#include "net/dial.h"
#include "net/tls.h"

#include <stdlib.h>

#define RUNS_MAX 1000000u
#define INPUT_ROOM 16384u

struct conn {
	struct buf fed;   // what the peer sent and net has not buffered yet
	struct buf input; // buffered
	struct rope output;
	struct buf shown, last;
	bool tls, compressed, woken, eof;
	bool gone;       // closed: it stays for those who may still wake it
	unsigned wakers; // how many they are
	uint64_t deadline;
	struct purse *purse;
};

// --- net/conn.h ---

struct span conn_input(const struct conn *c)
{
	return buf_span(&c->input);
}

void conn_consume(struct conn *c, size_t n)
{
	must(n <= c->input.n);
	buf_consume(&c->input, n);
}

int conn_fill(struct op *op, struct conn *c, size_t room)
{
	size_t n = c->fed.n < room ? c->fed.n : room;
	if (n == 0)
		return c->eof ? op_fail(op, RC_CLOSED, "closed") : 0;
	buf_add(&c->input, span_of(c->fed.p, n));
	buf_consume(&c->fed, n);
	return (int)n;
}

struct rope *conn_output(struct conn *c)
{
	return &c->output;
}

int conn_flush(struct op *op, struct conn *c)
{
	(void)op;
	size_t n = rope_size(&c->output);
	char *to = buf_room(&c->shown, n + 1);
	rope_copy(&c->output, to);
	buf_added(&c->shown, n);
	rope_reset(&c->output);
	return 0;
}

bool conn_is_full(const struct conn *c)
{
	return rope_size(&c->output) > 4096; // small: cursors must go on later
}

void conn_set_deadline(struct conn *c, uint64_t deadline)
{
	c->deadline = deadline;
}

void conn_input_limit(struct conn *c, size_t bytes)
{
	(void)c;
	(void)bytes;
}

void conn_stranger(struct conn *c, uint64_t until)
{
	(void)c;
	(void)until;
}

void conn_set_purse(struct conn *c, struct purse *purse)
{
	c->purse = purse;
}

struct purse *fake_purse(const struct fake *f)
{
	return f->conn->purse;
}

// The connection is its waker.
struct waker *conn_waker_ref(struct conn *c)
{
	c->wakers++;
	return (struct waker *)c;
}

void waker_ref(struct waker *w)
{
	((struct conn *)w)->wakers++;
}

void waker_wake(struct waker *w)
{
	((struct conn *)w)->woken = true;
}

void waker_unref(struct waker *w)
{
	struct conn *c = (struct conn *)w;
	if (c && --c->wakers == 0 && c->gone)
		free(c);
}

void conn_wake(struct conn *c)
{
	c->woken = true;
}

int conn_start_tls(struct op *op, struct conn *c)
{
	c->tls = true;
	buf_reset(&c->input); // plaintext behind STARTTLS is discarded
	buf_reset(&c->fed);
	return conn_flush(op, c);
}

int conn_start_compress(struct op *op, struct conn *c)
{
	c->compressed = true;
	return conn_flush(op, c);
}

bool conn_is_tls(const struct conn *c)
{
	return c->tls;
}

int conn_end_compress(struct op *op, struct conn *c)
{
	(void)op;
	c->compressed = false;
	return 0;
}

bool conn_is_compressed(const struct conn *c)
{
	return c->compressed;
}

bool conn_can_starttls(const struct conn *c)
{
	return !c->tls;
}

bool conn_peer_is_local(const struct conn *c)
{
	(void)c;
	return false;
}

const char *conn_peer(const struct conn *c)
{
	(void)c;
	return "192.0.2.1";
}

const char *conn_tls_text(const struct conn *c)
{
	return c->tls ? "TLS" : "";
}

int conn_channel_binding(struct op *op, struct conn *c, const char *type, struct span *ret_data)
{
	(void)c;
	(void)ret_data;
	return op_fail(op, RC_CANNOT, "no %s", type);
}

bool conn_can_bind(const struct conn *c)
{
	(void)c;
	return false;
}

struct span conn_client_identity(struct op *op, struct conn *c)
{
	(void)op;
	(void)c;
	return SPAN_NONE;
}

uint64_t conn_id(const struct conn *c)
{
	(void)c;
	return 1;
}

// --- net/dial.h, net/address.h, net/tls.h: every host has an address, nobody has TLS ---

static struct fake dialed; // no service: none

int dial(struct op *op, struct net *n, const struct dial_target *target)
{
	(void)n;
	must(!dialed.service); // one at a time
	struct fake f = { .service = target->service, .conn = calloc(1, sizeof *f.conn) };
	rope_init(&f.conn->output);
	must(f.service->open(op, f.conn, target->service_config, &f.session) == 0);
	dialed = f;
	return 0;
}

const char *conn_fault(const struct conn *c)
{
	(void)c;
	return "";
}

bool address_is_numeric(const char *host)
{
	(void)host;
	return true;
}

int address_resolve(struct op *op, const char *host, uint16_t port, struct address *ret_list,
	size_t most, size_t *ret_n)
{
	(void)op;
	(void)host;
	(void)port;
	(void)most;
	ret_list[0] = (struct address){ .size = 0 };
	*ret_n = 1;
	return 0;
}

int tls_client_open(struct op *op, const char *ca_file, bool verify, struct tls_context **ret_tls)
{
	(void)ca_file;
	(void)verify;
	(void)ret_tls;
	return op_fail(op, RC_CANNOT, "no TLS");
}

void tls_free(struct tls_context *t)
{
	(void)t;
}

// --- auth/auth.h ---

struct auth {
	struct auth_exchange *oldest; // of those that wait
};
struct auth_exchange {
	struct auth *auth; // NULL: it answers at once
	struct auth_exchange *newer;
	bool waits;
	struct auth_peer peer;
	int rc; // what auth_answer() gives
	const char *text;
	struct auth_reply reply;
};

struct span auth_mechanism(const struct auth_peer *peer, size_t i)
{
	return peer->secure && i == 0 ? SPAN("PLAIN") : SPAN_NONE;
}

bool auth_mechanism_binds(struct span name)
{
	(void)name;
	return false;
}

struct auth *fake_auth_new(void)
{
	struct auth *a = calloc(1, sizeof *a);
	must(a);
	return a;
}

void fake_auth_free(struct auth *a)
{
	must(!a->oldest);
	free(a);
}

unsigned fake_auth_asked(const struct auth *a)
{
	unsigned n = 0;
	for (const struct auth_exchange *x = a->oldest; x; x = x->newer)
		n++;
	return n;
}

static void wait_begin(struct auth_exchange *x)
{
	struct auth_exchange **at = &x->auth->oldest;
	while (*at)
		at = &(*at)->newer;
	*at = x;
	x->newer = NULL;
	x->waits = true;
}

static void wait_end(struct auth_exchange *x)
{
	struct auth_exchange **at = &x->auth->oldest;
	while (*at != x)
		at = &(*at)->newer;
	*at = x->newer;
	x->waits = false;
}

void fake_auth_answer(struct auth *a)
{
	struct auth_exchange *x = a->oldest;
	must(x);
	wait_end(x);
	x->peer.answered(x->peer.ctx);
}

// Front ends wait without a thread: they are told that the answer is there.
static int later(struct auth_exchange *x, int rc, const char *text, const struct auth_reply *reply)
{
	must(!x->waits);
	x->rc = rc;
	x->text = text;
	x->reply = *reply;
	if (x->auth)
		wait_begin(x);
	else
		x->peer.answered(x->peer.ctx);
	return AUTH_WAIT;
}

static int fail_later(struct auth_exchange *x, int rc, const char *text)
{
	return later(x, rc, text, &(struct auth_reply){ .delay_ms = 0 });
}

static int user_later(struct auth_exchange *x)
{
	return later(x, 0, "", &(struct auth_reply){ .user = SPAN("u") });
}

static int busy_later(struct auth_exchange *x)
{
	return later(x, AUTH_BUSY, "", &(struct auth_reply){ .delay_ms = 1 });
}

static int plain(struct auth_exchange *x, struct span response)
{
	return span_eq(response, SPAN("\0u\0p"))
		? user_later(x)
		: fail_later(x, RC_AUTHFAILED, "authentication failed");
}

static struct auth_exchange *exchange_new(
	struct auth *a, const struct auth_peer *peer, struct auth_reply *ret_reply)
{
	struct auth_exchange *x = calloc(1, sizeof *x);
	must(x && peer->answered);
	x->auth = a;
	x->peer = *peer;
	*ret_reply = (struct auth_reply){ .delay_ms = 0 };
	return x;
}

int auth_begin(struct op *op, struct auth *a, const struct auth_peer *peer, struct span mechanism,
	struct span initial, struct auth_exchange **ret_exchange, struct auth_reply *ret_reply)
{
	(void)op;
	struct auth_exchange *x = *ret_exchange = exchange_new(a, peer, ret_reply);
	if (!span_caseeq(mechanism, SPAN("PLAIN")))
		return fail_later(x, RC_CANNOT, "unknown mechanism");
	if (!peer->secure)
		return fail_later(x, RC_PRIVACY, "TLS is required");
	if (!initial.p)
		return later(x, AUTH_MORE, "", &(struct auth_reply){ .challenge = span_of("", 0) });
	return span_eq(initial, SPAN("\0u\0slow")) ? busy_later(x) : plain(x, initial);
}

int auth_step(
	struct op *op, struct auth_exchange *x, struct span response, struct auth_reply *ret_reply)
{
	(void)op;
	*ret_reply = (struct auth_reply){ .delay_ms = 0 };
	return plain(x, response);
}

int auth_retry(struct op *op, struct auth_exchange *x, struct auth_reply *ret_reply)
{
	(void)op;
	*ret_reply = (struct auth_reply){ .delay_ms = 0 };
	return user_later(x);
}

int auth_answer(struct op *op, struct auth_exchange *x, struct auth_reply *ret_reply)
{
	*ret_reply = (struct auth_reply){ .delay_ms = 0 };
	if (x->waits)
		return AUTH_WAIT;
	int rc = x->rc;
	*ret_reply = x->reply;
	if (rc < 0)
		op_fail(op, rc, "%s", x->text);
	if (rc <= 0)
		free(x);
	return rc;
}

void auth_cancel(struct auth_exchange *x)
{
	if (x && x->waits)
		wait_end(x);
	free(x);
}

int auth_login(struct op *op, struct auth *a, const struct auth_peer *peer, struct span user,
	struct span password, struct auth_exchange **ret_exchange, struct auth_reply *ret_reply)
{
	(void)op;
	struct auth_exchange *x = *ret_exchange = exchange_new(a, peer, ret_reply);
	if (!span_eq(user, SPAN("u")))
		return fail_later(x, RC_AUTHFAILED, "authentication failed");
	if (span_eq(password, SPAN("slow")))
		return busy_later(x);
	return span_eq(password, SPAN("p")) ? user_later(x)
					    : fail_later(x, RC_AUTHFAILED, "authentication failed");
}

struct auth_finding {
	struct auth_finding *next;
	struct buf names;
};

// Was this asked before? It is noted.
static bool was_asked(struct auth_finder *f, const struct span *names, size_t n)
{
	struct buf all = { 0 };
	for (size_t i = 0; i < n; i++)
		buf_add_field(&all, names[i]);
	for (struct auth_finding *x = f->first; x; x = x->next)
		if (span_eq(buf_span(&x->names), buf_span(&all))) {
			buf_done(&all);
			return true;
		}
	struct auth_finding *x = calloc(1, sizeof *x);
	must(x);
	*x = (struct auth_finding){ .next = f->first, .names = all };
	f->first = x;
	return false;
}

int auth_find(struct op *op, struct auth_finder *f, const struct span *names, size_t n,
	struct span *ret_user, size_t *ret_which)
{
	if (f->answered && !was_asked(f, names, n)) {
		f->answered(f->ctx);
		return AUTH_WAIT;
	}
	for (size_t i = 0; i < n; i++)
		if (names[i].n == 1 && names[i].p[0] >= 'u' && names[i].p[0] <= 'w') {
			*ret_user = names[i];
			*ret_which = i;
			return 0;
		}
	return op_fail(op, RC_NONEXISTENT, "no such user");
}

bool auth_finder_waits(const struct auth_finder *f)
{
	(void)f;
	return false;
}

void auth_finder_reset(struct auth_finder *f)
{
	struct auth_finding *x;
	while ((x = f->first)) {
		f->first = x->next;
		buf_done(&x->names);
		free(x);
	}
}

// --- the test's side ---

// Runs until the session waits for input or an event.
static void drive(struct fake *f, unsigned events)
{
	for (unsigned i = 0; !f->closed; i++) {
		must(i < RUNS_MAX); // it makes no progress
		struct op op;
		f->next = f->service->run(f->session, events);
		op_init(&op, 0);
		if (!f->stuck)
			(void)conn_flush(&op, f->conn); // never fails
		op_done(&op);
		events = 0;
		if (f->next == CONN_CLOSE || f->next == CONN_ABORT)
			f->closed = true;
		else if (f->next == CONN_FLUSH && f->stuck)
			return;
		else if (f->next == CONN_FLUSH)
			events = CONN_EV_DRAINED;
		else if (f->next != CONN_YIELD && f->conn->woken)
			events = CONN_EV_WOKEN;
		else if (f->next != CONN_YIELD)
			return;
		f->conn->woken = false;
	}
}

void fake_open(struct fake *f, const struct service *service, const void *config)
{
	struct op op;
	*f = (struct fake){ .service = service, .conn = calloc(1, sizeof *f->conn) };
	rope_init(&f->conn->output);
	op_init(&op, 0);
	must(service->open(&op, f->conn, config, &f->session) == 0);
	op_done(&op);
	drive(f, CONN_EV_OPEN);
}

void fake_send(struct fake *f, struct span octets, size_t chunk)
{
	do {
		size_t n = chunk && chunk < octets.n ? chunk : octets.n;
		buf_add(&f->conn->fed, span_cut(octets, 0, n));
		octets = span_skip(octets, n);
		do { // net/ fills once before each run
			struct op op;
			op_init(&op, 0);
			(void)conn_fill(&op, f->conn, INPUT_ROOM); // 0: nothing is there
			op_done(&op);
			drive(f, CONN_EV_INPUT);
		} while (f->conn->fed.n && f->next == CONN_READ && !f->closed);
	} while (octets.n && !f->closed);
}

void fake_wake(struct fake *f, unsigned events)
{
	drive(f, events);
}

uint64_t fake_deadline(const struct fake *f)
{
	return f->conn->deadline;
}

size_t fake_unread(const struct fake *f)
{
	return f->conn->fed.n + f->conn->input.n;
}

struct span fake_output(struct fake *f)
{
	struct buf *last = &f->conn->last;
	buf_reset(last);
	buf_add(last, buf_span(&f->conn->shown));
	buf_reset(&f->conn->shown);
	return buf_span(last);
}

bool fake_take_dialed(struct fake *ret_fake)
{
	bool any = dialed.service;
	if (any)
		*ret_fake = dialed;
	dialed.service = NULL;
	return any;
}

bool fake_run_woken(struct fake *f)
{
	if (f->closed || !f->conn->woken || (f->stuck && conn_is_full(f->conn)))
		return false;
	f->conn->woken = false;
	drive(f, CONN_EV_WOKEN);
	return true;
}

bool fake_follow(struct fake *f, bool *linked)
{
	bool done = *linked && fake_run_woken(f);
	if (*linked && f->closed) {
		fake_close(f);
		*linked = false;
		done = true;
	}
	if (!*linked && fake_take_dialed(f)) {
		*linked = true;
		fake_wake(f, CONN_EV_OPEN);
		done = true;
	}
	return done;
}

void fake_close(struct fake *f)
{
	f->service->close(f->session);
	rope_done(&f->conn->output);
	buf_done(&f->conn->fed);
	buf_done(&f->conn->input);
	buf_done(&f->conn->shown);
	buf_done(&f->conn->last);
	f->conn->gone = true;
	if (f->conn->wakers == 0)
		free(f->conn);
}
