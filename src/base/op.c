// SPDX-License-Identifier: Apache-2.0
#include "base/op.h"

#include "base/budget.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>

const char *rc_text(int rc)
{
	switch (rc) {
	case RC_OK:
		return "done";
#define RC_CASE_(name, text)                                                                       \
	case RC_##name:                                                                            \
		return text;
		RC_LIST(RC_CASE_)
#undef RC_CASE_
	default:
		return "unknown error";
	}
}

void op_init(struct op *op, size_t memory_limit)
{
	*op = (struct op){ .rc = 0 };
	arena_init(&op->arena, memory_limit);
}

void op_done(struct op *op)
{
	arena_done(&op->arena);
	arena_set_budget(&op->arena, NULL);
}

void op_reset(struct op *op)
{
	arena_reset(&op->arena);
	op->rc = 0;
	op->text[0] = '\0';
}

// Leaves a text that may go to a log line or a reply: no control characters, no cut UTF-8 sequence.
static void text_clean(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			text[i] = '?';
	if (span_is_utf8(span_of(text, n)))
		return;
	size_t cut = n;
	for (size_t back = 0; back < 4 && cut > 0; back++) {
		cut--;
		if (span_is_utf8(span_of(text, cut))) {
			text[cut] = '\0';
			return;
		}
	}
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] & 0x80)
			text[i] = '?';
}

printf_like(4, 0) static int fail(
	struct op *op, int rc, const char *suffix, const char *fmt, va_list ap)
{
	char text[OP_TEXT_MAX] = ""; // the arguments may point into op->text
	int n = vsnprintf(text, sizeof text, fmt, ap);
	if (n < 0)
		n = 0;
	if (suffix && (size_t)n < sizeof text)
		(void)snprintf(text + n, sizeof text - (size_t)n, ": %s", suffix); // may be cut
	text_clean(text, strlen(text));
	op->rc = rc;
	memcpy(op->text, text, sizeof text);
	return rc;
}

int op_fail(struct op *op, int rc, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	rc = fail(op, rc, NULL, fmt, ap);
	va_end(ap);
	return rc;
}

int op_fail_errno(struct op *op, int rc, int error, const char *fmt, ...)
{
	char reason[96];
	va_list ap;
	va_start(ap, fmt);
	rc = fail(op, rc, strerror_r(error, reason, sizeof reason), fmt, ap);
	va_end(ap);
	return rc;
}

int op_alive(struct op *op)
{
	if (op->cancel && atomic_load_explicit(op->cancel, memory_order_relaxed))
		return op_fail(op, RC_CANCELLED, "cancelled");
	if (op->deadline && clock_mono() > op->deadline)
		return op_fail(op, RC_TIMEOUT, "took too long");
	return 0;
}

const char *op_text(const struct op *op, int rc)
{
	return op->rc == rc && op->text[0] ? op->text : rc_text(rc);
}

void *op_alloc(struct op *op, size_t n)
{
	void *p = arena_alloc(&op->arena, n);
	if (!p)
		(void)op_fail(op, RC_NOMEM, "out of memory");
	return p;
}

void op_charge_init(struct op *op, struct charge *ret_charge)
{
	charge_init(ret_charge, op->arena.budget);
}

int op_charge(struct op *op, struct charge *c, size_t n)
{
	return charge_add(c, n)
		? 0
		: op_fail(op, RC_LIMIT,
			  "too much memory is in use for commands of this size just now");
}
