// SPDX-License-Identifier: Apache-2.0
// Starling: address lists (RFC 5322 sections 3.4 and 4.4, RFC 6854, 6532). One pass; what an address gives is written to a buffer as large as the
// field, which is allocated once: the pieces of an address are never longer than its text.
#include "mime/header.h"

#include "base/limits.h"
#include "mime/lex_priv.h"

// Text of words up to a special: quoting removed, comments dropped, runs of blanks one space.
struct words {
	struct span text;
	size_t last; // where in `text` the last word begins (words are parted by blanks without a dot)
	bool any;    // something was there, even if only ""
	bool many; // more than one word
	struct span comment;
};

static void put(struct mime_addresses *it, char c)
{
	if (it->room > 0) {
		*it->out++ = c;
		it->room--;
	}
}

static void put_all(struct mime_addresses *it, struct span s)
{
	size_t n = s.n < it->room ? s.n : it->room;
	memcpy(it->out, s.p, n);
	it->out += n;
	it->room -= n;
}

static void take_quoted(struct mime_addresses *it)
{
	struct span s = span_skip(it->rest, 1);
	size_t i = 0;
	while (i < s.n && s.p[i] != '"') {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		if (s.p[i] != '\r' && s.p[i] != '\n')
			put(it, s.p[i]);
		i++;
	}
	it->rest = span_skip(s, i + 1);
}

static bool is_stop(char c, bool in_angle)
{
	if (in_angle)
		return c == '>' || c == '@' || c == '<';
	return c == ',' || c == ';' || c == ':' || c == '<' || c == '>' || c == '@';
}

// An octet that means itself wherever it stands: it begins no blank, quote, comment or encoded word, and is no special.
static bool is_plain(char c)
{
	switch (c) {
	case ' ':
	case '\t':
	case '\r':
	case '\n':
	case '"':
	case '(':
	case '\\':
	case '=':
	case ',':
	case ';':
	case ':':
	case '<':
	case '>':
	case '@':
		return false;
	default:
		return true;
	}
}

static size_t plain_run(struct span s)
{
	size_t n = 0;
	while (n < s.n && is_plain(s.p[n]))
		n++;
	return n;
}

static bool dot_beside(const struct mime_addresses *it, const char *start)
{
	return it->rest.p[0] == '.' || (it->out > start && it->out[-1] == '.');
}

// `local`: blanks beside dots are dropped (obs-local-part), else kept as one space (phrases: "Joe Q. Public").
static struct words take_words(struct mime_addresses *it, bool local, bool in_angle)
{
	struct words w = { .text = { it->out, 0 } };
	char *start = it->out;
	while (it->rest.n > 0 && !is_stop(it->rest.p[0], in_angle)) {
		struct span before = it->rest;
		it->rest = cfws_skip(it->rest, &w.comment);
		bool blank = it->rest.n < before.n;
		if (it->rest.n == 0 || is_stop(it->rest.p[0], in_angle))
			break;
		if (blank && it->out > start && !(local && dot_beside(it, start))) {
			put(it, ' ');
			w.last = (size_t)(it->out - start);
			w.many = true;
		}
		w.any = true;
		size_t n = plain_run(it->rest);
		if (n > 0) {
			put_all(it, span_cut(it->rest, 0, n));
			it->rest = span_skip(it->rest, n);
			continue;
		}
		struct encoded_word ew;
		n = encoded_word_at(it->rest, &ew);
		if (it->rest.p[0] == '"') {
			take_quoted(it);
			continue;
		}
		if (n == 0) {
			n = it->rest.p[0] == '\\' && it->rest.n > 1 ? 2 : 1;
			put(it, it->rest.p[n - 1]);
			it->rest = span_skip(it->rest, n);
			continue;
		}
		put_all(it, span_cut(it->rest, 0, n));
		it->rest = span_skip(it->rest, n);
	}
	w.text = span_of(start, (size_t)(it->out - start));
	return w;
}

