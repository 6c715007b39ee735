// SPDX-License-Identifier: Apache-2.0
// A connection's task: it goes through the phases of net/net_priv.h in steps until it can go no further, then parks.
// What a parked connection waits for, in one place: conn_park(). What its session is told, and when: session_step().
// Everything here runs in the thread that owns the connection, except wakers, which have a lock of their own.
#include "net/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "net/dial_priv.h"
#include "net/net_priv.h"
#include "net/proxy.h"
#include "net/secure.h"
#include "net/zip.h"

enum step { STEP_AGAIN, STEP_WAIT, STEP_YIELD, STEP_END };

// --- wakers ---

struct waker {
	struct ref refs;
	pthread_mutex_t lock; // guards conn; the crew's lock is taken under it
	struct conn *conn;    // NULL: gone
};

struct waker *conn_waker_ref(struct conn *c)
{
	if (!c->waker) {
		struct waker *w = calloc(1, sizeof *w);
		if (!w)
			return NULL;
		ref_init(&w->refs);
		must(pthread_mutex_init(&w->lock, NULL) == 0);
		w->conn = c;
		c->waker = w;
	}
	ref_take(&c->waker->refs);
	return c->waker;
}

void waker_ref(struct waker *w)
{
	ref_take(&w->refs);
}

void waker_wake(struct waker *w)
{
	pthread_mutex_lock(&w->lock);
	if (w->conn)
		task_wake(&w->conn->task);
	pthread_mutex_unlock(&w->lock);
}

void waker_unref(struct waker *w)
{
	if (!w || !ref_drop(&w->refs))
		return;
	pthread_mutex_destroy(&w->lock);
	free(w);
}

static void waker_detach(struct waker *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->conn = NULL;
	pthread_mutex_unlock(&w->lock);
	waker_unref(w);
}

void conn_wake(struct conn *c)
{
	task_wake(&c->task);
}

// --- steps ---

static const struct listener_info *info_of(const struct conn *c)
{
	return c->dialed ? &c->dialed->info : listener_info(c->listener);
}

static void session_close(struct conn *c)
{
	if (c->session)
		info_of(c)->service->close(c->session);
	c->session = NULL;
}

static void peer_set(struct conn *c, const struct peer *peer)
{
	c->peer = *peer;
	c->is_local = peer_is_local(peer);
	peer_text(peer, c->peer_text);
}

static void phase_enter(struct conn *c, enum conn_phase phase)
{
	c->phase = (uint8_t)phase;
}

// Over the limit of its address: the refusal is all that it gets.
static enum step refuse(struct conn *c)
{
	const struct listener_info *info = info_of(c);
	if (!info->tls_implicit)
		rope_add(&c->out, info->refusal);
	phase_enter(c, PHASE_CLOSING);
	return STEP_AGAIN;
}

static enum step after_proxy(struct op *op, struct conn *c)
{
	const struct listener_info *info = info_of(c);
	if (!info->tls_implicit) {
		phase_enter(c, PHASE_SESSION);
		c->phase_deadline = 0;
		if (input_size(&c->in))
			c->events |= CONN_EV_INPUT; // what came behind the PROXY header
		return STEP_AGAIN;
	}
	int rc = secure_new(op, c, info->tls, &c->secure);
	if (rc < 0) {
		dial_fault(c, op_text(op, rc));
		return STEP_END;
	}
	phase_enter(c, PHASE_HANDSHAKE);
	return STEP_AGAIN;
}

static enum step proxy_step(struct op *op, struct conn *c)
{
	struct proxy_header header;
	enum proxy_result result = proxy_parse(input_span(&c->in), &header);
	if (result == PROXY_MORE) {
		size_t room;
		char *p = input_room(&c->in, c->net->buffers, 1, &room);
		int n = p && input_size(&c->in) <= NET_PROXY_HEADER_MAX ? socket_read(c, p, room)
									: RC_LIMIT;
		if (n < 0)
			return STEP_END;
		input_added(&c->in, (size_t)n);
		return n ? STEP_AGAIN : STEP_WAIT;
	}
	if (result == PROXY_BAD) {
		log_warn("net", "%s %s: not a PROXY header: closed", info_of(c)->service->name,
			c->peer_text);
		return STEP_END;
	}
	input_consume(&c->in, header.length);
	if (!header.is_own)
		peer_set(c, &header.peer);
	c->in_census = census_enter_address(c->net->census, &c->peer); // its address is known now
	return c->in_census ? after_proxy(op, c) : refuse(c);
}

