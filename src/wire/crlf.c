// SPDX-License-Identifier: Apache-2.0
#include "wire/crlf.h"

size_t crlf_read(struct crlf_reader *r, struct span input, struct span *ret_octets)
{
	size_t at = 0;
	*ret_octets = SPAN("");
	if (input.n == 0)
		return 0;
	if (!r->after_cr && input.p[0] == '\n') {
		*ret_octets = SPAN("\r\n");
		return 1;
	}
	while (at < input.n) {
		if (r->after_cr) { // what follows a CR within or before the input
			r->lone_cr |= input.p[at] != '\n';
			r->after_cr = input.p[at] == '\r';
			at++;
			continue;
		}
		struct span rest = span_skip(input, at);
		size_t cr = span_find_char(rest, '\r');
		size_t lf = span_find_char(span_cut(rest, 0, cr), '\n');
		if (lf < cr) { // a lone one: up to it, and it the next time
			at += lf;
			break;
		}
		at += cr;
		if (at < input.n) {
			r->after_cr = true;
			at++;
		}
	}
	*ret_octets = span_cut(input, 0, at);
	return at;
}

bool crlf_is_bad(const struct crlf_reader *r)
{
	return r->lone_cr || r->after_cr;
}
