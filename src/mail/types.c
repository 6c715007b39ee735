// SPDX-License-Identifier: Apache-2.0
// Object ids as text: a letter for the kind and 26 characters of base32 (a-z 2-7: RFC 4648 section 6, in lower case), most significant bits
// first, the last two bits zero. RFC 8474 section 7: objectid = 1*255(ALPHA / DIGIT / "_" / "-").
#include "mail/types.h"

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

struct span objectid_print(const struct objectid *id, char kind, char to[OBJECTID_TEXT])
{
	unsigned bits = 0, n = 0, at = 1;
	to[0] = kind;
	for (size_t i = 0; i < sizeof id->b; i++) {
		bits = bits << 8 | id->b[i];
		for (n += 8; n >= 5; n -= 5)
			to[at++] = digits[bits >> (n - 5) & 31];
	}
	to[at++] = digits[bits << (5 - n) & 31]; // 128 = 25 * 5 + 3
	return span_of(to, at);
}

bool objectid_parse(struct span text, char kind, struct objectid *ret_id)
{
	if (text.n != OBJECTID_TEXT || text.p[0] != kind)
		return false;
	struct objectid id;
	unsigned bits = 0, n = 0, at = 0;
	for (size_t i = 1; i < text.n; i++) {
		const char *d = text.p[i] ? memchr(digits, text.p[i], 32) : NULL;
		if (!d)
			return false;
		bits = bits << 5 | (unsigned)(d - digits);
		n += 5;
		if (n >= 8 && at < sizeof id.b) {
			id.b[at++] = (uint8_t)(bits >> (n - 8));
			n -= 8;
		}
	}
	if (bits & 3)
		return false;
	*ret_id = id;
	return true;
}
