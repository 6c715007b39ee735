// SPDX-License-Identifier: Apache-2.0
// Trace fields (RFC 5321 section 4.4; "with" of RFC 3848 and, with SMTPUTF8, of RFC 6531 section 4.3).
#include "base/buf.h"
#include "base/clock.h"
#include "smtp/session_priv.h"
#include "smtp/trace.h"
#include "wire/date.h"

#define TIME_MAX INT64_C(253402300799) // the end of the year 9999

void smtp_add_date(struct buf *to)
{
	smtp_add_date_of(to, clock_real());
}

void smtp_add_date_of(struct buf *to, int64_t time)
{
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	time = time < 0 ? 0 : time > TIME_MAX ? TIME_MAX : time; // it may come from a disk
	int32_t day = (int32_t)(time / 86400);
	int year, month, mday, second = (int)(time % 86400);
	date_from_days(day, &year, &month, &mday);
	buf_addf(to, "%s, %d %s %d %02d:%02d:%02d +0000", days[day % 7], mday, month_name(month),
		year, second / 3600, second / 60 % 60, second % 60);
}

static void add_received(struct smtp_session *s, struct buf *to)
{
	const struct smtp_front *f = s->front;
	const char *peer = conn_peer(s->conn);
	buf_addf(to, "Received: from %.*s (", SPAN_FMT(s->client));
	if (strchr(peer, ':'))
		buf_addf(to, "[IPv6:%s]", peer);
	else if (strchr(peer, '.'))
		buf_addf(to, "[%s]", peer);
	else
		buf_add(to, SPAN("local"));
	buf_addf(to, ")\r\n\tby %s with %s%s%s id %llx.%llx;\r\n\t", s->host->hostname,
		s->envelope.utf8 ? f->utf8_protocol : f->protocol, conn_is_tls(s->conn) ? "S" : "",
		f->authenticates ? "A" : "", (unsigned long long)conn_id(s->conn),
		(unsigned long long)s->messages);
	smtp_add_date(to);
	buf_add(to, SPAN("\r\n"));
}

static struct span kept(struct smtp_session *s, struct buf *b)
{
	struct span text = b->failed ? SPAN_NONE : arena_dup(&s->op.arena, buf_span(b));
	buf_done(b);
	return text;
}

struct span smtp_received(struct smtp_session *s)
{
	struct buf b = { 0 };
	add_received(s, &b);
	return kept(s, &b);
}

struct span smtp_trace(struct smtp_session *s, const struct recipient *r)
{
	struct buf b = { 0 };
	if (!s->received.p) // the same for all recipients
		s->received = arena_dup(&s->tx.arena, smtp_received(s));
	if (!s->received.p)
		return SPAN_NONE;
	buf_add(&b, SPAN("Return-Path: <"));
	buf_add(&b, s->envelope.sender);
	buf_add(&b, SPAN(">\r\nDelivered-To: "));
	buf_add(&b, r->address);
	buf_add(&b, SPAN("\r\n"));
	buf_add(&b, s->received);
	return kept(s, &b);
}
