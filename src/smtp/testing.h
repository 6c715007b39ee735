// SPDX-License-Identifier: Apache-2.0
// Starling: for the session tests of this folder: what came is compared with what should.
#ifndef SMTP_TESTING_H
#define SMTP_TESTING_H

#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

// "?" in `want` stands for the rest of a line.
static inline bool line_fits(struct span got, struct span want)
{
	size_t any = span_find_char(want, '?');
	return any == want.n ? span_eq(got, want) : span_starts(got, span_cut(want, 0, any));
}

static inline void compare(size_t chunk, struct span got, struct span want)
{
	while (want.n || got.n) {
		struct span line, wanted;
		got = span_split(got, '\n', &line);
		want = span_split(want, '\n', &wanted);
		line = span_cut(line, 0, line.n ? line.n - 1 : 0);
		if (!line_fits(line, wanted))
			fail_msg("chunks of %zu: got \"%.*s\", want \"%.*s\"", chunk,
				SPAN_FMT(line), SPAN_FMT(wanted));
	}
}

#endif
