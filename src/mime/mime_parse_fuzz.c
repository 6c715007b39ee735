// SPDX-License-Identifier: Apache-2.0
// Starling: fuzzes the parser and the renderer: the first octet says how the message is cut; every invariant of mime/all_test.h must hold.
#include "mime/all_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct span message = span_of(data + 1, size - 1);
	struct buf whole = { 0 }, pieces = { 0 };
	const char *bad = all_check(message, 0, &whole);
	if (!bad)
		bad = all_check(message, 1u + data[0] % 16, &pieces);
	if (!bad && !span_eq(buf_span(&whole), buf_span(&pieces)))
		bad = "pieces give another result";
	if (bad) {
		(void)fprintf(stderr, "%s\n", bad); // for whoever reads the crash
		abort();
	}
	buf_done(&whole);
	buf_done(&pieces);
	return 0;
}