static enum step connect_step(struct op *op, struct conn *c)
{
	int rc = dial_connected(op, c);
	if (rc < 0) {
		dial_fault(c, op_text(op, rc));
		return STEP_END;
	}
	if (rc == 0)
		return STEP_WAIT;
	c->events |= CONN_EV_OPEN;
	return after_proxy(op, c);
}

static enum step handshake_step(struct op *op, struct conn *c)
{
	int rc = secure_handshake(op, c);
	if (rc < 0) {
		log_info("net", "%s %s: TLS handshake failed: %s", info_of(c)->service->name,
			c->peer_text, op_text(op, rc));
		dial_fault(c, op_text(op, rc));
		return STEP_END;
	}
	if (rc == 0)
		return STEP_WAIT;
	phase_enter(c, PHASE_SESSION);
	c->phase_deadline = 0;
	if (c->dialed)
		c->events |= CONN_EV_WOKEN; // the client speaks first
	c->maybe_readable =
		true; // the client's first line may have come with the end of the handshake
	return STEP_AGAIN;
}

// Sends; STEP_AGAIN when all has been sent.
static enum step output_step(struct op *op, struct conn *c)
{
	switch (transport_send(op, c)) {
	case SEND_DONE:
		c->stall_deadline = 0;
		return STEP_AGAIN;
	case SEND_BLOCKED:
		if (c->stall_deadline == 0)
			c->stall_deadline = clock_mono() + c->net->limits.stall_ms * NS_PER_MS;
		return STEP_WAIT;
	case SEND_MORE:
		return STEP_YIELD;
	default:
		return STEP_END;
	}
}

static bool input_has_room(const struct conn *c)
{
	return input_size(&c->in) < c->input_limit;
}

static size_t out_low(const struct conn *c)
{
	return c->stranger_until ? NET_STRANGER_OUT / 4 : NET_OUT_LOW;
}

// True when the session may be given input: it waits for it, and what it wrote before is nearly sent.
static bool takes_input(const struct conn *c)
{
	return c->next == CONN_READ && rope_size(&c->out) <= out_low(c);
}

// What the session is to be told now, of what has happened; reads input where it wants some.
static unsigned events_take(struct op *op, struct conn *c)
{
	bool has_cursor = c->next == CONN_FLUSH || (c->next == CONN_YIELD && conn_is_full(c));
	if (has_cursor && rope_size(&c->out) > out_low(c))
		return 0;
	if (c->events & CONN_EV_OPEN) { // the greeting comes before everything else
		c->events &= (uint8_t)~CONN_EV_OPEN;
		return CONN_EV_OPEN;
	}
	unsigned events = c->events;
	if (conn_is_full(c))
		events &= ~(unsigned)CONN_EV_WOKEN;
	if (!takes_input(c))
		events &= ~(unsigned)CONN_EV_INPUT;
	else if (!c->eof && c->maybe_readable && input_has_room(c)) {
		int n = transport_fill(op, c, NET_BUFFER);
		if (n > 0)
			events |= CONN_EV_INPUT;
		else if (n < 0)
			c->eof = true;
	}
	if (c->next == CONN_READ && c->eof && !c->eof_told) {
		events |= CONN_EV_EOF;
		c->eof_told = true;
	}
	c->events &= (uint8_t)~events;
	if (has_cursor)
		events |= CONN_EV_DRAINED;
	return events;
}

static enum step session_open(struct op *op, struct conn *c)
{
	const struct listener_info *info = info_of(c);
	int rc = info->service->open(op, c, info->service_config, &c->session);
	if (rc < 0) {
		log_warn("net", "%s %s: no session: %s", info->service->name, c->peer_text,
			op_text(op, rc));
		return STEP_END;
	}
	c->events |= CONN_EV_OPEN;
	return STEP_AGAIN;
}

