// SPDX-License-Identifier: Apache-2.0
#include "mail/collation.h"

#include "base/buf.h"
#include "mime/charset.h"

struct span collation_name(enum collation c)
{
	static const struct span names[COLLATIONS] = {
		[COLLATION_UNICODE_CASEMAP] = SPAN("i;unicode-casemap"),
		[COLLATION_ASCII_CASEMAP] = SPAN("i;ascii-casemap"),
		[COLLATION_OCTET] = SPAN("i;octet"),
	};
	return names[c];
}

void collation_prepare(enum collation c, struct span utf8, struct buf *to)
{
	if (c == COLLATION_UNICODE_CASEMAP) {
		casefold(utf8, to);
		return;
	}
	size_t from = to->n;
	buf_add(to, utf8);
	if (c == COLLATION_ASCII_CASEMAP && !to->failed)
		for (size_t i = from; i < to->n; i++)
			to->p[i] = (char)ascii_upper((unsigned char)to->p[i]);
}
