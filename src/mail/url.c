// SPDX-License-Identifier: Apache-2.0
// IMAP URLs (url.h). One function for each rule of the ABNF (RFC 5092 section 11, RFC 4467 section 9); the first thing that does not fit is
// remembered and nothing is consumed from there on. In the path the "/" before ";UID=", ";SECTION=" and ";PARTIAL=" belongs to what follows: a
// component is read up to the next ";" and gives its last "/" back.
#include "mail/url.h"

#include "base/buf.h"
#include "base/limits.h"
#include "mime/header.h"

struct scan {
	struct op *op;
	struct span rest;
	const char *bad; // static text; NULL: fine
	int rc;          // RC_SYNTAX, RC_NOMEM
};

static void fail_rc(struct scan *s, int rc, const char *why)
{
	if (!s->bad) {
		s->bad = why;
		s->rc = rc;
	}
	s->rest.n = 0;
}

static void fail(struct scan *s, const char *why)
{
	fail_rc(s, RC_SYNTAX, why);
}

// --- characters ---

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool is_unreserved(unsigned char c)
{
	unsigned char low = ascii_lower(c);
	return (low >= 'a' && low <= 'z') || is_digit(c) || c == '-' || c == '.' || c == '_' ||
		c == '~';
}

// achar, but for pct-encoded.
static bool is_achar(unsigned char c)
{
	return is_unreserved(c) || (c && strchr("!$'()*+,&=", c));
}

// bchar, but for pct-encoded.
static bool is_bchar(unsigned char c)
{
	return is_achar(c) || c == ':' || c == '@' || c == '/';
}

