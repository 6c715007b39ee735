// SPDX-License-Identifier: Apache-2.0
// Splits, numbers, UTF-8 and the reader over anything: what was read is written again and must be the same.
#include "base/buf.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = span_of(data, size), head;
	uint64_t v;
	struct span rest = span_split(s, ' ', &head);
	must(head.n + rest.n + (rest.p != NULL) == s.n);
	if (span_to_u64(head, UINT64_MAX, &v) && head.p[0] != '0') {
		char digits[20];
		must(span_eq(span_of(digits, u64_print(digits, v)), head));
	}
	must(!span_is_ascii(s) || span_is_utf8(s));
	must(span_find(s, span_trim(s)) <= s.n);
	struct reader r = reader_of(s);
	struct buf b = { 0 };
	while (!reader_at_end(&r)) {
		struct span field = reader_field(&r);
		if (!r.bad)
			buf_add_field(&b, field);
	}
	r = reader_of(buf_span(&b));
	while (!reader_at_end(&r))
		(void)reader_field(&r); // only whether it is bad
	must(!r.bad);
	buf_done(&b);
	return 0;
}
