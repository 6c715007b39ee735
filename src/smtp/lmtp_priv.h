// SPDX-License-Identifier: Apache-2.0
// Starling: one LMTP connection. lmtp.c is its loop and its commands, lmtp_data.c what happens to a message.
#ifndef SMTP_LMTP_PRIV_H
#define SMTP_LMTP_PRIV_H

#include "smtp/envelope.h"
#include "smtp/lmtp.h"
#include "wire/dots.h"
#include "wire/line.h"
#include "wire/smtp.h"

struct delivery;

struct lmtp {
	struct lmtp_config config;
	char hostname[256]; // limit of gethostname()
};

enum lmtp_phase {
	LMTP_READ,    // a command is awaited
	LMTP_DATA,    // octets of DATA
	LMTP_CHUNK,   // octets of a BDAT chunk
	LMTP_DELIVER, // the message is there: recipients are served
	LMTP_CLOSING, // the last reply was given
};

struct lmtp_session {
	struct op op; // of the command in progress
	struct op tx; // of the mail transaction: its envelope
	struct conn *conn;
	struct lmtp *lmtp;
	enum lmtp_phase phase;
	struct line_cutter cutter;
	struct span client; // of LHLO, as Received shows it; malloced; absent: no LHLO yet
	bool in_mail;       // MAIL was accepted
	bool eof, stopping;
	struct envelope envelope;
	// The message on its way:
	struct delivery *delivery;
	struct evp_md_ctx_st *hash; // of its octets
	uint8_t digest[32];         // LMTP_DELIVER: the hash
	bool in_message;            // octets have begun to come
	int fault;                  // why it cannot be delivered to anybody; 0: it can
	char fault_text[OP_TEXT_MAX];
	struct dot_reader dots;
	bool chunked;        // it comes by BDAT
	bool last_chunk;     // the present chunk is the last one
	uint64_t chunk_left; // octets of the chunk still to come
	bool in_body;        // one recipient: its prefix is part of the stored message
	size_t next;         // LMTP_DELIVER: the next recipient
	unsigned bad;        // commands with errors since the last message
	uint64_t dropped;    // octets of the message that were read and dropped
	uint64_t opened_at, active_at, messages, delivered;
};

// --- lmtp.c ---
void lmtp_reply(struct lmtp_session *s, unsigned code, const char *enhanced, const char *text);
void lmtp_closing(
	struct lmtp_session *s, const char *enhanced, const char *text); // 421, and the end
void lmtp_transaction_end(struct lmtp_session *s); // forgets envelope and message

// --- lmtp_data.c ---
// Begins the message, when its first octets are to come.
void lmtp_message_begin(struct lmtp_session *s);
// Takes what is there. True: something was done; false: more input is needed.
bool lmtp_take_data(struct lmtp_session *s);
bool lmtp_take_chunk(struct lmtp_session *s);
// Ends the message: LMTP_DELIVER follows.
void lmtp_message_end(struct lmtp_session *s);
void lmtp_message_abort(struct lmtp_session *s);
// Delivers to some recipients, a reply for each. CONN_READ: all are served.
enum conn_next lmtp_deliver(struct lmtp_session *s);

#endif
