// SPDX-License-Identifier: Apache-2.0
// With SMTPUTF8 the parts are those of RFC 6533.
#include "smtp/dsn.h"

#include "base/buf.h"
#include "base/hash.h"
#include "smtp/envelope.h"
#include "smtp/trace.h"
#include "wire/smtp.h"

static bool wants(const struct recipient *r, bool relay_tells)
{
	struct span rest = r->notify, word;
	while (rest.p) {
		rest = span_split(rest, ',', &word);
		if (span_caseeq(word, SPAN("SUCCESS")))
			return !r->refused && !(r->remote && relay_tells);
	}
	return false;
}

bool dsn_is_wanted(const struct envelope *e, bool relay_tells)
{
	bool any = false;
	for (size_t i = 0; i < e->count && e->sender.n; i++)
		any |= wants(&e->recipients[i], relay_tells);
	return any;
}

// What the client gave as xtext; octets that would break a line become '?'.
static void add_xtext(struct buf *to, struct span text)
{
	size_t at = to->n;
	smtp_xtext_decode(text, to);
	for (; at < to->n; at++)
		if ((unsigned char)to->p[at] < ' ' || to->p[at] == 0x7f)
			to->p[at] = '?';
}

static void add_recipient(const struct recipient *r, bool utf8, struct buf *to)
{
	struct span type, original = span_split(r->orcpt, ';', &type);
	if (original.p) {
		buf_addf(to, "Original-Recipient: %.*s;", SPAN_FMT(type));
		add_xtext(to, original);
		buf_add(to, SPAN("\r\n"));
	}
	buf_addf(to, "Final-Recipient: %s;%.*s\r\nAction: %s\r\nStatus: 2.%s\r\n\r\n",
		utf8 && !span_is_ascii(r->address) ? "utf-8" : "rfc822", SPAN_FMT(r->address),
		r->remote ? "relayed" : "delivered", r->remote ? "0.0" : "1.5");
}

static void add_head(const struct envelope *e, const struct dsn_facts *f, struct buf *to)
{
	uint64_t id[2];
	random_bytes(id, sizeof id);
	buf_addf(to, "From: Mail delivery <MAILER-DAEMON@%s>\r\nTo: <%.*s>\r\nDate: ", f->host,
		SPAN_FMT(e->sender));
	smtp_add_date(to);
	buf_addf(to,
		"\r\nMessage-ID: <%016llx%016llx@%s>\r\nSubject: Delivered\r\nAuto-Submitted: "
		"auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; "
		"report-type=delivery-status;\r\n\tboundary=\"%.*s\"\r\n\r\n",
		(unsigned long long)id[0], (unsigned long long)id[1], f->host,
		SPAN_FMT(f->boundary));
}

void dsn_write(const struct envelope *e, const struct dsn_facts *f, struct buf *to)
{
	const char *global = e->utf8 ? "global-" : "";
	add_head(e, f, to);
	buf_addf(to,
		"--%.*s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
		"8bit\r\n\r\nYour message has arrived "
		"(or, where it says \"relayed\", is on its way\r\nbeyond what can be "
		"told):\r\n\r\n",
		SPAN_FMT(f->boundary));
	for (size_t i = 0; i < e->count; i++)
		if (wants(&e->recipients[i], f->relay_tells))
			buf_addf(to, "    <%.*s> %s\r\n", SPAN_FMT(e->recipients[i].address),
				e->recipients[i].remote ? "relayed" : "delivered");
	buf_addf(to,
		"\r\n--%.*s\r\nContent-Type: "
		"message/%sdelivery-status\r\nContent-Transfer-Encoding: "
		"8bit\r\n\r\nReporting-MTA: dns; %s\r\n",
		SPAN_FMT(f->boundary), global, f->host);
	if (e->envid.p) {
		buf_add(to, SPAN("Original-Envelope-Id: "));
		add_xtext(to, e->envid);
		buf_add(to, SPAN("\r\n"));
	}
	buf_add(to, SPAN("Arrival-Date: "));
	smtp_add_date(to);
	if (e->hold_for.p) // RFC 4865 section 5.1.2
		buf_addf(to, "\r\nFuture-Release-Request: for;%.*s", SPAN_FMT(e->hold_for));
	if (e->hold_until.p)
		buf_addf(to, "\r\nFuture-Release-Request: until;%.*s", SPAN_FMT(e->hold_until));
	buf_add(to, SPAN("\r\n\r\n"));
	for (size_t i = 0; i < e->count; i++)
		if (wants(&e->recipients[i], f->relay_tells))
			add_recipient(&e->recipients[i], e->utf8, to);
	buf_addf(to, "--%.*s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
		SPAN_FMT(f->boundary), e->utf8 ? "message/global-headers" : "text/rfc822-headers");
	buf_add(to, f->header);
	buf_addf(to, "\r\n--%.*s--\r\n", SPAN_FMT(f->boundary));
}
