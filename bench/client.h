// SPDX-License-Identifier: Apache-2.0
// client: one connection of the load generator, plain or TLS 1.3: IMAP, one command at a time; or the lines of LMTP and POP3.
//
// It is cheap, since it shares the processors with the server it measures: answers are read into one buffer, looked at line by
// line, and counted; literals are skipped, not copied. It is strict about what it counts: a command that is not answered OK is
// an error, and the caller compares the counts with what must come. The tag is always "a".
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client {
	int fd;
	SSL *ssl;
	SSL_SESSION *session; // of the last connection, where the target resumes sessions
	char *in;
	size_t begin, end, room;
	char *out;
	size_t out_room;
	uint64_t received, sent;
	uint64_t offered, resumed; // TLS sessions of earlier connections
	char trouble[200];         // why the last call failed
};

// What came before the tagged OK.
struct answer {
	uint64_t fetches;          // untagged FETCH responses
	uint64_t expunges;         // untagged EXPUNGE and VANISHED
	uint64_t numbers;          // in untagged SEARCH, SORT and THREAD
	uint64_t validity, modseq; // the last UIDVALIDITY and HIGHESTMODSEQ
	uint64_t exists;           // the last EXISTS
	uint64_t literal_bytes;    // in literals
	bool has_exists, goes_on;  // goes_on: a line "+ ..." ended the wait
};

struct target {
	const char *host;
	uint16_t port;
	SSL_CTX *tls;       // NULL: plain
	const char *source; // our own address; NULL: any
	bool resume;        // the TLS session of the connection before, where the client had one
};

// All: 0 done, -1 failed, with c->trouble. Each blocks on the server.
// Connects and reads the greeting, of whichever protocol. The client is a zeroed one, or one that hung up: its buffers serve again.
int client_open(struct client *c, const struct target *to);
void client_hang_up(struct client *c); // closes the connection alone
void client_close(struct client *c);   // and frees everything; accepts a zeroed one
int client_login(struct client *c, const char *user, const char *password);

// Sends "a TEXT", with a non-synchronizing literal at its end when `literal` is given.
int client_send(struct client *c, const char *text, const char *literal, size_t literal_size);
// Sends the bytes as they are.
int client_raw(struct client *c, const char *bytes, size_t size);
// Reads up to the tagged answer, which must be OK, or up to "+ " when that comes first.
int client_wait(struct client *c, struct answer *ret_answer);
// Reads one response; `ret_answer` has just that one counted; ret_tagged says whether it was the tagged one.
int client_response(struct client *c, struct answer *answer, bool *ret_tagged);
// Send and wait.
int client_do(struct client *c, const char *text, struct answer *ret_answer);

// The other protocols. One line without its CRLF, valid until the next read.
int client_line(struct client *c, char **ret_line, size_t *ret_size);
// Reads an answer of LMTP, whose code must be this one (RFC 5321 section 4.2), or of POP3, which must be +OK. ret_line (may be NULL): room for its
// beginning, cut.
int client_smtp(struct client *c, const char *code);
int client_pop3(struct client *c, char *ret_line, size_t room);
// Skips the lines behind it, up to the one with a dot alone (RFC 1939 section 3).
int client_skip_lines(struct client *c);

#endif
