// SPDX-License-Identifier: Apache-2.0
// Starling: Content-Transfer-Encodings as streams (mime/decode.h).
#include "mime/decode.h"

#include "base/lines.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { B64_JUNK = 0xff, B64_PAD = 0xfe };

#define X B64_JUNK
static const uint8_t b64[256] = {
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	62,
	X,
	X,
	X,
	63,
	52,
	53,
	54,
	55,
	56,
	57,
	58,
	59,
	60,
	61,
	X,
	X,
	X,
	B64_PAD,
	X,
	X,
	X,
	0,
	1,
	2,
	3,
	4,
	5,
	6,
	7,
	8,
	9,
	10,
	11,
	12,
	13,
	14,
	15,
	16,
	17,
	18,
	19,
	20,
	21,
	22,
	23,
	24,
	25,
	X,
	X,
	X,
	X,
	X,
	X,
	26,
	27,
	28,
	29,
	30,
	31,
	32,
	33,
	34,
	35,
	36,
	37,
	38,
	39,
	40,
	41,
	42,
	43,
	44,
	45,
	46,
	47,
	48,
	49,
	50,
	51,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
	X,
};
#undef X

enum mime_cte mime_cte_of(struct span value)
{
	char name[24];
	size_t n = 0;
	unsigned depth = 0;
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];
		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (depth == 0 && c == ';')
			break;
		else if (depth == 0 && (unsigned char)c > ' ' && c != '"') {
			if (n == sizeof name)
				return MIME_CTE_UNKNOWN;
			name[n++] = (char)ascii_lower((unsigned char)c);
		}
	}
	static const struct {
		struct span name;
		enum mime_cte cte;
	} names[] = {
		{ { "", 0 }, MIME_CTE_IDENTITY },
		{ { "7bit", 4 }, MIME_CTE_IDENTITY },
		{ { "8bit", 4 }, MIME_CTE_IDENTITY },
		{ { "binary", 6 }, MIME_CTE_IDENTITY },
		{ { "base64", 6 }, MIME_CTE_BASE64 },
		{ { "quoted-printable", 16 }, MIME_CTE_QP },
		{ { "x-uuencode", 10 }, MIME_CTE_UUENCODE },
		{ { "x-uue", 5 }, MIME_CTE_UUENCODE },
		{ { "uuencode", 8 }, MIME_CTE_UUENCODE },
	};
	for (size_t i = 0; i < countof(names); i++)
		if (span_eq(span_of(name, n), names[i].name))
			return names[i].cte;
	return MIME_CTE_UNKNOWN;
}

void mime_decoder_init(struct mime_decoder *d, enum mime_cte cte, bool crlf)
{
	*d = (struct mime_decoder){ .cte = cte, .crlf = crlf };
}

// ---- base64 (RFC 2045 section 6.8)

static void b64_flush(struct mime_decoder *d, char **out)
{
	if (d->phase == 2)
		*(*out)++ = (char)(d->held >> 4);
	if (d->phase == 3) {
		*(*out)++ = (char)(d->held >> 10);
		*(*out)++ = (char)(d->held >> 2);
	}
	d->phase = 0;
	d->held = 0;
}

static void b64_decode(struct mime_decoder *d, struct span in, struct buf *to)
{
	char *out = buf_room(to, in.n / 4 * 3 + 6);
	if (!out)
		return;
	char *start = out;
	const unsigned char *p = (const unsigned char *)in.p, *end = p + in.n;
	while (p < end) {
		while (d->phase == 0 && end - p >= 4) {
			uint32_t a = b64[p[0]], b = b64[p[1]], c = b64[p[2]], e = b64[p[3]];
			if ((a | b | c | e) & 0x80)
				break;
			uint32_t v = a << 18 | b << 12 | c << 6 | e;
			out[0] = (char)(v >> 16);
			out[1] = (char)(v >> 8);
			out[2] = (char)v;
			out += 3;
			p += 4;
		}
		if (p == end)
			break;
		uint8_t v = b64[*p++];
		if (v == B64_PAD)
			b64_flush(d, &out); // several encoded texts in a row are read on
		if (v >= B64_PAD)
			continue;
		d->held = d->held << 6 | v;
		if (++d->phase < 4)
			continue;
		*out++ = (char)(d->held >> 16);
		*out++ = (char)(d->held >> 8);
		*out++ = (char)d->held;
		d->phase = 0;
		d->held = 0;
	}
	buf_added(to, (size_t)(out - start));
}

