// SPDX-License-Identifier: Apache-2.0
#include "smtp/dsn.h"

#include "base/buf.h"
#include "base/hash.h"
#include "smtp/trace.h"
#include "wire/smtp.h"

static const struct {
	const char *action, *status, *subject, *text;
} words[] = {
	[DSN_DELIVERED] = { "delivered", "2.1.5", "Delivered",
		"Your message has arrived (or, where it says \"relayed\", is on its way\r\nbeyond "
		"what can be told):" },
	[DSN_RELAYED] = { "relayed", "2.0.0", "Delivered",
		"Your message has arrived (or, where it says \"relayed\", is on its way\r\nbeyond "
		"what can be told):" },
	[DSN_DELAYED] = { "delayed", "4.4.1", "Delayed",
		"Your message has not gone out yet. It is tried again, and you need not do\r\n"
		"anything:" },
	[DSN_FAILED] = { "failed", "5.0.0", "Not delivered",
		"Your message could not be delivered, and is not tried again:" },
};

bool dsn_is_wanted(struct span notify, enum dsn_action action)
{
	struct span word,
		wanted = action == DSN_FAILED ? SPAN("FAILURE")
		: action == DSN_DELAYED       ? SPAN("DELAY")
					      : SPAN("SUCCESS");
	if (action == DSN_NONE)
		return false;
	if (!notify.p)
		return action >= DSN_DELAYED;
	while (notify.p) {
		notify = span_split(notify, ',', &word);
		if (span_caseeq(word, wanted))
			return true;
	}
	return false;
}

// Octets that would break a line, or stand where only ASCII may, become '?'.
static void clean(struct buf *to, size_t from, bool utf8)
{
	for (size_t at = from; at < to->n; at++) {
		unsigned char c = (unsigned char)to->p[at];
		if (c < ' ' || c == 0x7f || (c > 0x7f && !utf8))
			to->p[at] = '?';
	}
}

// What the client gave as xtext.
static void add_xtext(struct buf *to, struct span text)
{
	size_t at = to->n;
	smtp_xtext_decode(text, to);
	clean(to, at, true);
}

// RFC 6533 section 3: as octets of UTF-8 where these may stand; utf-8-addr-xtext stays as it is elsewhere.
static void add_unitext(struct buf *to, struct span text, bool utf8)
{
	size_t at = to->n;
	if (utf8)
		smtp_unitext_decode(text, to);
	else
		buf_add(to, text);
	clean(to, at, utf8);
}

static void add_recipient(const struct dsn_facts *f, const struct dsn_recipient *r, struct buf *to)
{
	struct span type, original = span_split(r->orcpt, ';', &type);
	if (original.p) {
		buf_addf(to, "Original-Recipient: %.*s;", SPAN_FMT(type));
		if (!span_caseeq(type, SPAN("utf-8")))
			add_xtext(to, original);
		else
			add_unitext(to, original, f->utf8);
		buf_add(to, SPAN("\r\n"));
	}
	buf_addf(to, "Final-Recipient: %s;%.*s\r\nAction: %s\r\nStatus: %s\r\n",
		f->utf8 && !span_is_ascii(r->address) ? "utf-8" : "rfc822", SPAN_FMT(r->address),
		words[r->action].action, r->status ? r->status : words[r->action].status);
	if (r->said.n && !r->ours &&
		f->relay) // RFC 3464 section 2.3.6: it says who issued the code
		buf_addf(to, "Remote-MTA: dns; %s\r\n", f->relay);
	if (r->said.n) {
		buf_add(to, SPAN("Diagnostic-Code: smtp; "));
		size_t at = to->n;
		buf_add(to, r->said);
		clean(to, at, f->utf8);
		buf_add(to, SPAN("\r\n"));
	}
	if (r->action == DSN_DELAYED) {
		buf_add(to, SPAN("Will-Retry-Until: "));
		smtp_add_date_of(to, f->retry_until);
		buf_add(to, SPAN("\r\n"));
	}
	buf_add(to, SPAN("\r\n"));
}

