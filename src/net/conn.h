// SPDX-License-Identifier: Apache-2.0
// Starling: a connection: a socket with an input buffer, an output rope, and the layers between (PROXY header, TLS,
// COMPRESS=DEFLATE). Non-blocking: nothing here waits for a peer. A front end (imap, pop3, ...) is a `service`: its
// session is run by one thread at a time, in straight-line code, whenever the connection has input, room for output,
// was woken, or its deadline passed. Between runs a connection that waits keeps no buffers. The share of CPU between
// runs is net's business; within a run, crew_slice_is_over() says when to return CONN_YIELD.
//
// net/ does by itself, before a session sees anything: PROXY protocol v1/v2 (if the listener trusts it), the TLS
// handshake of implicit TLS, sending what the rope holds, the cut-off of a peer that stops reading (stall limit).
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/op.h"
#include "base/rope.h"
#include "run/crew.h"

struct conn;
struct tls_context; // net/tls.h
struct listener;

// What a session's run() returns. An INPUT event is given only after CONN_READ and when output is below the low-water mark;
// WOKEN not while output is above the high-water mark (all is told later); after CONN_FLUSH nothing before it has drained.
// After CONN_EV_EOF, CONN_READ means CONN_CLOSE.
enum conn_next {
	CONN_READ, // waits for input (or a wake-up, or its deadline)
	CONN_WAIT, // waits for a wake-up or its deadline only: input is left in the socket (back-pressure)
	CONN_FLUSH, // run again when the output has drained to below the low-water mark: a cursor has more to send
	CONN_YIELD, // had its share: run again after the others
	CONN_CLOSE, // send what is pending, then close
	CONN_ABORT, // close at once
};
// Why run() is called: bits.
enum conn_event {
	CONN_EV_OPEN = 1,      // the first run, alone: greet
	CONN_EV_INPUT = 2,     // new input was buffered
	CONN_EV_EOF = 4,       // the peer sent its last byte; buffered input is still there
	CONN_EV_WOKEN = 8,     // conn_wake()
	CONN_EV_DEADLINE = 16, // the session's deadline passed; it is 0 now
	CONN_EV_DRAINED = 32,  // after CONN_FLUSH
	CONN_EV_STOPPING = 64, // server shutdown: say BYE, return CONN_CLOSE
};

// A front end. `config` is the service's own immutable configuration, given when the listener was opened.
struct service {
	const char *name; // "imap": for logs and metrics
	// Makes the session of a new connection; on failure the connection is closed.
	int (*open)(struct op *op, struct conn *c, const void *config, void **ret_session);
	enum conn_next (*run)(void *session, unsigned events);
	// The session said CONN_CLOSE, or the connection is gone: frees the session. Runs in the thread that owned it.
	void (*close)(void *session);
	const char *
		alpn; // its name in TLS (RFC 7301): "imap", "pop3"; others are refused then. NULL: not looked at
};

// --- the session's side; only in the thread that owns the connection, except conn_wake() ---

