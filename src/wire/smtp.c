// SPDX-License-Identifier: Apache-2.0
#include "wire/smtp.h"

#include "base/buf.h"
#include "base/limits.h"

// --- paths (RFC 5321 section 4.1.2, RFC 6531 section 3.3) ---

struct input {
	struct span s;
	size_t at;
};

static int peek(const struct input *in)
{
	return in->at < in->s.n ? (unsigned char)in->s.p[in->at] : -1;
}

static bool take(struct input *in, char c)
{
	bool there = peek(in) == (unsigned char)c;
	in->at += there;
	return there;
}

static bool is_atext(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c >= 0x80 || (c > 0 && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

// Dot-string, but a dot may stand anywhere: many old addresses have two in a row.
static struct span take_dot_string(struct input *in)
{
	size_t from = in->at;
	while (is_atext(peek(in)) || peek(in) == '.')
		in->at++;
	return span_cut(in->s, from, in->at);
}

// Quoted-string, without its quotes and backslashes. Absent: it is none.
static struct span take_quoted(struct op *op, struct input *in)
{
	char *to = arena_bytes(&op->arena, in->s.n + 1);
	size_t n = 0;
	if (!to || !take(in, '"'))
		return SPAN_NONE;
	while (peek(in) != '"') {
		take(in, '\\');
		int c = peek(in);
		if (c < ' ' || c == 0x7f)
			return SPAN_NONE;
		to[n++] = (char)c;
		in->at++;
	}
	in->at++;
	return span_of(to, n);
}

// Domain or address-literal: any run of octets that can be in one; whether it exists is not looked at.
static struct span take_domain(struct input *in)
{
	size_t from = in->at;
	if (take(in, '[')) {
		while (peek(in) > ' ' && peek(in) != ']' && peek(in) != '[' && peek(in) < 0x7f)
			in->at++;
		return take(in, ']') ? span_cut(in->s, from, in->at) : SPAN_NONE;
	}
	for (int c = peek(in); (is_atext(c) && c != '/') || c == '.'; c = peek(in))
		in->at++;
	return in->at > from ? span_cut(in->s, from, in->at) : SPAN_NONE;
}

// A-d-l ":": "@a,@b:" (RFC 5321 appendix C); accepted and forgotten.
static bool skip_route(struct input *in)
{
	if (peek(in) != '@')
		return true;
	do {
		if (!take(in, '@') || !take_domain(in).p)
			return false;
	} while (take(in, ','));
	return take(in, ':');
}

// Path: "<" [A-d-l ":"] Mailbox ">"
static const char *parse_path(struct op *op, struct input *in, struct smtp_path *ret_path)
{
	*ret_path = (struct smtp_path){ .text = SPAN("") };
	if (!take(in, '<'))
		return "an address in angle brackets is expected";
	if (take(in, '>'))
		return NULL;
	if (!skip_route(in))
		return "a source route that is none";
	size_t from = in->at;
	ret_path->local = peek(in) == '"' ? take_quoted(op, in) : take_dot_string(in);
	if (!ret_path->local.n)
		return "the address has no local part";
	if (take(in, '@')) {
		ret_path->domain = take_domain(in);
		if (!ret_path->domain.p)
			return "the address has no domain behind its @";
	}
	ret_path->text = span_cut(in->s, from, in->at);
	if (!take(in, '>'))
		return "an octet that no address may have, or > is missing";
	ret_path->eight_bit = !span_is_ascii(ret_path->text);
	if (!span_is_utf8(ret_path->text))
		return "the address is not UTF-8";
	return ret_path->text.n > SMTP_PATH_MAX ? "the address is too long" : NULL;
}

void smtp_local_add(struct buf *b, struct span local)
{
	struct input in = { .s = local };
	struct span plain = take_dot_string(&in);
	bool dots = local.n &&
		(local.p[0] == '.' || local.p[local.n - 1] == '.' ||
			span_find(local, SPAN("..")) < local.n);
	if (plain.n == local.n && local.n && !dots) {
		buf_add(b, local);
		return;
	}
	buf_addc(b, '"');
	for (size_t i = 0; i < local.n; i++) {
		if (local.p[i] == '"' || local.p[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, local.p[i]);
	}
	buf_addc(b, '"');
}

// --- parameters (RFC 5321 section 4.1.2 "esmtp-param") ---

static bool is_keyword(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = ascii_lower((unsigned char)s.p[i]);
		bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!letter && (c != '-' || i == 0))
			return false;
	}
	return s.n > 0;
}

static bool is_value(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && span_is_utf8(s);
}

static const char *parse_params(struct op *op, struct span text, struct smtp_command *c)
{
	text = span_trim(text);
	c->params = arena_array(&op->arena, SMTP_PARAMS_MAX, sizeof *c->params);
	if (!c->params)
		return "out of memory";
	while (text.n) {
		struct span word, name;
		text = span_trim(span_split(text, ' ', &word));
		struct span value = span_split(word, '=', &name);
		if (c->param_count == SMTP_PARAMS_MAX)
			return "too many parameters";
		if (!is_keyword(name) || (value.p && !is_value(value)))
			return "a parameter that is none";
		for (size_t i = 0; i < c->param_count; i++)
			if (span_caseeq(c->params[i].name, name))
				return "a parameter stands there twice";
		c->params[c->param_count++] = (struct smtp_param){ name, value };
	}
	return NULL;
}

// --- commands ---

// MAIL FROM:<path> [params], RCPT TO:<path> [params]. A space behind the colon is no syntax, but common.
static const char *parse_envelope(
	struct op *op, struct span rest, struct span word, struct smtp_command *c)
{
	if (!span_casestarts(rest, word))
		return word.p[0] == 'F' ? "MAIL FROM:<address> is expected"
					: "RCPT TO:<address> is expected";
	struct input in = { .s = span_trim(span_skip(rest, word.n)) };
	const char *why = parse_path(op, &in, &c->path);
	if (why)
		return why;
	struct span behind = span_skip(in.s, in.at);
	if (behind.n && behind.p[0] != ' ')
		return "a space is expected behind the address";
	return parse_params(op, behind, c);
}

// bdat-cmd (RFC 3030 section 2): "BDAT" SP chunk-size [SP "LAST"]
static const char *parse_bdat(struct smtp_command *c)
{
	struct span size, last = span_split(c->argument, ' ', &size);
	if (!span_to_u64(size, UINT64_MAX, &c->size))
		return "BDAT wants the size of its chunk";
	c->last = span_caseeq(span_trim(last), SPAN("LAST"));
	return last.p && !c->last ? "LAST or nothing is expected behind the size" : NULL;
}

static const struct {
	struct span name;
	bool bare; // no argument
} verbs[SMTP_VERBS] = {
	[SMTP_HELO] = { { "HELO", 4 }, false },
	[SMTP_EHLO] = { { "EHLO", 4 }, false },
	[SMTP_LHLO] = { { "LHLO", 4 }, false },
	[SMTP_MAIL] = { { "MAIL", 4 }, false },
	[SMTP_RCPT] = { { "RCPT", 4 }, false },
	[SMTP_DATA] = { { "DATA", 4 }, true },
	[SMTP_BDAT] = { { "BDAT", 4 }, false },
	[SMTP_RSET] = { { "RSET", 4 }, true },
	[SMTP_NOOP] = { { "NOOP", 4 }, false },
	[SMTP_QUIT] = { { "QUIT", 4 }, true },
	[SMTP_VRFY] = { { "VRFY", 4 }, false },
	[SMTP_EXPN] = { { "EXPN", 4 }, false },
	[SMTP_HELP] = { { "HELP", 4 }, false },
	[SMTP_STARTTLS] = { { "STARTTLS", 8 }, true },
	[SMTP_AUTH] = { { "AUTH", 4 }, false },
	[SMTP_BURL] = { { "BURL", 4 }, false },
};

int smtp_parse(struct op *op, struct span line, struct smtp_command *ret_command)
{
	struct span name, rest = span_split(line, ' ', &name);
	struct smtp_command *c = ret_command;
	const char *why = NULL;
	*c = (struct smtp_command){ .argument = span_trim(rest) };
	for (unsigned v = SMTP_UNKNOWN + 1; v < SMTP_VERBS; v++)
		if (span_caseeq(verbs[v].name, name))
			c->verb = (enum smtp_verb)v;
	// A CR or NUL within a line is what another program takes for the end of one (RFC 5321 section 2.3.8).
	if (line.n && (memchr(line.p, '\r', line.n) || memchr(line.p, 0, line.n)))
		return op_fail(op, RC_SYNTAX, "CR and NUL are not allowed within a line");
	if (c->verb == SMTP_UNKNOWN)
		return op_fail(op, RC_SYNTAX, "unknown command");
	if (verbs[c->verb].bare && c->argument.n)
		why = "this command takes no argument";
	else if (c->verb == SMTP_MAIL)
		why = parse_envelope(op, c->argument, SPAN("FROM:"), c);
	else if (c->verb == SMTP_RCPT)
		why = parse_envelope(op, c->argument, SPAN("TO:"), c);
	else if (c->verb == SMTP_BDAT)
		why = parse_bdat(c);
	return why ? op_fail(op, RC_SYNTAX, "%s", why) : 0;
}

// --- values of RFC 3461 ---

bool smtp_xtext_is_valid(struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c < '!' || c > '~' || c == '=')
			return false;
		if (c != '+')
			continue;
		for (unsigned k = 0; k < 2; k++) {
			char hex = ++i < text.n ? text.p[i] : 0;
			if (!(hex >= '0' && hex <= '9') && !(hex >= 'A' && hex <= 'F'))
				return false;
		}
	}
	return text.n > 0;
}

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void smtp_xtext_decode(struct span text, struct buf *to)
{
	for (size_t i = 0; i < text.n; i++) {
		bool coded = text.p[i] == '+' && i + 2 < text.n && hex_of(text.p[i + 1]) >= 0 &&
			hex_of(text.p[i + 2]) >= 0;
		buf_addc(to,
			coded ? (char)(hex_of(text.p[i + 1]) * 16 + hex_of(text.p[i + 2]))
			      : text.p[i]);
		i += coded ? 2 : 0;
	}
}

