// SPDX-License-Identifier: Apache-2.0
// Starling: comments, and encoded-words both ways (RFC 2047).
#include "mime/lex_priv.h"

#include "base/limits.h"
#include "mime/charset.h"
#include "mime/decode.h"
#include "mime/header.h"
#include "mime/utf8_priv.h"

size_t comment_length(struct span s)
{
	size_t depth = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\') {
			i++;
		} else if (s.p[i] == '(' && depth < MIME_COMMENT_DEPTH_MAX) {
			depth++;
		} else if (s.p[i] == ')' && --depth == 0) {
			return i + 1;
		}
	}
	return s.n;
}

struct span cfws_skip(struct span s, struct span *ret_comment)
{
	for (;;) {
		while (s.n && is_blank(s.p[0]))
			s = span_skip(s, 1);
		if (s.n == 0 || s.p[0] != '(')
			return s;
		size_t n = comment_length(s);
		if (ret_comment)
			*ret_comment = span_cut(s, 0, n);
		s = span_skip(s, n);
	}
}

// ---- decoding

static bool is_charset_char(char c)
{
	return (unsigned char)c > ' ' && (unsigned char)c < 0x7f && c != '?' && c != '=' &&
		c != '"';
}

size_t encoded_word_at(struct span s, struct encoded_word *ret)
{
	if (s.n < 8 || s.p[0] != '=' || s.p[1] != '?')
		return 0;
	size_t q = 2;
	while (q < s.n && q < 80 && is_charset_char(s.p[q]))
		q++;
	if (q == 2 || q + 2 >= s.n || s.p[q] != '?' || s.p[q + 2] != '?')
		return 0;
	char encoding = (char)ascii_lower((unsigned char)s.p[q + 1]);
	if (encoding != 'q' && encoding != 'b')
		return 0;
	struct span charset = span_cut(s, 2, q);
	struct span text = span_skip(s, q + 3);
	text = span_cut(text, 0, span_find_char(text, '?'));
	size_t end = q + 3 + text.n;
	if (end + 1 >= s.n || s.p[end + 1] != '=')
		return 0;
	if (memchr(text.p, '\n', text.n) || memchr(text.p, '\r', text.n))
		return 0;
	charset.n = span_find_char(charset, '*');
	*ret = (struct encoded_word){ charset, text, encoding == 'q' };
	return end + 2;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)ascii_lower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void encoded_word_octets(const struct encoded_word *w, struct buf *to)
{
	if (!w->is_q) {
		struct mime_decoder d;
		mime_decoder_init(&d, MIME_CTE_BASE64, false);
		mime_decode(&d, w->text, to);
		mime_decode_end(&d, to);
		return;
	}
	char *out = buf_room(to, w->text.n);
	if (!out)
		return;
	size_t n = 0;
	for (size_t i = 0; i < w->text.n; i++) {
		char c = w->text.p[i];
		bool coded = c == '=' && i + 2 < w->text.n && hex(w->text.p[i + 1]) >= 0 &&
			hex(w->text.p[i + 2]) >= 0;
		if (coded) {
			out[n++] = (char)(hex(w->text.p[i + 1]) << 4 | hex(w->text.p[i + 2]));
			i += 2;
		} else {
			out[n++] = c == '_' ? ' ' : c;
		}
	}
	buf_added(to, n);
}

// A run of encoded-words: the converter goes on over words of one charset, so that a character may be split between them.
struct run {
	struct charset_conv conv;
	struct span charset;
	bool open;
	bool octets;  // they are wanted as they are
	bool bad;     // octets: some are no text of their charset
	size_t start; // octets: of the run in the output
};

static void run_end(struct run *r, struct buf *to)
{
	if (r->open && !r->octets)
		charset_conv_end(&r->conv, to);
	else if (r->open)
		r->bad |= !charset_check(r->charset, span_skip(buf_span(to), r->start));
	r->open = false;
}

// Charsets with shift states begin anew in every word (RFC 2047 section 6.2).
static bool has_shifts(struct span charset)
{
	return span_casestarts(charset, SPAN("iso-2022")) ||
		span_casestarts(charset, SPAN("utf-7"));
}

static void run_add(
	struct run *r, const struct encoded_word *w, struct buf *scratch, struct buf *to)
{
	if (r->open && (!span_caseeq(r->charset, w->charset) || has_shifts(w->charset)))
		run_end(r, to);
	if (!r->open) {
		if (!r->octets)
			charset_conv_init(&r->conv, w->charset);
		r->charset = w->charset;
		r->start = to->n;
		r->open = true;
	}
	if (r->octets) {
		encoded_word_octets(w, to);
		return;
	}
	buf_reset(scratch);
	encoded_word_octets(w, scratch);
	charset_convert(&r->conv, buf_span(scratch), to);
	to->failed |= scratch->failed;
}

static bool all_blank(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_blank(s.p[i]))
			return false;
	return true;
}

// Text between encoded-words, unfolded.
static void add_plain(struct span text, struct buf *scratch, struct buf *to)
{
	buf_reset(scratch);
	char *out = buf_room(scratch, text.n);
	if (!out) {
		to->failed = true;
		return;
	}
	buf_added(scratch, unfold_into(text, out));
	charset_guess_to_utf8(buf_span(scratch), to);
}

// Line ends and NUL that were hidden in encoded-words are no part of a line of text.
static void clean_line(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\r' || p[i] == '\n' || p[i] == '\0')
			p[i] = ' ';
}

