// SPDX-License-Identifier: Apache-2.0
// Starling: an op is one operation on somebody's behalf (a command, a delivery, a command line): where its
// results are allocated, how long it may take, and why it failed. Every function that can block, fail with
// a reason or allocate for its caller takes one first (docs/style.md, rules 15-17). One thread at a time.
#ifndef BASE_OP_H
#define BASE_OP_H

#include "base/arena.h"
#include "base/rc.h"

#include <stdatomic.h>

#define OP_TEXT_MAX 240

struct op {
	struct arena arena;        // results live here until op_reset()
	uint64_t deadline;         // clock_mono() when it gives up; 0: never
	const atomic_bool *cancel; // set by another thread to stop it early; may be NULL
	struct later *
		later; // it can do without a thread while a change becomes durable (mail/txn.h); NULL: it waits
	int rc;                 // of the last op_fail(); 0 if none
	char text[OP_TEXT_MAX]; // its text, for a person; UTF-8, no CR, LF or NUL
};

void op_init(struct op *op, size_t memory_limit);
void op_done(struct op *op);
void op_reset(struct op *op); // forgets results and error

// Records why, once, at the origin; returns rc (negative) to be passed up. The text is cut to
// OP_TEXT_MAX - 1 bytes at a UTF-8 border; control characters become '?'.
int op_fail(struct op *op, int rc, const char *fmt, ...) printf_like(3, 4);
// op_fail() with the text of an errno behind the given one.
int op_fail_errno(struct op *op, int rc, int error, const char *fmt, ...) printf_like(4, 5);
// 0, or RC_CANCELLED / RC_TIMEOUT recorded: for long loops.
int op_alive(struct op *op);
// The recorded text, or the plain English of rc when nothing was recorded.
const char *op_text(const struct op *op, int rc);

struct charge; // base/budget.h
// A charge to the budget of the op's arena, for work that allocates by itself; RC_LIMIT is recorded when there is no room for n octets more.
void op_charge_init(struct op *op, struct charge *ret_charge);
int op_charge(struct op *op, struct charge *c, size_t n);

// Allocation in the op's arena with RC_NOMEM recorded on failure.
void *op_alloc(struct op *op, size_t n) must_use;
#define op_new(op, type) ((type *)op_alloc((op), sizeof(type)))

#endif