// "\x{" HEXPOINT "}" at the beginning: how many octets it has; 0: it is none.
static size_t take_hexpoint(struct span s, uint32_t *ret_code)
{
	uint32_t code = 0;
	size_t n = 3;
	if (!span_starts(s, SPAN("\\x{")))
		return 0;
	for (; n < s.n && n < 9 && hex_of(s.p[n]) >= 0; n++)
		code = code * 16 + (uint32_t)hex_of(s.p[n]);
	bool good = n >= 5 && n < s.n && s.p[n] == '}' && code && code <= 0x10ffff &&
		(code < 0xd800 || code > 0xdfff);
	*ret_code = code;
	return good ? n + 1 : 0;
}

static void add_utf8(struct buf *to, uint32_t c)
{
	static const uint8_t leads[] = { 0, 0xc0, 0xe0, 0xf0 };
	unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	buf_addc(to, (char)(leads[more] | c >> 6 * more));
	while (more-- > 0)
		buf_addc(to, (char)(0x80 | (c >> 6 * more & 0x3f)));
}

void smtp_unitext_decode(struct span text, struct buf *to)
{
	size_t begin = to->n;
	for (size_t i = 0; i < text.n;) {
		uint32_t code;
		size_t n = take_hexpoint(span_skip(text, i), &code);
		if (!n && (text.p[i] == '\\' || text.p[i] == '+' || text.p[i] == '=')) {
			to->n = begin; // section 3: "copied without alteration"
			buf_add(to, text);
			return;
		}
		if (n)
			add_utf8(to, code);
		else
			buf_addc(to, text.p[i]);
		i += n ? n : 1;
	}
}

