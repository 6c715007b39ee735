// SPDX-License-Identifier: Apache-2.0
#include "mime/downgrade.h"

#include "mime/header.h"

#define WORD_OCTETS                                                                                \
	60u // of the encoded text of one encoded-word: with its frame at most 75 (RFC 2047 section 2)

// --- encoded-words (RFC 2047 section 4.2 "Q", in the form that a phrase may have: section 5 (3)) ---

static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static size_t char_octets(struct span s)
{
	size_t n = 1;
	while (n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

// UTF-8 text as encoded-words, no character parted, one to a line.
static void add_words(struct span text, struct buf *to)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t used = WORD_OCTETS + 1; // no word is open
	bool open = false;
	while (text.n) {
		size_t n = char_octets(text), need = 0;
		for (size_t i = 0; i < n; i++)
			need += is_plain((unsigned char)text.p[i]) || text.p[i] == ' ' ? 1 : 3;
		if (used + need > WORD_OCTETS) {
			buf_add(to, open ? SPAN("?=\r\n =?utf-8?Q?") : SPAN("=?utf-8?Q?"));
			open = true;
			used = 0;
		}
		for (size_t i = 0; i < n; i++) {
			unsigned char c = (unsigned char)text.p[i];
			if (is_plain(c) || c == ' ') {
				buf_addc(to, c == ' ' ? '_' : (char)c);
				continue;
			}
			buf_addc(to, '=');
			buf_addc(to, hex[c >> 4]);
			buf_addc(to, hex[c & 15]);
		}
		used += need;
		text = span_skip(text, n);
	}
	if (open)
		buf_add(to, SPAN("?="));
}

// --- addresses ---

// A quoted-string of ASCII.
static void add_quoted(struct span s, struct buf *to)
{
	buf_addc(to, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_addc(to, '\\');
		buf_addc(to, s.p[i] >= ' ' && s.p[i] != 0x7f ? s.p[i] : ' ');
	}
	buf_addc(to, '"');
}

static void add_name(struct span name, struct buf *to)
{
	struct buf text = { 0 };
	if (span_is_ascii(name)) {
		// Encoded-words are none within quotes.
		if (span_find(name, SPAN("=?")) != SIZE_MAX)
			buf_add(to, name);
		else
			add_quoted(name, to);
	} else {
		mime_text_of(name, &text);
		add_words(buf_span(&text), to);
	}
	to->failed |= text.failed;
	buf_done(&text);
}

static bool is_dot_atom(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_plain((unsigned char)s.p[i]) &&
			(!s.p[i] || !strchr("!#$%&'*+-/=?^_`{|}~.", s.p[i])))
			return false;
	return s.n > 0;
}

static void add_address(const struct mime_address *m, struct buf *to)
{
	if (span_is_ascii(m->local) && span_is_ascii(m->domain)) {
		if (m->name.n) {
			add_name(m->name, to);
			buf_addc(to, ' ');
		}
		buf_addc(to, '<');
		if (is_dot_atom(m->local))
			buf_add(to, m->local);
		else
			add_quoted(m->local, to);
		if (m->domain.n) {
			buf_addc(to, '@');
			buf_add(to, m->domain);
		}
		buf_addc(to, '>');
		return;
	}
	// RFC 6858 section 2.1: the reader is told what it was; nobody has the address.
	struct buf text = { 0 };
	if (m->name.n) {
		buf_add(&text, m->name);
		buf_addc(&text, ' ');
	}
	buf_add(&text, m->local);
	buf_addc(&text, '@');
	buf_add(&text, m->domain);
	add_name(buf_span(&text), to);
	buf_add(to, SPAN(" <invalid@internationalized-address.invalid>"));
	to->failed |= text.failed;
	buf_done(&text);
}

static void add_addresses(struct arena *a, struct span value, struct buf *to)
{
	struct mime_addresses it = mime_addresses_of(mime_unfold(a, value));
	struct mime_address m;
	bool first = true;
	while (mime_addresses_next(a, &it, &m)) {
		if (m.kind == MIME_GROUP_END) {
			buf_addc(to, ';');
			first = false;
			continue;
		}
		if (!first)
			buf_add(to, SPAN(",\r\n "));
		first = m.kind == MIME_GROUP_BEGIN;
		if (first) {
			add_name(m.name, to);
			buf_add(to, SPAN(": "));
		} else {
			add_address(&m, to);
		}
	}
	to->failed |= it.failed;
}

// --- fields ---

static bool is_one_of(struct span name, const char *const *names)
{
	for (; *names; names++)
		if (span_caseeq(name, span_str(*names)))
			return true;
	return false;
}

// RFC 6858 section 2.2: parameters that cannot be said are left out.
static void add_params(struct span value, struct buf *to)
{
	bool quoted = false, first = true;
	for (size_t from = 0, i = 0; i <= value.n; i++) {
		if (i < value.n && value.p[i] == '\\' && quoted) {
			i++;
			continue;
		}
		if (i < value.n && value.p[i] == '"')
			quoted = !quoted;
		if (i < value.n && (value.p[i] != ';' || quoted))
			continue;
		struct span part = span_cut(value, from, i);
		if (span_is_ascii(part)) {
			if (!first)
				buf_addc(to, ';');
			buf_add(to, part);
			first = false;
		}
		from = i + 1;
	}
}

static void add_field(struct arena *a, const struct mime_field *f, struct buf *to)
{
	// RFC 6858 section 2.1
	static const char *const addresses[] = { "Bcc", "Cc", "From", "Reply-To", "Resent-Bcc",
		"Resent-Cc", "Resent-From", "Resent-Sender", "Resent-To", "Return-Path", "Sender",
		"To", NULL };
	static const char *const mime[] = { "Content-Type", "Content-Disposition", NULL };
	bool subject = span_caseeq(f->name, SPAN("Subject"));
	if (!subject && !is_one_of(f->name, addresses) && !is_one_of(f->name, mime))
		return; // section 2.4: left out
	buf_add(to, f->name);
	buf_add(to, SPAN(":"));
	if (is_one_of(f->name, mime)) {
		add_params(f->value, to);
	} else if (subject) {
		struct buf text = { 0 };
		buf_addc(to, ' ');
		mime_text_of(f->value, &text);
		add_words(buf_span(&text), to);
		to->failed |= text.failed;
		buf_done(&text);
	} else {
		buf_addc(to, ' ');
		add_addresses(a, f->value, to);
	}
	buf_add(to, SPAN("\r\n"));
}

void mime_downgrade(struct arena *a, struct span header, struct buf *to)
{
	struct mime_fields it = mime_fields_of(header);
	struct mime_field f;
	while (mime_fields_next(&it, &f)) {
		if (span_is_ascii(f.raw))
			buf_add(to, f.raw);
		else
			add_field(a, &f, to);
	}
	buf_add(to, span_skip(header, it.at));
}
