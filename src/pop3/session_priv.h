// SPDX-License-Identifier: Apache-2.0
// Starling: one POP3 connection. session.c is its loop, commands.c what the commands do, output.c the answers of many lines, reply.c the short ones.
#ifndef POP3_SESSION_PRIV_H
#define POP3_SESSION_PRIV_H

#include "auth/login.h"
#include "mail/content.h"
#include "pop3/maildrop.h"
#include "pop3/pop3.h"
#include "wire/dots.h"
#include "wire/line.h"

struct seats;

struct pop3 {
	struct pop3_config config;
	struct seats *seats;
};

enum pop3_state { // bits: RFC 1939 section 3
	POP3_AUTHORIZATION = 1,
	POP3_TRANSACTION = 2,
	POP3_CLOSING = 4, // the last answer was given
};
enum pop3_phase {
	POP3_READ,  // a command is awaited
	POP3_SASL,  // a line of an AUTH exchange is
	POP3_LATER, // a refusal waits for its time, or a password in line
	POP3_LOAD,  // logged in: the maildrop is being read
	POP3_SEND,  // an answer of many lines is being sent
};
enum pop3_sending { SEND_LIST, SEND_UIDL, SEND_MESSAGE };

struct pop3_output {
	enum pop3_sending what;
	uint32_t next; // SEND_LIST, SEND_UIDL: the number
	// SEND_MESSAGE:
	struct content content;
	uint64_t offset, header; // octets sent; octets of the header
	uint64_t lines;          // of the body that are still wanted; UINT64_MAX: all
	bool last;               // everything that is wanted is in `raw`
	struct rope raw;         // octets on their way, not stuffed yet
	struct dot_stuffer dots;
};

struct pop3_session {
	struct op op; // of the command in progress
	struct conn *conn;
	struct pop3 *pop3;
	enum pop3_state state;
	enum pop3_phase phase;
	struct line_cutter cutter;
	struct login login;
	struct span name; // of USER; malloced
	struct span user; // who is logged in; malloced
	bool seated;      // counts against the user's sessions
	bool utf8;        // UTF8 was given (RFC 6856 section 2.1)
	bool eof;
	unsigned bad; // commands with errors before log-in
	struct account *account;
	struct maildrop drop;
	struct pop3_output out;
	uint64_t opened_at, active_at;
	uint64_t retrieved, removed;
};

static inline struct rope *pop3_out(struct pop3_session *s)
{
	return conn_output(s->conn);
}

// --- reply.c ---
void pop3_ok(struct pop3_session *s, const char *fmt, ...) printf_like(2, 3);
void pop3_err(struct pop3_session *s, const char *code, const char *fmt, ...) printf_like(3, 4);
// The fault of the session's op, from the one table of RC_ to response codes (RFC 2449 section 8, RFC 3206).
void pop3_fault(struct pop3_session *s, int rc);

// --- commands.c ---
// A line without its line end. Answers it, or sets another phase.
void pop3_command(struct pop3_session *s, struct span line);
void pop3_sasl_line(struct pop3_session *s, struct span line);
void pop3_later(struct pop3_session *s); // POP3_LATER: its time may have come
void pop3_load(struct pop3_session *s);  // POP3_LOAD
bool pop3_is_private(const struct pop3_session *s);

// --- output.c ---
void pop3_send_numbers(
	struct pop3_session *s, enum pop3_sending what); // LIST, UIDL: the first line is out
// Begins RETR (lines UINT64_MAX) or TOP: +OK, or a refusal.
void pop3_send_message(struct pop3_session *s, const struct drop_message *m, uint64_t lines);
// Goes on. CONN_READ: it is all there; CONN_FLUSH, CONN_YIELD: call again; CONN_ABORT: it cannot be ended.
enum conn_next pop3_send(struct pop3_session *s);
void pop3_send_done(struct pop3_session *s); // ends it, sent or not

#endif