static struct span take_domain_literal(struct mime_addresses *it, char *start)
{
	while (it->rest.n > 0) {
		char c = it->rest.p[0];
		it->rest = span_skip(it->rest, 1);
		if (!is_blank(c))
			put(it, c);
		if (c == ']')
			break;
	}
	return span_of(start, (size_t)(it->out - start));
}

// The domain behind '@': atoms and dots without blanks and comments.
static struct span take_domain(struct mime_addresses *it, struct span *comment)
{
	char *start = it->out;
	it->rest = cfws_skip(it->rest, comment);
	if (it->rest.n > 0 && it->rest.p[0] == '[')
		return take_domain_literal(it, start);
	while (it->rest.n > 0) {
		struct span next = cfws_skip(it->rest, comment);
		if (next.n == 0)
			it->rest = next;
		if (next.n == 0 || memchr(",;:<>\"", next.p[0], 6))
			break;
		bool gap = next.n < it->rest.n;
		it->rest = next;
		if (gap && it->out > start && !dot_beside(it, start))
			break;
		put(it, next.p[0]);
		it->rest = span_skip(next, 1);
	}
	return span_of(start, (size_t)(it->out - start));
}

// obs-route = obs-domain-list ":", only if a colon comes before the end of the angle.
static struct span take_route(struct mime_addresses *it)
{
	size_t i = 0;
	while (i < it->rest.n && !memchr(":>;<\"", it->rest.p[i], 5))
		i++;
	if (i == it->rest.n || it->rest.p[i] != ':')
		return SPAN_NONE;
	char *start = it->out;
	struct span route = span_cut(it->rest, 0, i);
	it->rest = span_skip(it->rest, i + 1);
	for (;;) {
		route = cfws_skip(route, NULL);
		if (route.n == 0)
			break;
		put(it, route.p[0]);
		route = span_skip(route, 1);
	}
	return span_of(start, (size_t)(it->out - start));
}

// Skips to the next ',' ';' or '<', over quoted strings and comments.
static void skip_junk(struct mime_addresses *it, struct span *comment)
{
	for (;;) {
		it->rest = cfws_skip(it->rest, comment);
		if (it->rest.n == 0 || memchr(",;<", it->rest.p[0], 3))
			return;
		if (it->rest.p[0] == '"') {
			char *out = it->out;
			size_t room = it->room;
			take_quoted(it);
			it->out = out;
			it->room = room;
		} else {
			it->rest = span_skip(it->rest, 1);
		}
	}
}

// The text in a comment as a display name, unless there is one.
static void name_from_comment(
	struct mime_addresses *it, struct span comment, struct mime_address *ret)
{
	if (ret->name.p || comment.n < 2)
		return;
	char *start = it->out;
	comment = span_trim(span_cut(comment, 1, comment.n - (comment.p[comment.n - 1] == ')')));
	for (size_t i = 0; i < comment.n; i++) {
		if (comment.p[i] == '\\' && i + 1 < comment.n)
			i++;
		put(it, comment.p[i]);
	}
	ret->name = span_of(start, unfold_into(span_of(start, (size_t)(it->out - start)), start));
	if (ret->name.n == 0)
		ret->name = SPAN_NONE;
}

// After '<': [route] local "@" domain ">".
static void take_angle(struct mime_addresses *it, struct mime_address *ret)
{
	struct span comment = SPAN_NONE;
	it->rest = cfws_skip(span_skip(it->rest, 1), NULL);
	if (it->rest.n > 0 && it->rest.p[0] == '@')
		ret->route = take_route(it);
	ret->local = take_words(it, true, true).text;
	if (it->rest.n > 0 && it->rest.p[0] == '@') {
		it->rest = span_skip(it->rest, 1);
		ret->domain = take_domain(it, NULL);
	}
	while (it->rest.n > 0 && !memchr(">,;<", it->rest.p[0], 4))
		it->rest = span_skip(it->rest, 1);
	if (it->rest.n > 0 && it->rest.p[0] == '>')
		it->rest = span_skip(it->rest, 1);
	skip_junk(it, &comment);
	name_from_comment(it, comment, ret);
}