static void decode_value(struct span value, struct run *run, struct buf *to)
{
	value = span_trim(value);
	size_t start = to->n, from = 0;
	struct buf scratch = { 0 };
	for (size_t i = 0; i < value.n;) {
		const char *next = memchr(value.p + i, '=', value.n - i);
		if (!next)
			break;
		i = (size_t)(next - value.p);
		struct encoded_word w;
		size_t n = encoded_word_at(span_skip(value, i), &w);
		if (n == 0) {
			i++;
			continue;
		}
		struct span between = span_cut(value, from, i);
		if (!run->open || !all_blank(between)) {
			run_end(run, to);
			add_plain(between, &scratch, to);
		}
		run_add(run, &w, &scratch, to);
		i += n;
		from = i;
	}
	run_end(run, to);
	if (from < value.n)
		add_plain(span_skip(value, from), &scratch, to);
	buf_done(&scratch);
	if (!to->failed && to->n > start)
		clean_line(to->p + start, to->n - start);
}

void mime_text_of(struct span value, struct buf *to)
{
	struct run run = { .open = false };
	decode_value(value, &run, to);
}

bool mime_text_octets(struct span value, struct buf *to)
{
	struct run run = { .octets = true };
	decode_value(value, &run, to);
	return !run.bad;
}

// ---- encoding

#define WORD_OCTETS_MAX                                                                            \
	42u // octets in one word: "=?utf-8?B?" + 56 + "?=" is 68 of the 75 characters allowed

static const char b64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void add_b64(struct span s, struct buf *to)
{
	for (size_t i = 0; i < s.n; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)s.p[i] << 16;
		if (i + 1 < s.n)
			v |= (uint32_t)(unsigned char)s.p[i + 1] << 8;
		if (i + 2 < s.n)
			v |= (unsigned char)s.p[i + 2];
		buf_addc(to, b64_digits[v >> 18]);
		buf_addc(to, b64_digits[(v >> 12) & 63]);
		buf_addc(to, i + 1 < s.n ? b64_digits[(v >> 6) & 63] : '=');
		buf_addc(to, i + 2 < s.n ? b64_digits[v & 63] : '=');
	}
}

static bool is_q_plain(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

static size_t q_cost(struct span s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += is_q_plain((unsigned char)s.p[i]) || s.p[i] == ' ' ? 1 : 3;
	return n;
}

static void add_q(struct span s, struct buf *to)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == ' ') {
			buf_addc(to, '_');
		} else if (is_q_plain(c)) {
			buf_addc(to, (char)c);
		} else {
			buf_addc(to, '=');
			buf_addc(to, digits[c >> 4]);
			buf_addc(to, digits[c & 15]);
		}
	}
}

// Well-formed UTF-8 as one or more words of whole characters.
static void add_words(struct span s, struct buf *to)
{
	bool q = q_cost(s) <= (s.n + 2) / 3 * 4;
	while (s.n > 0) {
		size_t n = 0, cost = 0;
		while (n < s.n) {
			int step = utf8_step((const unsigned char *)s.p + n, s.n - n);
			size_t len = step > 0 ? (size_t)step : 1;
			cost += q ? q_cost(span_cut(s, n, n + len)) : len;
			if (n > 0 && cost > (q ? 60u : WORD_OCTETS_MAX))
				break;
			n += len;
		}
		buf_add(to, q ? SPAN("=?utf-8?Q?") : SPAN("=?utf-8?B?"));
		if (q)
			add_q(span_cut(s, 0, n), to);
		else
			add_b64(span_cut(s, 0, n), to);
		buf_add(to, SPAN("?="));
		s = span_skip(s, n);
		if (s.n > 0)
			buf_addc(to, ' ');
	}
}

static size_t token_end(struct span s, size_t at)
{
	while (at < s.n && !is_wsp(s.p[at]))
		at++;
	return at;
}

static size_t wsp_end(struct span s, size_t at)
{
	while (at < s.n && is_wsp(s.p[at]))
		at++;
	return at;
}

static bool is_word(struct span s)
{
	struct encoded_word w;
	return encoded_word_at(s, &w) == s.n && s.n > 0;
}

// From the 8-bit token at `at`: the end of the last 8-bit token with only blanks between it and the one before.
static size_t eight_bit_end(struct span s, size_t at)
{
	size_t end = token_end(s, at);
	for (;;) {
		size_t next = wsp_end(s, end);
		size_t next_end = token_end(s, next);
		if (next_end == next || span_is_ascii(span_cut(s, next, next_end)))
			return end;
		end = next_end;
	}
}

static void encode_utf8(struct span s, struct buf *to)
{
	bool after_word =
		false; // the token before was an encoded-word: the blanks between would vanish
	size_t at = 0;
	while (at < s.n) {
		size_t token = wsp_end(s, at);
		size_t end = token_end(s, token);
		if (span_is_ascii(span_cut(s, token, end))) {
			buf_add(to, span_cut(s, at, end));
			after_word = is_word(span_cut(s, token, end));
			at = end;
			continue;
		}
		end = eight_bit_end(s, token);
		size_t next = wsp_end(s, end);
		bool word_behind = is_word(span_cut(s, next, token_end(s, next)));
		buf_add(to, after_word ? SPAN(" ") : span_cut(s, at, token));
		add_words(span_cut(s, after_word ? at : token, word_behind ? next : end), to);
		if (word_behind)
			buf_addc(to, ' ');
		at = word_behind ? next : end;
		after_word = true;
	}
}

void encode_words(struct span text, struct buf *to)
{
	struct buf utf8 = { 0 };
	charset_guess_to_utf8(text, &utf8);
	encode_utf8(buf_span(&utf8), to);
	to->failed |= utf8.failed;
	buf_done(&utf8);
}