static enum dsn_action worst_of(const struct dsn_facts *f)
{
	enum dsn_action worst = DSN_DELIVERED;
	for (size_t i = 0; i < f->count; i++)
		if (f->recipients[i].action > worst)
			worst = f->recipients[i].action;
	return worst;
}

static void add_head(const struct dsn_facts *f, struct buf *to)
{
	uint64_t id[2];
	random_bytes(id, sizeof id);
	buf_addf(to, "From: Mail delivery <MAILER-DAEMON@%s>\r\nTo: <%.*s>\r\nDate: ", f->host,
		SPAN_FMT(f->sender));
	smtp_add_date(to);
	buf_addf(to,
		"\r\nMessage-ID: <%016llx%016llx@%s>\r\nSubject: %s\r\nAuto-Submitted: "
		"auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; "
		"report-type=delivery-status;\r\n\tboundary=\"%.*s\"\r\n\r\n",
		(unsigned long long)id[0], (unsigned long long)id[1], f->host,
		words[worst_of(f)].subject, SPAN_FMT(f->boundary));
}

static void add_text(const struct dsn_facts *f, struct buf *to)
{
	buf_addf(to,
		"--%.*s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
		"8bit\r\n\r\n%s\r\n\r\n",
		SPAN_FMT(f->boundary), words[worst_of(f)].text);
	for (size_t i = 0; i < f->count; i++) {
		const struct dsn_recipient *r = &f->recipients[i];
		if (r->action == DSN_NONE)
			continue;
		buf_addf(to, "    <%.*s> %s", SPAN_FMT(r->address), words[r->action].action);
		if (r->said.n)
			buf_add(to, SPAN(": "));
		size_t at = to->n;
		buf_add(to, r->said);
		clean(to, at, f->utf8);
		buf_add(to, SPAN("\r\n"));
	}
}

// RFC 3464 section 2.2
static void add_message_fields(const struct dsn_facts *f, struct buf *to)
{
	buf_addf(to,
		"\r\n--%.*s\r\nContent-Type: "
		"message/%sdelivery-status\r\nContent-Transfer-Encoding: "
		"8bit\r\n\r\nReporting-MTA: dns; %s\r\n",
		SPAN_FMT(f->boundary), f->utf8 ? "global-" : "", f->host);
	if (f->envid.p) {
		buf_add(to, SPAN("Original-Envelope-Id: "));
		add_xtext(to, f->envid);
		buf_add(to, SPAN("\r\n"));
	}
	buf_add(to, SPAN("Arrival-Date: "));
	smtp_add_date_of(to, f->arrived);
	if (f->hold_for.p) // RFC 4865 section 5.1.2
		buf_addf(to, "\r\nFuture-Release-Request: for;%.*s", SPAN_FMT(f->hold_for));
	if (f->hold_until.p)
		buf_addf(to, "\r\nFuture-Release-Request: until;%.*s", SPAN_FMT(f->hold_until));
	buf_add(to, SPAN("\r\n\r\n"));
}

void dsn_write(const struct dsn_facts *f, struct buf *to)
{
	static const char *const kinds[2][2] = { { "text/rfc822-headers",
							 "message/global-headers" },
		{ "message/rfc822", "message/global" } };
	add_head(f, to);
	add_text(f, to);
	add_message_fields(f, to);
	for (size_t i = 0; i < f->count; i++)
		if (f->recipients[i].action != DSN_NONE)
			add_recipient(f, &f->recipients[i], to);
	buf_addf(to, "--%.*s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
		SPAN_FMT(f->boundary), kinds[f->is_whole][f->utf8]);
	buf_add(to, f->content);
	buf_addf(to, "\r\n--%.*s--\r\n", SPAN_FMT(f->boundary));
}