static enum step session_step(struct op *op, struct conn *c)
{
	if (!c->session && session_open(op, c) == STEP_END)
		return STEP_END;
	// Before the greeting only the end of a TLS handshake can be waiting: it goes out with it.
	enum step sent = c->events & CONN_EV_OPEN ? STEP_AGAIN : output_step(op, c);
	if (sent == STEP_END || sent == STEP_YIELD)
		return sent;
	if (c->tls_wanted) {
		if (sent == STEP_WAIT)
			return STEP_WAIT;
		c->tls_wanted = false;
		c->phase_deadline = clock_mono() +
			(c->dialed ? c->dialed->timeout_ms : c->net->limits.handshake_ms) *
				NS_PER_MS;
		phase_enter(c, PHASE_HANDSHAKE);
		return STEP_AGAIN;
	}
	bool was_yielded = c->next == CONN_YIELD && !conn_is_full(c);
	unsigned events = events_take(op, c);
	if (!events && !was_yielded) {
		if (c->next != CONN_READ || !c->eof)
			return STEP_WAIT;
		phase_enter(c, PHASE_CLOSING); // nothing more will come
		return STEP_AGAIN;
	}
	c->next = (uint8_t)info_of(c)->service->run(c->session, events);
	if (c->next == CONN_ABORT)
		return STEP_END;
	if (c->next == CONN_CLOSE)
		phase_enter(c, PHASE_CLOSING);
	else if (c->next == CONN_YIELD && !conn_is_full(c))
		return output_step(op, c) == STEP_END ? STEP_END : STEP_YIELD;
	return STEP_AGAIN;
}

static enum step closing_step(struct op *op, struct conn *c)
{
	session_close(c);
	input_done(&c->in, c->net->buffers);
	enum step sent = output_step(op, c);
	if (sent != STEP_AGAIN)
		return sent;
	if (conn_is_tls(c))
		secure_goodbye(c);
	// Closing at once would reset the connection if input is unread, and the peer might never see our last words.
	if (c->eof || c->stopping || shutdown(c->task.fd, SHUT_WR) != 0)
		return STEP_END;
	c->phase_deadline = clock_mono() + NET_LINGER_MS * NS_PER_MS;
	phase_enter(c, PHASE_LINGER);
	return STEP_AGAIN;
}

static enum step linger_step(struct conn *c)
{
	size_t room;
	char *p = input_room(&c->in, c->net->buffers, NET_BUFFER, &room);
	int n = p && !c->stopping ? socket_read(c, p, room) : RC_CLOSED;
	if (n < 0)
		return STEP_END;
	return n ? STEP_AGAIN : STEP_WAIT;
}

static enum step step(struct op *op, struct conn *c)
{
	switch ((enum conn_phase)c->phase) {
	case PHASE_CONNECT:
		return connect_step(op, c);
	case PHASE_PROXY:
		return info_of(c)->proxy_protocol ? proxy_step(op, c) : after_proxy(op, c);
	case PHASE_HANDSHAKE:
		return handshake_step(op, c);
	case PHASE_SESSION:
		return session_step(op, c);
	case PHASE_CLOSING:
		return closing_step(op, c);
	case PHASE_LINGER:
		break;
	}
	return linger_step(c);
}

// --- the task ---

static void sooner(uint64_t *deadline, uint64_t other)
{
	if (other && (*deadline == 0 || other < *deadline))
		*deadline = other;
}

// Says what the connection waits for, and gives back what it does not need meanwhile.
static void conn_park(struct conn *c)
{
	bool reads = c->phase != PHASE_CLOSING && c->phase != PHASE_CONNECT;
	if (c->phase == PHASE_SESSION)
		reads = takes_input(c) && !c->eof && !c->tls_wanted && input_has_room(c);
	if (c->phase == PHASE_HANDSHAKE && secure_waits(c->secure))
		reads = false; // it is woken: what the peer sends meanwhile would not be read
	c->task.want_read = reads;
	c->task.want_write = c->blocked || c->phase == PHASE_CONNECT;
	input_park(&c->in, c->net->buffers);
	if (rope_size(&c->out) == 0)
		rope_done(&c->out);
	if (c->zip && zip_park(c->zip) && !c->zip_deadline)
		c->zip_deadline = clock_mono() + NET_ZIP_IDLE_MS * NS_PER_MS;
	uint64_t deadline = c->session ? c->session_deadline : 0;
	sooner(&deadline, c->phase_deadline);
	sooner(&deadline, c->stall_deadline);
	if (c->stall_deadline)
		sooner(&deadline, c->stranger_until);
	sooner(&deadline, c->zip_deadline);
	c->task.deadline = deadline;
}

