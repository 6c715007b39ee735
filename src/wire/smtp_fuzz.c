// SPDX-License-Identifier: Apache-2.0
// Lines, commands and dots of SMTP, against what they mean: a line is parsed without surprises; data in any pieces is what it is in one; what was
// stuffed comes out as it went in.
#include "base/buf.h"
#include "base/must.h"
#include "wire/dots.h"
#include "wire/line.h"
#include "wire/smtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_lines(struct span input)
{
	struct op op;
	struct line_cutter cutter = { .dropping = false };
	op_init(&op, 1 << 20);
	while (input.n) {
		struct span line;
		size_t used;
		enum line_next next = line_cut(&cutter, input, 1000, &line, &used);
		if (next == LINE_GOT) {
			struct smtp_command c;
			must(line.n < 1000 && !memchr(line.p, '\n', line.n));
			if (smtp_parse(&op, line, &c) == 0) {
				must(c.verb != SMTP_UNKNOWN);
				must(!memchr(line.p, '\r', line.n));
				must(span_is_utf8(c.path.text));
				for (size_t i = 0; i < c.param_count; i++)
					must(c.params[i].name.n > 0);
			}
			op_reset(&op);
		}
		if (used == 0)
			break;
		input = span_skip(input, used);
	}
	op_done(&op);
}

// The octets up to the end of the message; true if it ends.
static bool read_message(struct span input, size_t chunk, struct buf *to, size_t *ret_used)
{
	struct dot_reader d = { .at = DOTS_LINE };
	size_t at = 0;
	while (at < input.n) {
		struct span octets;
		size_t used;
		bool over = dots_read(&d, span_cut(input, at, at + chunk), &octets, &used);
		must(used || octets.n);
		buf_add(to, octets);
		at += used;
		*ret_used = at;
		if (over)
			return true;
	}
	return false;
}

static void dots(struct span input, size_t chunk)
{
	struct buf whole = { 0 }, parts = { 0 };
	size_t used_whole = 0, used_parts = 0;
	bool over = read_message(input, SIZE_MAX / 2, &whole, &used_whole);
	must(read_message(input, chunk, &parts, &used_parts) == over);
	must(used_whole == used_parts && span_eq(buf_span(&whole), buf_span(&parts)));
	if (over) { // nothing else ends it: CRLF . CRLF, the first one
		struct span taken = span_cut(input, 0, used_whole);
		must(taken.n >= 3 && span_eq(span_skip(taken, taken.n - 3), SPAN(".\r\n")));
		must(taken.n == 3 ||
			span_eq(span_cut(taken, taken.n - 5, taken.n - 3), SPAN("\r\n")));
		must(span_find(span_cut(taken, 0, taken.n - 1), SPAN("\r\n.\r\n")) == SIZE_MAX);
	}
	buf_done(&whole);
	buf_done(&parts);
}

static void round_trip(struct span text, size_t chunk)
{
	struct dot_stuffer d = { .in_line = false };
	struct rope from, to;
	struct buf sent = { 0 }, back = { 0 };
	size_t used = 0;
	rope_init(&from);
	rope_init(&to);
	for (size_t at = 0; at < text.n; at += chunk) {
		rope_add(&from, span_cut(text, at, at + chunk));
		dots_stuff(&d, &from, &to);
	}
	dots_end(&d, &to);
	size_t n = rope_size(&to);
	char *p = buf_room(&sent, n);
	must(p);
	rope_copy(&to, p);
	buf_added(&sent, n);
	must(read_message(buf_span(&sent), chunk, &back, &used) && used == sent.n);
	bool eol = text.n == 0 ||
		(text.n >= 2 && text.p[text.n - 2] == '\r' && text.p[text.n - 1] == '\n');
	must(span_eq(span_cut(buf_span(&back), 0, text.n), text));
	must(back.n == text.n + (eol ? 0u : 2u));
	rope_done(&from);
	rope_done(&to);
	buf_done(&sent);
	buf_done(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct span input = span_of(data + 1, size - 1);
	size_t chunk = data[0] % 32u + 1u;
	parse_lines(input);
	dots(input, chunk);
	round_trip(input, chunk);
	return 0;
}