static int hex_digit(char ch)
{
	unsigned char c = ascii_lower((unsigned char)ch);
	if (is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// --- terminals ---

static bool try_char(struct scan *s, char c)
{
	bool is_there = s->rest.n && s->rest.p[0] == c;
	if (is_there)
		s->rest = span_skip(s->rest, 1);
	return is_there;
}

static bool try_word(struct scan *s, const char *word)
{
	bool is_there = span_casestarts(s->rest, span_str(word));
	if (is_there)
		s->rest = span_skip(s->rest, strlen(word));
	return is_there;
}

// What stands before the next of these octets, or the end.
static struct span take_until(struct scan *s, const char *stops)
{
	size_t n = 0;
	while (n < s->rest.n && (!s->rest.p[n] || !strchr(stops, s->rest.p[n])))
		n++;
	struct span taken = span_cut(s->rest, 0, n);
	s->rest = span_skip(s->rest, n);
	return taken;
}

// 1*( these characters / pct-encoded ), decoded. RFC 5092 section 8: what it decodes to is UTF-8.
static struct span decode(struct scan *s, struct span raw, bool (*is_allowed)(unsigned char c))
{
	char *p = arena_bytes(&s->op->arena, raw.n + 1);
	size_t n = 0;
	if (!p)
		fail_rc(s, RC_NOMEM, "out of memory");
	for (size_t i = 0; i < raw.n && !s->bad; i++) {
		bool encoded = raw.p[i] == '%' && raw.n - i > 2;
		int high = encoded ? hex_digit(raw.p[i + 1]) : -1;
		int low = encoded ? hex_digit(raw.p[i + 2]) : -1;
		if (is_allowed((unsigned char)raw.p[i]))
			p[n++] = raw.p[i];
		else if (high < 0 || low < 0 || (high | low) == 0)
			fail(s, "a character that must be encoded, or an encoding that is none");
		else {
			p[n++] = (char)(high << 4 | low);
			i += 2;
		}
	}
	if (!s->bad && (n == 0 || !span_is_utf8(span_of(p, n))))
		fail(s, n ? "something that is not UTF-8" : "an empty component");
	return s->bad ? SPAN_NONE : span_of(p, n);
}

static uint64_t take_number(struct scan *s, uint64_t least, uint64_t most)
{
	uint64_t v = 0;
	size_t n = 0;
	while (n < s->rest.n && is_digit((unsigned char)s->rest.p[n]))
		n++;
	if (!span_to_u64(span_cut(s->rest, 0, n), most, &v) || v < least)
		fail(s, "a number that is none or out of its range");
	s->rest = span_skip(s->rest, s->bad ? 0 : n);
	return v;
}

// --- the server ---

static bool is_host_char(unsigned char c)
{
	return is_achar(c) || c == '%';
}

static bool is_address_char(unsigned char c)
{
	return is_unreserved(c) || c == ':';
}

// host [":" port] (RFC 3986 section 3.2)
static void take_host(struct scan *s, struct url *u)
{
	bool literal = try_char(s, '[');
	u->host = take_until(s, literal ? "]" : ":");
	for (size_t i = 0; i < u->host.n; i++)
		if (!(literal ? is_address_char : is_host_char)((unsigned char)u->host.p[i]))
			fail(s, "a host with a character that none has");
	if (u->host.n == 0 || (literal && !try_char(s, ']')))
		fail(s, "no host");
	if (literal) // with its brackets
		u->host = span_of(u->host.p - 1, u->host.n + 2);
	if (!s->bad && try_char(s, ':') && s->rest.n)
		u->port = (uint16_t)take_number(s, 1, UINT16_MAX);
	if (s->rest.n)
		fail(s, "something behind the server's port");
}

// iserver = [iuserinfo "@"] host [":" port]; iuserinfo = enc-user [iauth] / [enc-user] iauth
static void take_server(struct scan *s, struct url *u)
{
	struct scan part = { .op = s->op, .rest = take_until(s, "/?") };
	if (span_find_char(part.rest, '@') < part.rest.n) {
		struct span user = take_until(&part, ";@");
		bool has_type = try_word(&part, ";AUTH=");
		if (user.n || !has_type)
			u->user = decode(&part, user, is_achar);
		if (has_type)
			u->auth_type = decode(&part, take_until(&part, "@"), is_achar);
		if (!try_char(&part, '@'))
			fail(&part, "a user name with something behind it");
	}
	if (!part.bad)
		take_host(&part, u);
	if (part.bad)
		fail_rc(s, part.rc, part.bad);
}

// --- the path ---

// date-time (RFC 3339 section 5.6)
static int64_t take_date_time(struct scan *s)
{
	static const char shape[] = "0000-00-00T00:00:00";
	static const unsigned at[] = { 0, 5, 8, 11, 14, 17 };
	unsigned v[6] = { 0 };
	int64_t zone = 0;
	struct span t = span_cut(s->rest, 0, sizeof shape - 1);
	bool good = t.n == sizeof shape - 1;
	for (size_t i = 0; good && i < t.n; i++)
		good = shape[i] == '0'
			? is_digit((unsigned char)t.p[i])
			: ascii_upper((unsigned char)t.p[i]) == (unsigned char)shape[i];
	for (size_t i = 0; good && i < countof(at); i++)
		for (size_t k = at[i]; k < t.n && is_digit((unsigned char)t.p[k]); k++)
			v[i] = v[i] * 10 + (unsigned)(t.p[k] - '0');
	static const uint8_t days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = v[0] % 4 == 0 && (v[0] % 100 != 0 || v[0] % 400 == 0);
	good = good && v[1] >= 1 && v[1] <= 12 && v[2] >= 1 && v[2] <= days[v[1] - 1] &&
		(v[1] != 2 || v[2] < 29 || leap) && v[3] < 24 && v[4] < 60 && v[5] <= 60;
	if (!good) {
		fail(s, "a date that is none");
		return 0;
	}
	s->rest = span_skip(s->rest, t.n);
	if (try_char(s, '.'))
		(void)take_number(s, 0, UINT64_MAX); // a fraction of a second
	bool east = try_char(s, '+');
	if (east || try_char(s, '-')) {
		int64_t hours = (int64_t)take_number(s, 0, 23);
		if (!try_char(s, ':'))
			fail(s, "a zone that is none");
		zone = (hours * 60 + (int64_t)take_number(s, 0, 59)) * (east ? 60 : -60);
	} else if (!try_word(s, "Z")) {
		fail(s, "a date without a zone");
	}
	return mime_days_of(v[0], v[1], v[2]) * 86400 + v[3] * 3600 + v[4] * 60 + v[5] - zone;
}

// access
static void take_access(struct scan *s, struct url *u)
{
	struct scan part = { .op = s->op, .rest = take_until(s, ":") };
	if (try_word(&part, "submit+")) {
		u->access = URL_ACCESS_SUBMIT;
		u->access_user = decode(&part, part.rest, is_achar);
	} else if (try_word(&part, "user+")) {
		u->access = URL_ACCESS_USER;
		u->access_user = decode(&part, part.rest, is_achar);
	} else if (span_caseeq(part.rest, SPAN("authuser"))) {
		u->access = URL_ACCESS_AUTHUSER;
	} else if (span_caseeq(part.rest, SPAN("anonymous"))) {
		u->access = URL_ACCESS_ANONYMOUS;
	} else {
		fail(&part, "an access identifier that is none");
	}
	if (part.bad)
		fail_rc(s, part.rc, part.bad);
}

// ":" mechanism ":" enc-urlauth
static void take_verifier(struct scan *s, struct url *u)
{
	bool good = try_char(s, ':');
	u->mechanism = take_until(s, ":");
	good = good && u->mechanism.n && try_char(s, ':');
	for (size_t i = 0; i < u->mechanism.n; i++) {
		unsigned char c = (unsigned char)u->mechanism.p[i];
		good = good && is_unreserved(c) && c != '_' && c != '~';
	}
	u->token = take_until(s, "");
	for (size_t i = 0; i < u->token.n; i++)
		good = good && hex_digit(u->token.p[i]) >= 0;
	if (!good || u->token.n < 32)
		fail(s, "an authorization token that is none");
}

// [expire] ";URLAUTH=" access [":" mechanism ":" enc-urlauth]
static void take_authorization(struct scan *s, struct url *u)
{
	const char *begin = u->rump.p;
	if (try_word(s, ";EXPIRE=")) {
		struct scan part = { .op = s->op, .rest = take_until(s, ";") };
		u->expire_text = part.rest;
		u->expire = take_date_time(&part);
		if (part.bad || part.rest.n)
			fail(s, part.bad ? part.bad : "a date with something behind it");
	}
	if (!try_word(s, ";URLAUTH=")) {
		if (u->expire_text.p)
			fail(s, "an expiry without an authorization");
		return;
	}
	take_access(s, u);
	u->rump = span_of(begin, s->bad ? 0 : (size_t)(s->rest.p - begin));
	if (s->rest.n)
		take_verifier(s, u);
}

// partial-range = number ["." nz-number]
static void take_partial(struct scan *s, struct url *u)
{
	u->is_partial = true;
	u->offset = take_number(s, 0, INT64_MAX);
	if (try_char(s, '.'))
		u->length = take_number(s, 1, INT64_MAX);
}

// ;UID= nz-number ["/;SECTION=" enc-section] ["/;PARTIAL=" partial-range]
static void take_message(struct scan *s, struct url *u)
{
	u->uid = (uint32_t)take_number(s, 1, UINT32_MAX);
	if (try_word(s, "/;SECTION=")) {
		struct span raw = take_until(s, ";");
		bool slash = s->rest.n && raw.n && raw.p[raw.n - 1] == '/';
		if (slash)
			raw.n--;
		u->section = decode(s, raw, is_bchar);
		if (slash && !try_word(s, ";PARTIAL="))
			fail(s, "a section with something behind it");
		else if (slash)
			take_partial(s, u);
	} else if (try_word(s, "/;PARTIAL=")) {
		take_partial(s, u);
	}
}

// icommand = imessagelist / imessagepart [iurlauth]; empty for a whole server.
static void take_command(struct scan *s, struct url *u)
{
	struct span raw = take_until(s, ";?");
	bool slash = raw.n && raw.p[raw.n - 1] == '/';
	if (u->form == URL_RELATIVE && span_find_char(raw, ':') < span_find_char(raw, '/'))
		fail(s, "another scheme"); // path-noscheme (RFC 3986 section 4.2)
	if (try_word(s, ";UIDVALIDITY=")) {
		u->uid_validity = (uint32_t)take_number(s, 1, UINT32_MAX);
		slash = raw.n && try_char(s, '/');
	} else if (slash && s->rest.n && s->rest.p[0] == ';') {
		raw.n--;
	}
	bool here = raw.n == 0 && u->form == URL_RELATIVE && !u->uid_validity;
	if (raw.n || (!here && s->rest.n))
		u->mailbox = decode(s, raw, is_bchar);
	if (try_char(s, '?')) {
		u->search = decode(s, take_until(s, ""), is_bchar);
	} else if ((slash || here) && try_word(s, ";UID=")) {
		take_message(s, u);
		take_authorization(s, u);
	} else if (u->uid_validity && slash) {
		fail(s, "no message behind the mailbox");
	}
	if (s->rest.n)
		fail(s, "something that may not be there");
}

int url_parse(struct op *op, struct span text, struct url *ret_url)
{
	struct url u = { .expire = INT64_MAX, .rump = text };
	struct scan s = { .op = op, .rest = text };
	if (text.n > URL_MAX)
		fail(&s, "more octets than a URL may have");
	else if (text.n == 0)
		fail(&s, "nothing");
	if (try_word(&s, "imap://"))
		u.form = URL_ABSOLUTE;
	else if (try_word(&s, "//"))
		u.form = URL_NETWORK;
	else
		u.form = try_char(&s, '/') ? URL_PATH : URL_RELATIVE;
	if (u.form == URL_ABSOLUTE || u.form == URL_NETWORK) {
		take_server(&s, &u);
		if (s.rest.n && !try_char(&s, '/'))
			fail(&s, "something behind the server");
	}
	if (!s.bad)
		take_command(&s, &u);
	if (s.bad)
		return op_fail(op, s.rc, "the URL has %s", s.bad);
	*ret_url = u;
	return 0;
}

// --- references ---

// Adds the segments of a path to one without dot segments (RFC 3986 section 5.2.4).
static void add_segments(struct buf *to, struct span path)
{
	for (struct span segment; path.p;) {
		path = span_split(path, '/', &segment);
		if (span_eq(segment, SPAN(".")))
			continue;
		if (span_eq(segment, SPAN(".."))) {
			while (to->n && to->p[to->n - 1] != '/')
				to->n--;
			to->n -= to->n > 0;
			continue;
		}
		if (to->n)
			buf_addc(to, '/');
		buf_add(to, segment);
	}
}

int url_resolve(struct op *op, const struct url *url, struct span base, struct span *ret_mailbox)
{
	struct buf path = { 0 };
	if (url->form != URL_RELATIVE) {
		*ret_mailbox = url->mailbox;
		if (url->form == URL_ABSOLUTE || !url->mailbox.p)
			return url->mailbox.p ? 0
					      : op_fail(op, RC_SYNTAX, "the URL has no mailbox");
	} else if (!url->mailbox.p) { // in the mailbox at hand
		*ret_mailbox = base;
		return base.p ? 0 : op_fail(op, RC_SYNTAX, "no mailbox is selected");
	} else if (base.p) {
		size_t n = base.n;
		while (n && base.p[n - 1] != '/')
			n--;
		if (n)
			add_segments(&path, span_cut(base, 0, n - 1));
	}
	add_segments(&path, url->mailbox);
	struct span name = path.failed ? SPAN_NONE : arena_dup(&op->arena, buf_span(&path));
	buf_done(&path);
	if (!name.p)
		return op_fail(op, RC_NOMEM, "out of memory");
	*ret_mailbox = name;
	return name.n ? 0 : op_fail(op, RC_SYNTAX, "the URL has no mailbox");
}

// --- printing ---

static void encode(struct buf *to, struct span s, bool (*is_allowed)(unsigned char c))
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (is_allowed(c))
			buf_addc(to, (char)c);
		else
			buf_addf(to, "%%%02X", c);
	}
}