bool smtp_notify_is_valid(struct span value)
{
	if (span_caseeq(value, SPAN("NEVER")))
		return true;
	while (value.p) {
		struct span word;
		value = span_split(value, ',', &word);
		if (!span_caseeq(word, SPAN("SUCCESS")) && !span_caseeq(word, SPAN("FAILURE")) &&
			!span_caseeq(word, SPAN("DELAY")))
			return false;
	}
	return true;
}

bool smtp_ret_is_valid(struct span value)
{
	return span_caseeq(value, SPAN("FULL")) || span_caseeq(value, SPAN("HDRS"));
}

bool smtp_orcpt_is_valid(struct span value)
{
	struct span type, address = span_split(value, ';', &type);
	if (!is_keyword(type) || !address.n)
		return false;
	// utf-8-address (RFC 6533 section 3) may hold octets above 0x7f; else it is xtext.
	return span_caseeq(type, SPAN("utf-8")) ? is_value(address) : smtp_xtext_is_valid(address);
}

// --- replies ---

static void add_text(struct rope *to, struct span text, bool utf8)
{
	utf8 = utf8 && span_is_utf8(text);
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool fine = (c >= ' ' && c < 0x7f) || (c >= 0x80 && utf8);
		rope_addc(to, fine ? (char)c : '?');
	}
}

void smtp_reply(struct rope *to, const struct smtp_reply *reply, struct span text)
{
	rope_addu(to, reply->code);
	rope_addc(to, ' ');
	if (reply->enhanced) {
		rope_add(to, span_str(reply->enhanced));
		rope_addc(to, ' ');
	}
	add_text(to, text, reply->utf8);
	rope_add(to, SPAN("\r\n"));
}

void smtp_reply_line(struct rope *to, unsigned code, struct span text, bool last)
{
	rope_addu(to, code);
	rope_addc(to, last ? ' ' : '-');
	add_text(to, text, false);
	rope_add(to, SPAN("\r\n"));
}
