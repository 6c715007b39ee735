// SPDX-License-Identifier: Apache-2.0
// Starling: frames of the admin socket (server/admin.h), for both ends. A frame is one octet of kind, a length (u32, little-endian), that many
// octets. Both sides block; the server until FRAME_TIMEOUT_S at most, but between
// the requests of an import. One thread a connection.
#ifndef SERVER_FRAME_H
#define SERVER_FRAME_H

#include "base/buf.h"
#include "base/op.h"

#define FRAME_MAX (5u << 20)     // octets of one: a record of the store fits
#define FRAME_PIECE (256u << 10) // octets that a sender gathers
#define FRAME_TIMEOUT_S 300u

enum frame_kind {
	FRAME_REQUEST = 'Q', // client: a line of words
	FRAME_DATA = 'D',    // both: a part of what a request is about
	FRAME_HEAD = 'H',    // both: what the following data is
	FRAME_END = 'E',     // both: the last; of an answer, its words
	FRAME_FAULT =
		'F', // server: the last of an answer that failed: i32 RC_, text. Client: what it was sending is to be dropped
};
struct frame {
	enum frame_kind kind;
	struct span payload; // valid until the next frame_read() with the same buffer
};
int frame_write(struct op *op, int fd, enum frame_kind kind, struct span payload);
// RC_CLOSED at the end of the stream, RC_TIMEOUT, RC_SYNTAX (too long, unknown kind).
int frame_read(struct op *op, int fd, struct buf *room, struct frame *ret_frame);
int frame_write_fault(struct op *op, int fd, int rc); // what op recorded
// Records the fault of such a frame in op; returns it.
int frame_fault(struct op *op, struct span payload);

// Records packed in data: u32 length of the key, u32 of the value, both.
#define FRAME_RECORD 8u
void frame_add_record(struct buf *b, struct span key, struct span value);
// The next one; false at the end, or when the rest is not a record (r->bad).
bool frame_next_record(struct reader *r, struct span *ret_key, struct span *ret_value);

// The address of the admin socket in a data folder, however long its path: a socket bound to or connected with it. RC_IO, RC_NONEXISTENT:
// nobody listens.
int frame_listen(struct op *op, const char *data, int *ret_fd);
int frame_connect(struct op *op, const char *data, int *ret_fd);
void frame_set_timeouts(int fd);

#endif
