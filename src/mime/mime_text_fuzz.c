// SPDX-License-Identifier: Apache-2.0
// Starling: fuzzes transfer decodings, charsets and folding: the result is UTF-8 and does not depend on how the input is cut. The first octets choose
// encoding, charset, folding and the size of the pieces.
#include "mime/text.h"

#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(enum mime_cte cte, struct span charset, bool folded, struct span in, size_t step,
	struct buf *to)
{
	struct mime_text t = { 0 };
	struct span out;
	mime_text_init(&t, cte, charset, folded);
	for (size_t at = 0; at < in.n; at += step) {
		must(mime_text_feed(&t, span_cut(in, at, at + step), &out) == 0);
		buf_add(to, out);
	}
	must(mime_text_end(&t, &out) == 0);
	buf_add(to, out);
	mime_text_done(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	size_t charsets = 0;
	while (charset_nth(charsets).p)
		charsets++;
	enum mime_cte cte = (enum mime_cte)(data[0] % 5);
	struct span charset = charset_nth(data[1] % (charsets + 1));
	bool folded = data[0] & 0x80;
	struct span in = span_of(data + 3, size - 3);
	struct buf whole = { 0 }, pieces = { 0 };
	run(cte, charset, folded, in, in.n + 1, &whole);
	run(cte, charset, folded, in, 1u + data[2] % 32, &pieces);
	must(span_is_utf8(buf_span(&whole)));
	must(span_eq(buf_span(&whole), buf_span(&pieces)));
	buf_reset(&whole);
	mime_preview(cte, charset, data[2] & 0x80, in, &whole);
	must(span_is_utf8(buf_span(&whole)) && whole.n <= 4 * 200);
	buf_done(&whole);
	buf_done(&pieces);
	return 0;
}