// False: the connection is at its end.
static bool time_note(struct conn *c)
{
	uint64_t now = clock_mono();
	if (c->stall_deadline && now >= c->stall_deadline) {
		log_info("net", "%s %s: took no output for too long: closed",
			info_of(c)->service->name, c->peer_text);
		dial_fault(c, "the peer takes no output");
		return false;
	}
	if (c->stall_deadline && c->stranger_until && now >= c->stranger_until) {
		log_info("net", "%s %s: took no output, and did not log in: closed",
			info_of(c)->service->name, c->peer_text);
		return false;
	}
	if (c->phase_deadline && now >= c->phase_deadline) {
		dial_fault(
			c, c->phase == PHASE_CONNECT ? "no connection in time" : "no TLS in time");
		return false;
	}
	if (c->zip_deadline && now >= c->zip_deadline) {
		c->zip_deadline = 0;
		zip_idle(c->zip);
	}
	if (c->session_deadline && now >= c->session_deadline) {
		c->session_deadline = 0;
		c->events |= CONN_EV_DEADLINE;
	}
	return true;
}

// Takes note of why the task runs. False: the connection is at its end.
static bool wake_note(struct conn *c, unsigned wake)
{
	if (wake & TASK_READABLE)
		c->maybe_readable = true;
	c->blocked = false; // to be tried
	if ((wake & TASK_WOKEN) && c->has_run)
		c->events |= CONN_EV_WOKEN;
	c->has_run = true;
	if (wake & TASK_STOPPING) {
		c->stopping = true;
		c->events |= CONN_EV_STOPPING;
		if (c->phase < PHASE_SESSION)
			return false;
	}
	return !(wake & TASK_DEADLINE) || time_note(c);
}

static enum task_next conn_run(struct task *t, unsigned wake)
{
	struct conn *c = container_of(t, struct conn, task);
	if (!wake_note(c, wake))
		return TASK_END;
	struct op op;
	op_init(&op, 0);
	enum step next = STEP_AGAIN;
	while (next == STEP_AGAIN) {
		next = step(&op, c);
		if (next == STEP_AGAIN && crew_slice_is_over())
			next = STEP_YIELD;
	}
	op_done(&op);
	if (next == STEP_END)
		return TASK_END;
	if (next == STEP_YIELD)
		return TASK_YIELD;
	conn_park(c);
	return TASK_PARK;
}

static void conn_free(struct conn *c)
{
	waker_detach(c->waker);
	session_close(c);
	secure_free(c->secure);
	zip_free(c->zip);
	input_done(&c->in, c->net->buffers);
	rope_done(&c->out);
	if (c->in_census)
		census_leave_address(c->net->census, &c->peer);
	if (c->task.fd >= 0)
		close(c->task.fd);
	if (c->listener) {
		census_leave(c->net->census);
		listener_unref(c->listener);
	}
	free(c->dialed);
	free(c);
}

static void conn_ended(struct task *t)
{
	conn_free(container_of(t, struct conn, task));
}

static const struct task_ops conn_ops = { .run = conn_run, .ended = conn_ended };

static void option_set(int fd, int level, int name, unsigned value)
{
	// Best effort: a connection without it is slower to notice a dead peer, no more.
	int v = (int)value;
	(void)setsockopt(fd, level, name, &v, sizeof v);
}

static void options_set(const struct net *n, int fd)
{
	option_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	option_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	option_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, NET_KEEPALIVE_IDLE_S);
	option_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, NET_KEEPALIVE_EACH_S);
	option_set(fd, IPPROTO_TCP, TCP_KEEPCNT, NET_KEEPALIVE_COUNT);
	// Sent and never acknowledged: gone. At most the stall limit, which this backs up when nothing is written.
	uint64_t ms = n->limits.stall_ms;
	option_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, ms < INT32_MAX ? (unsigned)ms : INT32_MAX);
}