// ---- quoted-printable (RFC 2045 section 6.7)

// phase: QP_TEXT; QP_EQUALS: "=" and what follows it are in keep[0..held).
enum { QP_TEXT, QP_EQUALS };

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Puts out what was held back. Nothing here puts out more than came in: `out` has room for that, and for `keep`.
static void qp_release(struct mime_decoder *d, char **out)
{
	if (d->held)
		memcpy(*out, d->keep, d->held);
	*out += d->held;
	d->held = 0;
	d->phase = QP_TEXT;
}

static void qp_blank(
	struct mime_decoder *d, char c, char **out) // dropped if the line ends behind it
{
	if (d->held == sizeof d->keep)
		qp_release(d, out);
	d->keep[d->held++] = c;
}

static void qp_text(struct mime_decoder *d, char c, char **out)
{
	if (c == ' ' || c == '\t') {
		qp_blank(d, c, out);
		return;
	}
	if (c == '\r' || c == '\n')
		d->held = 0;
	else
		qp_release(d, out);
	if (c == '=') {
		d->phase = QP_EQUALS;
		d->keep[d->held++] = c;
	} else {
		*(*out)++ = c;
	}
}

static void qp_equals(struct mime_decoder *d, char c, char **out)
{
	char last = d->keep[d->held - 1];
	if (c == '\n') { // soft line break, also with blanks behind the "="
		d->held = 0;
		d->phase = QP_TEXT;
		return;
	}
	bool blank = c == ' ' || c == '\t' || c == '\r';
	bool after_blank = last == ' ' || last == '\t' || last == '\r' || d->held == 1;
	if (blank && after_blank && last != '\r' && d->held < sizeof d->keep) {
		d->keep[d->held++] = c;
		return;
	}
	if (d->held == 1 && hex_value(c) >= 0) {
		d->keep[d->held++] = c;
		return;
	}
	if (d->held == 2 && hex_value(last) >= 0 && hex_value(c) >= 0) {
		*(*out)++ = (char)(hex_value(last) << 4 | hex_value(c));
		d->held = 0;
		d->phase = QP_TEXT;
		return;
	}
	qp_release(d, out);
	qp_text(d, c, out);
}

// How many octets stand before the first "=", CR or LF.
static size_t qp_run(const char *p, size_t n)
{
	size_t i = 0;
#ifdef __SSE2__
	const __m128i equals = _mm_set1_epi8('='), cr = _mm_set1_epi8('\r'),
		      lf = _mm_set1_epi8('\n');
	for (; i + 16 <= n; i += 16) {
		__m128i v = _mm_loadu_si128((const void *)(p + i));
		__m128i found = _mm_or_si128(_mm_cmpeq_epi8(v, equals),
			_mm_or_si128(_mm_cmpeq_epi8(v, cr), _mm_cmpeq_epi8(v, lf)));
		unsigned mask = (unsigned)_mm_movemask_epi8(found);
		if (mask)
			return i + (unsigned)__builtin_ctz(mask);
	}
#endif
	while (i < n && p[i] != '=' && p[i] != '\r' && p[i] != '\n')
		i++;
	return i;
}

// A "=" with all that belongs to it, and nothing unusual about it: two digits, or the end of a line. How many octets it has; 0: not so.
static size_t qp_escape(struct mime_decoder *d, const char *p, size_t n, char **out)
{
	if (n < 3)
		return 0;
	bool soft = p[1] == '\r' && p[2] == '\n';
	int high = hex_value(p[1]), low = hex_value(p[2]);
	if (!soft && (high < 0 || low < 0))
		return 0;
	qp_release(d, out);
	if (!soft)
		*(*out)++ = (char)(high << 4 | low);
	return 3;
}

// Text goes through as it is, up to the blanks at the end of a line.
static void qp_decode(struct mime_decoder *d, struct span in, struct buf *to)
{
	char *out = buf_room(to, in.n + sizeof d->keep);
	if (!out)
		return;
	char *start = out;
	const char *p = in.p, *end = p + in.n;
	while (p < end) {
		if (d->phase == QP_EQUALS) {
			qp_equals(d, *p++, &out);
			continue;
		}
		const char *stop = p + qp_run(p, (size_t)(end - p)), *text = stop;
		while (text > p && (text[-1] == ' ' || text[-1] == '\t'))
			text--;
		if (text > p) {
			qp_release(d, &out);
			memcpy(out, p, (size_t)(text - p));
			out += text - p;
		}
		for (p = text; p < stop; p++)
			qp_blank(d, *p, &out);
		size_t known = p < end && *p == '=' ? qp_escape(d, p, (size_t)(end - p), &out) : 0;
		if (known)
			p += known;
		else if (p < end)
			qp_text(d, *p++, &out);
	}
	buf_added(to, (size_t)(out - start));
}