// bchar where a ":" would begin another scheme (path-noscheme, RFC 3986 section 4.2).
static bool is_relative_char(unsigned char c)
{
	return is_bchar(c) && c != ':';
}

// bchar where a "/" at the end would belong to what follows.
static bool is_section_char(unsigned char c)
{
	return is_bchar(c) && c != '/';
}

static void print_mailbox(const struct url *url, struct buf *to)
{
	struct span name = url->mailbox;
	if (span_starts(name, SPAN("/"))) { // would begin another form of URL
		buf_add(to, SPAN("%2F"));
		name = span_skip(name, 1);
	}
	encode(to, name, url->form == URL_RELATIVE ? is_relative_char : is_bchar);
}

static void print_server(const struct url *url, struct buf *to)
{
	encode(to, url->user, is_achar);
	if (url->auth_type.p) {
		buf_add(to, SPAN(";AUTH="));
		encode(to, url->auth_type, is_achar);
	}
	if (url->user.p || url->auth_type.p)
		buf_addc(to, '@');
	buf_add(to, url->host);
	if (url->port)
		buf_addf(to, ":%u", url->port);
	if (url->mailbox.p)
		buf_addc(to, '/');
}

static void print_authorization(const struct url *url, struct buf *to)
{
	static const char *const words[] = {
		[URL_ACCESS_SUBMIT] = "submit+",
		[URL_ACCESS_USER] = "user+",
		[URL_ACCESS_AUTHUSER] = "authuser",
		[URL_ACCESS_ANONYMOUS] = "anonymous",
	};
	if (url->expire_text.p)
		buf_addf(to, ";EXPIRE=%.*s", SPAN_FMT(url->expire_text));
	buf_addf(to, ";URLAUTH=%s", words[url->access]);
	encode(to, url->access_user, is_achar);
	if (url->mechanism.p)
		buf_addf(to, ":%.*s:%.*s", SPAN_FMT(url->mechanism), SPAN_FMT(url->token));
}

void url_print(const struct url *url, struct buf *to)
{
	static const char *const begins[] = { [URL_ABSOLUTE] = "imap://",
		[URL_NETWORK] = "//",
		[URL_PATH] = "/",
		[URL_RELATIVE] = "" };
	buf_add(to, span_str(begins[url->form]));
	if (url->host.p)
		print_server(url, to);
	print_mailbox(url, to);
	if (url->uid_validity)
		buf_addf(to, ";UIDVALIDITY=%u", url->uid_validity);
	if (url->search.p) {
		buf_addc(to, '?');
		encode(to, url->search, is_bchar);
	}
	if (!url->uid)
		return;
	buf_addf(to, "%s;UID=%u", url->mailbox.p ? "/" : "", url->uid);
	if (url->section.p) {
		buf_add(to, SPAN("/;SECTION="));
		encode(to, url->section, is_section_char);
	}
	if (url->is_partial) {
		buf_add(to, SPAN("/;PARTIAL="));
		buf_addu(to, url->offset);
		if (url->length) {
			buf_addc(to, '.');
			buf_addu(to, url->length);
		}
	}
	if (url->access)
		print_authorization(url, to);
}