void conn_stranger(struct conn *c, uint64_t until)
{
	// What the kernel holds for who does not read is memory, too: by itself up to megabytes (tcp_wmem) for each connection. 0: as the system says.
	if (c->peer.kind != PEER_UNIX && (until || c->stranger_until))
		option_set(c->task.fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT,
			until ? NET_STRANGER_UNSENT : 0);
	c->stranger_until = until;
	c->input_limit = until ? NET_STRANGER_INPUT : NET_INPUT_MAX;
	c->out_high = until ? NET_STRANGER_OUT : NET_OUT_HIGH;
}

void conn_set_purse(struct conn *c, struct purse *purse)
{
	task_set_purse(&c->task, purse);
}

static void conn_init(struct conn *c, struct net *n, int fd, const struct peer *peer)
{
	c->task = (struct task){ .ops = &conn_ops, .fd = fd, .want_read = true };
	c->net = n;
	conn_stranger(c, 0);
	c->id = atomic_fetch_add_explicit(&n->next_id, 1, memory_order_relaxed) + 1;
	c->next = CONN_READ;
	peer_set(c, peer);
	if (peer->kind != PEER_UNIX)
		options_set(n, fd);
}

int conn_begin(struct op *op, struct net *n, struct dialed *d, int fd, const struct peer *peer)
{
	struct conn *c = calloc(1, sizeof *c);
	if (!c) {
		close(fd);
		free(d);
		return op_fail(op, RC_NOMEM, "no memory for a connection");
	}
	conn_init(c, n, fd, peer);
	c->dialed = d;
	c->phase = PHASE_CONNECT;
	c->task.want_read = false;
	c->task.want_write = true;
	c->phase_deadline = clock_mono() + d->timeout_ms * NS_PER_MS;
	int rc = d->info.service->open(op, c, d->info.service_config, &c->session);
	if (rc == 0)
		rc = task_start(op, n->crew, &c->task);
	if (rc < 0)
		conn_free(c);
	return rc;
}

int conn_accept(struct op *op, struct listener *l, int fd, const struct peer *peer)
{
	struct net *n = listener_net(l);
	struct conn *c = calloc(1, sizeof *c);
	if (!c) {
		close(fd);
		if (!listener_info(l)->proxy_protocol)
			census_leave_address(n->census, peer);
		census_leave(n->census);
		return op_fail(op, RC_NOMEM, "no memory for a connection");
	}
	conn_init(c, n, fd, peer);
	c->listener = listener_ref(l);
	c->phase = PHASE_PROXY;
	c->in_census = !listener_info(l)->proxy_protocol;
	c->phase_deadline = clock_mono() + n->limits.handshake_ms * NS_PER_MS;
	int rc = task_start(op, n->crew, &c->task);
	if (rc < 0)
		conn_free(c);
	return rc;
}

// --- what sessions call ---

struct span conn_input(const struct conn *c)
{
	return input_span(&c->in);
}

void conn_consume(struct conn *c, size_t n)
{
	input_consume(&c->in, n);
}

int conn_fill(struct op *op, struct conn *c, size_t room)
{
	if (c->tls_wanted)
		return 0; // what comes next is a handshake
	if (!input_has_room(c))
		return op_fail(op, RC_LIMIT, "too much unread input");
	if (c->eof)
		return op_fail(op, RC_CLOSED, "the peer closed the connection");
	if (!c->maybe_readable)
		return 0; // the last read emptied the socket: asking again would cost a system call per command
	size_t most = c->input_limit - input_size(&c->in);
	int n = transport_fill(op, c, room < most ? room : most);
	if (n < 0)
		c->eof = true;
	return n;
}

void conn_input_limit(struct conn *c, size_t bytes)
{
	c->input_limit = bytes;
}

struct rope *conn_output(struct conn *c)
{
	return &c->out;
}

