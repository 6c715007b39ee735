// SPDX-License-Identifier: Apache-2.0
#include "wire/line.h"

#include "base/limits.h"

enum line_next line_cut(struct line_cutter *c, struct span input, size_t most,
	struct span *ret_line, size_t *ret_used)
{
	size_t lf = span_find_char(input, '\n');
	*ret_line = SPAN_NONE;
	*ret_used = 0;
	if (lf == input.n) {
		if (!c->dropping && input.n < most)
			return LINE_NEED;
		c->dropping = true;
		c->dropped += input.n;
		*ret_used = input.n;
		return c->dropped > LINE_DROP_MAX ? LINE_ENDLESS : LINE_NEED;
	}
	*ret_used = lf + 1;
	if (c->dropping || lf + 1 > most) {
		*c = (struct line_cutter){ .dropping = false };
		return LINE_LONG;
	}
	*ret_line = span_cut(input, 0, lf > 0 && input.p[lf - 1] == '\r' ? lf - 1 : lf);
	return LINE_GOT;
}