// Unread input. Stays valid until the next conn_consume(), conn_fill() or return from run().
struct span conn_input(const struct conn *c);
void conn_consume(struct conn *c, size_t n);
// Reads what the socket has now into the input buffer, at most about `room` bytes more: >0 bytes added, 0 nothing there
// now, RC_CLOSED at end of input, RC_LIMIT when the buffer already holds its most (see conn_input_limit).
// net calls it once before each run with CONN_EV_INPUT; a session that consumed everything may call it for more.
int conn_fill(struct op *op, struct conn *c, size_t room);
// Most bytes of unread input to buffer (default 64 KiB). Beyond it the socket is left alone: back-pressure.
void conn_input_limit(struct conn *c, size_t bytes);
// Before log-in a connection holds little: NET_STRANGER_INPUT of unread input, NET_STRANGER_OUT of output as its high-water mark, NET_STRANGER_UNSENT in the kernel; and one that takes no
// output is cut off at `until` (clock_mono()), when the session could not say anything. 0: it is a stranger no more, and has the usual limits.
void conn_stranger(struct conn *c, uint64_t until);
// Whose purse (run/purse.h) pays for what the connection makes threads do; NULL: its own, as at first. Before `purse` goes away.
void conn_set_purse(struct conn *c, struct purse *purse);
// Output waits here; sent when run() returns, or by conn_flush().
struct rope *conn_output(struct conn *c);
// Sends as much as the socket takes now. 0 all sent, 1 some is left, negative RC_CLOSED.
int conn_flush(struct op *op, struct conn *c);
// True when the rope holds more than the high-water mark (256 KiB; a stranger: 8): a cursor should return CONN_FLUSH.
bool conn_is_full(const struct conn *c);
// The session's deadline (autologout, IDLE tick), clock_mono(); 0: none.
void conn_set_deadline(struct conn *c, uint64_t deadline);
// Makes the session run soon with CONN_EV_WOKEN. Any thread. See conn_waker() for use after the connection may be gone.
void conn_wake(struct conn *c);
// A reference-counted handle through which others wake the connection even when it may be gone by then.
struct waker;
struct waker *conn_waker_ref(struct conn *c); // NULL: out of memory
void waker_ref(struct waker *w);
void waker_wake(struct waker *w); // any thread, any time, never blocks on the connection
void waker_unref(struct waker *w);

// STARTTLS (RFC 9051 section 6.2.1): call after queueing the OK. Buffered plaintext input is discarded (command injection);
// the handshake runs once the output has been sent; run() is next called with CONN_EV_INPUT after it.
int conn_start_tls(struct op *op, struct conn *c);
// COMPRESS DEFLATE (RFC 4978): call after queueing the OK, which still goes out uncompressed. Buffered input was not
// compressed if it came before the command line's end; what is left unread is taken as compressed.
int conn_start_compress(struct op *op, struct conn *c);
// Ends it (RFC 8437 section 4.1), if there is any: what is queued now is the last that goes out compressed, and input that
// was not inflated yet is taken as it is.
int conn_end_compress(struct op *op, struct conn *c);
bool conn_is_tls(const struct conn *c);
bool conn_is_compressed(const struct conn *c);
bool conn_can_starttls(const struct conn *c);  // plain, and the listener has a TLS context
bool conn_peer_is_local(const struct conn *c); // loopback or UNIX socket, after PROXY
// Text for logs and throttling: "192.0.2.1" or "2001:db8::1", "unix"; stable for the connection's life.
const char *conn_peer(const struct conn *c);
uint16_t conn_peer_port(const struct conn *c);
// Text of the TLS state for logs ("TLSv1.3 TLS_AES_256_GCM_SHA384"), "" without.
const char *conn_tls_text(const struct conn *c);
// Channel binding data of this TLS connection: "tls-exporter" (RFC 9266), "tls-server-end-point" or, for TLS 1.2,
// "tls-unique" (RFC 5929), into op's arena. RC_CANNOT without TLS or for an unknown type.
int conn_channel_binding(struct op *op, struct conn *c, const char *type, struct span *ret_data);
// Whether "tls-exporter" is defined for this connection; costs nothing, the data a dozen hashes.
bool conn_can_bind(const struct conn *c);
// The name in a verified client certificate (subjectAltName rfc822Name, else CN), for SASL EXTERNAL; absent if none.
struct span conn_client_identity(struct op *op, struct conn *c);
// The name that the peer asked for with SNI; absent if none.
struct span conn_server_name(const struct conn *c);
// Of a connection that we have made (net/dial.h): why it ended; "" when the session ended it or the peer closed it.
const char *conn_fault(const struct conn *c);
// A number that is unique in the process, for logs.
uint64_t conn_id(const struct conn *c);

// --- the server's side (net/listener.h has listeners; net/tls.h contexts) ---

#endif