int conn_flush(struct op *op, struct conn *c)
{
	int rc = transport_send(op, c);
	return rc > 0 ? 1 : rc;
}

bool conn_is_full(const struct conn *c)
{
	return rope_size(&c->out) > c->out_high;
}

void conn_set_deadline(struct conn *c, uint64_t deadline)
{
	c->session_deadline = deadline;
}

int conn_start_tls(struct op *op, struct conn *c)
{
	if (!conn_can_starttls(c))
		return op_fail(op, RC_CANNOT, "TLS is active already or not configured");
	// RFC 9051 section 6.2.1: what came in plaintext behind the command must not be taken as sent under TLS.
	input_consume(&c->in, input_size(&c->in));
	int rc = secure_new(op, c, info_of(c)->tls, &c->secure);
	c->tls_wanted = rc == 0;
	return rc;
}

int conn_start_compress(struct op *op, struct conn *c)
{
	if (c->zip)
		return op_fail(op, RC_CANNOT, "compression is active already");
	int rc = zip_new(op, &c->net->zip_pools, input_span(&c->in), rope_size(&c->out), &c->zip);
	if (rc < 0)
		return rc;
	if (input_size(&c->in))
		c->maybe_readable = true;
	input_consume(&c->in, input_size(&c->in));
	return 0;
}

// What waits in the output becomes the bytes that the peer is to get: first the plain rest, then all compressed.
static int pack_output(struct op *op, struct conn *c)
{
	struct rope wire;
	rope_init(&wire);
	for (size_t plain = zip_plain_left(c->zip); plain;) {
		struct span front = span_cut(rope_front(&c->out), 0, plain);
		rope_add(&wire, front);
		plain -= front.n;
		zip_plain_sent(c->zip, front.n);
		rope_consume(&c->out, front.n);
	}
	int rc;
	do {
		rope_move(&wire, zip_packed(c->zip));
		rc = zip_deflate(op, c->zip, &c->out);
	} while (rc > 0);
	rope_move(&c->out, &wire);
	return rc;
}

int conn_end_compress(struct op *op, struct conn *c)
{
	if (!c->zip)
		return 0;
	int rc = pack_output(op, c);
	if (rc < 0)
		return rc;
	struct span rest = input_span(zip_raw(c->zip));
	if (rest.n) {
		size_t room;
		char *p = input_room(&c->in, c->net->buffers, rest.n, &room);
		if (!p)
			return op_fail(op, RC_NOMEM, "no memory for input");
		memcpy(p, rest.p, rest.n);
		input_added(&c->in, rest.n);
	}
	zip_free(c->zip);
	c->zip = NULL;
	c->zip_deadline = 0;
	return 0;
}

bool conn_is_tls(const struct conn *c)
{
	return c->secure && !c->tls_wanted;
}

bool conn_is_compressed(const struct conn *c)
{
	return c->zip != NULL;
}

bool conn_can_starttls(const struct conn *c)
{
	return !c->secure && !c->zip && info_of(c)->tls;
}

bool conn_peer_is_local(const struct conn *c)
{
	return c->is_local;
}

const char *conn_peer(const struct conn *c)
{
	return c->peer_text;
}

uint16_t conn_peer_port(const struct conn *c)
{
	return c->peer.port;
}

const char *conn_tls_text(const struct conn *c)
{
	return conn_is_tls(c) ? secure_text(c->secure) : "";
}

int conn_channel_binding(struct op *op, struct conn *c, const char *type, struct span *ret_data)
{
	if (!conn_is_tls(c))
		return op_fail(op, RC_CANNOT, "no channel binding without TLS");
	return secure_channel_binding(op, c->secure, type, ret_data);
}

bool conn_can_bind(const struct conn *c)
{
	return conn_is_tls(c) && secure_can_export(c->secure);
}

struct span conn_client_identity(struct op *op, struct conn *c)
{
	return conn_is_tls(c) ? secure_client_identity(op, c->secure) : SPAN_NONE;
}

struct span conn_server_name(const struct conn *c)
{
	return conn_is_tls(c) ? secure_server_name(c->secure) : SPAN_NONE;
}

uint64_t conn_id(const struct conn *c)
{
	return c->id;
}
