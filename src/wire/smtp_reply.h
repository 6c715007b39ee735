// SPDX-License-Identifier: Apache-2.0
// Starling: what an SMTP server answers (RFC 5321 section 4.2, RFC 2034), line by line. Pure; tolerant where servers are known to be odd
// (a code alone on its line, LF alone behind it), strict where what follows would not be what it seems.
#ifndef WIRE_SMTP_REPLY_H
#define WIRE_SMTP_REPLY_H

#include "base/span.h"

#define SMTP_ENHANCED_MAX 12u     // "5.123.456" and its NUL
#define SMTP_REPLY_TEXT_MAX 400u  // octets of a reply's text that are kept
#define SMTP_REPLY_LINES_MAX 200u // lines of a reply

struct smtp_answer { // zeroed before the first line
	unsigned code;
	char enhanced[SMTP_ENHANCED_MAX]; // "" if there was none
	char text
		[SMTP_REPLY_TEXT_MAX]; // its lines, with blanks between; without the enhanced code; control characters as '?'
	size_t text_n;
	unsigned lines;
};
enum smtp_answer_next {
	SMTP_ANSWER_MORE, // another line follows
	SMTP_ANSWER_DONE,
	SMTP_ANSWER_BAD, // no reply, codes that differ from line to line, or no end
};
// More text, behind a blank.
void smtp_answer_add(struct smtp_answer *a, struct span text);
// Adds a line (without its line end).
enum smtp_answer_next smtp_answer_line(struct smtp_answer *a, struct span line);
// What a line of EHLO's reply says: its keyword, and in *ret_rest what is behind it.
struct span smtp_ehlo_keyword(struct span line, struct span *ret_rest);

#endif
