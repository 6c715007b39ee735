// SPDX-License-Identifier: Apache-2.0
// Starling: trace fields (RFC 5321 section 4.4), as whole lines.
#ifndef SMTP_TRACE_H
#define SMTP_TRACE_H

#include "base/op.h"

struct buf;
struct recipient;
struct smtp_session;

// In the arena of s->op; absent: out of memory.
struct span smtp_received(struct smtp_session *s);
// Return-Path, Delivered-To and Received.
struct span smtp_trace(struct smtp_session *s, const struct recipient *r);
// date-time (RFC 5322 section 3.3) of now, in UTC.
void smtp_add_date(struct buf *to);
void smtp_add_date_of(struct buf *to, int64_t time); // of that time, clock_real()

#endif