// ---- uuencode: lines of a length octet and groups of four

static uint32_t uu_value(const char *line, size_t n, size_t at)
{
	return at < n ? ((uint32_t)(unsigned char)line[at] - 32) & 63 : 0;
}

static void uu_line(struct mime_decoder *d, struct buf *to)
{
	struct span line = span_of(d->keep, d->held);
	if (!d->begun) {
		d->begun = span_starts(line, SPAN("begin "));
		return;
	}
	if (span_eq(line, SPAN("end"))) {
		d->begun = false;
		return;
	}
	if (line.n == 0)
		return;
	size_t want = uu_value(line.p, line.n, 0);
	for (size_t at = 1; want > 0 && at < line.n; at += 4) {
		uint32_t v = uu_value(line.p, line.n, at) << 18 |
			uu_value(line.p, line.n, at + 1) << 12 |
			uu_value(line.p, line.n, at + 2) << 6 | uu_value(line.p, line.n, at + 3);
		char three[3] = { (char)(v >> 16), (char)(v >> 8), (char)v };
		size_t n = want < 3 ? want : 3;
		buf_add(to, span_of(three, n));
		want -= n;
	}
}

static void uu_decode(struct mime_decoder *d, struct span in, struct buf *to)
{
	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];
		if (c == '\n') {
			uu_line(d, to);
			d->held = 0;
		} else if (c != '\r' && d->held < sizeof d->keep) {
			d->keep[d->held++] = c;
		}
	}
}

// ---- all of them

// Puts a CR before each LF without one in what was appended at `start`.
static void crlf_fix(struct mime_decoder *d, size_t start, struct buf *to)
{
	if (to->failed || to->n == start)
		return;
	struct span made = span_of(to->p + start, to->n - start);
	if (lines_lone_lf(made, 0, d->was_cr) == made.n) { // as text comes in, mostly
		d->was_cr = to->p[to->n - 1] == '\r';
		return;
	}
	size_t missing = 0;
	bool cr = d->was_cr;
	for (size_t i = start; i < to->n; i++) {
		missing += to->p[i] == '\n' && !cr;
		cr = to->p[i] == '\r';
	}
	bool before = d->was_cr;
	d->was_cr = cr;
	if (missing == 0 || !buf_room(to, missing))
		return;
	size_t from = to->n, at = to->n + missing;
	to->n = at;
	while (from > start) {
		char c = to->p[--from];
		to->p[--at] = c;
		if (c == '\n' && !(from > start ? to->p[from - 1] == '\r' : before))
			to->p[--at] = '\r';
	}
}

void mime_decode(struct mime_decoder *d, struct span octets, struct buf *to)
{
	size_t start = to->n;
	switch (d->cte) {
	case MIME_CTE_BASE64:
		b64_decode(d, octets, to);
		break;
	case MIME_CTE_QP:
		qp_decode(d, octets, to);
		break;
	case MIME_CTE_UUENCODE:
		uu_decode(d, octets, to);
		break;
	case MIME_CTE_IDENTITY:
	case MIME_CTE_UNKNOWN:
		buf_add(to, octets);
		break;
	}
	if (d->crlf)
		crlf_fix(d, start, to);
}

void mime_decode_end(struct mime_decoder *d, struct buf *to)
{
	size_t start = to->n;
	if (d->cte == MIME_CTE_BASE64) {
		char *out = buf_room(to, 3);
		if (out) {
			char *end = out;
			b64_flush(d, &end);
			buf_added(to, (size_t)(end - out));
		}
	} else if (d->cte == MIME_CTE_QP) {
		// Blanks at the very end end a line, too; "=" at the very end is a soft line break.
		if (d->phase == QP_EQUALS && d->held == 2 && hex_value(d->keep[1]) >= 0)
			buf_add(to, span_of(d->keep, d->held));
		d->held = 0;
	} else if (d->cte == MIME_CTE_UUENCODE && d->held > 0) {
		uu_line(d, to);
		d->held = 0;
	}
	if (d->crlf)
		crlf_fix(d, start, to);
}
