// SPDX-License-Identifier: Apache-2.0
// The grammar's rules over anything: the first octet chooses one. Nothing is read beyond the unit, the error is sticky, and what parses as a
// string is the same again after it was written.
#include "base/buf.h"
#include "base/must.h"
#include "wire/base64.h"
#include "wire/cursor.h"
#include "wire/date.h"
#include "wire/mutf7.h"
#include "wire/write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void strings(struct cursor *c)
{
	struct span v = cursor_astring(c);
	if (cursor_is_bad(c))
		return;
	struct rope r;
	struct buf b = { 0 };
	rope_init(&r);
	write_astring(&r, v, false);
	char *to = buf_room(&b, rope_size(&r));
	rope_copy(&r, to);
	buf_added(&b, rope_size(&r));
	struct cursor again;
	cursor_init(&again, buf_span(&b), c->arena);
	struct span w = cursor_astring(&again);
	cursor_end(&again);
	must(!cursor_is_bad(&again) && span_eq(v, w));
	buf_done(&b);
	rope_done(&r);
}

static void names(struct span s)
{
	struct buf utf8 = { 0 }, back = { 0 };
	const char *why = NULL;
	if (mutf7_decode(s, &utf8, &why)) {
		must(span_is_utf8(buf_span(&utf8)));
		mutf7_encode(buf_span(&utf8), &back);
		must(span_eq(buf_span(&back), s));
	}
	if (span_is_utf8(s)) {
		buf_reset(&utf8);
		buf_reset(&back);
		mutf7_encode(s, &utf8);
		must(mutf7_decode(buf_span(&utf8), &back, &why) && span_eq(buf_span(&back), s));
	}
	buf_done(&utf8);
	buf_done(&back);
}

static void bytes(struct span s)
{
	struct buf a = { 0 }, b = { 0 };
	size_t n = 0;
	char *to = buf_room(&a, s.n + 4);
	if (base64_decode(s, to, &n)) {
		must(n <= s.n / 4 * 3);
		char *text = buf_room(&b, BASE64_SIZE(n) + 1);
		base64_encode(span_of(to, n), text);
		must(span_eq(span_of(text, BASE64_SIZE(n)), s));
	}
	buf_done(&a);
	buf_done(&b);
}

static void dates(struct cursor *c)
{
	int16_t zone;
	int64_t t = cursor_date_time(c, &zone);
	if (cursor_is_bad(c))
		return;
	char text[DATE_TIME_SIZE];
	int64_t again;
	int16_t zone_again;
	date_time_print(text, t, zone);
	must(date_time_parse(span_of(text, sizeof text), &again, &zone_again));
	must(zone == zone_again &&
		(t == again || t < -62167219200 + 86400 * 2 || t > 253402300799 - 86400 * 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct span s = span_of(data + 1, size - 1);
	struct arena arena;
	struct cursor c;
	struct seqset set;
	struct literal_header h;
	struct numset numbers = { 0 };
	struct buf why = { 0 };
	uint64_t x, y;
	size_t n;
	arena_init(&arena, 1 << 20);
	cursor_init(&c, s, &arena);
	switch (data[0] % 16) {
	case 0:
		strings(&c);
		break;
	case 1:
		cursor_sequence_set(&c, &set);
		if (!cursor_is_bad(&c))
			seqset_resolve(&set, data[0], &numbers);
		break;
	case 2:
		(void)cursor_flags(&c, &n);
		break;
	case 3:
		(void)cursor_section_part(&c, &n);
		cursor_partial(&c, &x, &y);
		break;
	case 4:
		dates(&c);
		break;
	case 5:
		names(s);
		break;
	case 6:
		bytes(s);
		break;
	case 7:
		cursor_skip_value(&c);
		break;
	case 8:
		(void)cursor_header_list(&c, &n);
		break;
	case 9:
		(void)literal_header_at_end(s, &h, &n); // only that it reads nothing else
		break;
	case 10:
		(void)cursor_tag(&c);
		cursor_sp(&c);
		(void)cursor_name(&c, "a command");
		while (cursor_try_sp(&c))
			(void)cursor_list_mailbox(&c);
		cursor_end(&c);
		break;
	default:
		(void)cursor_date(&c);
		cursor_open_literal(&c, &h);
		break;
	}
	must(c.at <= s.n);
	cursor_explain(&c, &why);
	must(span_is_ascii(buf_span(&why)));
	buf_done(&why);
	numset_done(&numbers);
	arena_done(&arena);
	return 0;
}