// The raw text [from, it->rest) as a name: for "a@b <a@b>" and the like.
static struct span raw_name(struct mime_addresses *it, struct span from)
{
	char *start = it->out;
	struct span raw = span_trim(span_cut(from, 0, from.n - it->rest.n));
	for (size_t i = 0; i < raw.n; i++)
		put(it, raw.p[i]);
	return span_of(start, unfold_into(span_of(start, (size_t)(it->out - start)), start));
}

// At '@': what came before is a local-part, perhaps with a name in front of it.
static void take_addr_spec(struct mime_addresses *it, struct span from, struct mime_address *ret)
{
	char *out = it->out;
	size_t room = it->room;
	it->rest = from;
	struct words w = take_words(it, true, false);
	ret->local = span_skip(w.text, w.many ? w.last : 0);
	if (w.many && w.last > 1)
		ret->name = span_cut(w.text, 0, w.last - 1);
	it->rest = span_skip(it->rest, 1);
	ret->domain = take_domain(it, &w.comment);
	skip_junk(it, &w.comment);
	if (it->rest.n == 0 || it->rest.p[0] != '<') {
		name_from_comment(it, w.comment, ret);
		return;
	}
	it->out = out;
	it->room = room;
	*ret = (struct mime_address){ .kind = MIME_ADDRESS, .local = SPAN(""), .domain = SPAN("") };
	ret->name = raw_name(it, from);
	take_angle(it, ret);
}

// Words up to a special character other than '@' and '<'. False if there was nothing.
static bool take_other(struct mime_addresses *it, const struct words *w, struct mime_address *ret)
{
	char c = it->rest.n > 0 ? it->rest.p[0] : ',';
	if (c == ':' && !it->in_group) {
		it->rest = span_skip(it->rest, 1);
		it->in_group = true;
		*ret = (struct mime_address){ .kind = MIME_GROUP_BEGIN, .name = w->text };
		return true;
	}
	if (c == ':' || c == '>')
		it->rest = span_skip(it->rest, 1);
	if (!w->any)
		return false;
	if (w->many)
		ret->name = w->text;
	else
		ret->local = w->text;
	name_from_comment(it, w->comment, ret);
	return true;
}

static bool addresses_begin(struct arena *a, struct mime_addresses *it)
{
	if (it->out)
		return true;
	it->room = it->rest.n + 1;
	it->out = arena_bytes(a, it->room);
	it->failed = it->out == NULL;
	return !it->failed;
}

// At the end or at ';': the end of a group, if one is open.
static bool take_group_end(struct mime_addresses *it, struct mime_address *ret)
{
	it->rest = span_skip(it->rest, 1);
	if (!it->in_group)
		return false;
	it->in_group = false;
	ret->kind = MIME_GROUP_END;
	return true;
}

// An address that begins here; false if there was only punctuation.
static bool take_address(struct mime_addresses *it, struct mime_address *ret)
{
	char *out = it->out;
	size_t room = it->room;
	struct span from = it->rest;
	it->count++;
	struct words w = take_words(it, false, false);
	char c = it->rest.n > 0 ? it->rest.p[0] : ',';
	if (c == '<') {
		if (w.any)
			ret->name = w.text;
		take_angle(it, ret);
		return true;
	}
	if (c != '@')
		return take_other(it, &w, ret);
	it->out = out;
	it->room = room;
	take_addr_spec(it, from, ret);
	return true;
}

bool mime_addresses_next(struct arena *a, struct mime_addresses *it, struct mime_address *ret)
{
	if (it->failed || !addresses_begin(a, it))
		return false;
	if (it->count >= MIME_ADDRESSES_MAX)
		it->rest = SPAN("");
	for (;;) {
		*ret = (struct mime_address){
			.kind = MIME_ADDRESS, .local = SPAN(""), .domain = SPAN("")
		};
		it->rest = cfws_skip(it->rest, NULL);
		bool at_end = it->rest.n == 0;
		if (at_end || it->rest.p[0] == ';') {
			if (take_group_end(it, ret))
				return true;
			if (at_end)
				return false;
		} else if (it->rest.p[0] == ',') {
			it->rest = span_skip(it->rest, 1);
		} else if (take_address(it, ret)) {
			return true;
		}
	}
}
