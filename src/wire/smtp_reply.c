// SPDX-License-Identifier: Apache-2.0
#include "wire/smtp_reply.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

// status-code (RFC 2034 section 4) of the class of the reply: octets of it at the beginning of the text; 0: there is none.
static size_t enhanced_of(unsigned code, struct span text)
{
	size_t at = 1;
	if (text.n < 5 || text.p[0] != (char)('0' + code / 100))
		return 0;
	for (unsigned part = 0; part < 2; part++) {
		size_t digits = 0;
		if (at >= text.n || text.p[at] != '.')
			return 0;
		at++;
		while (at < text.n && digits < 3 && is_digit(text.p[at])) {
			at++;
			digits++;
		}
		if (!digits)
			return 0;
	}
	return at == text.n || text.p[at] == ' ' ? at : 0;
}

void smtp_answer_add(struct smtp_answer *a, struct span text)
{
	if (a->text_n && text.n && a->text_n + 1 < SMTP_REPLY_TEXT_MAX)
		a->text[a->text_n++] = ' ';
	for (size_t i = 0; i < text.n && a->text_n + 1 < SMTP_REPLY_TEXT_MAX; i++) {
		unsigned char c = (unsigned char)text.p[i];
		a->text[a->text_n++] = c >= ' ' && c < 0x7f ? (char)c : '?';
	}
	a->text[a->text_n] = '\0';
}

// Reply-line (RFC 5321 section 4.2): code, "-" or " ", text.
enum smtp_answer_next smtp_answer_line(struct smtp_answer *a, struct span line)
{
	uint64_t code;
	if (line.n < 3 || !span_to_u64(span_cut(line, 0, 3), 599, &code) || code < 200)
		return SMTP_ANSWER_BAD;
	char mark = line.n > 3 ? line.p[3] : ' ';
	if ((mark != ' ' && mark != '-') || (a->lines && a->code != code) ||
		a->lines >= SMTP_REPLY_LINES_MAX)
		return SMTP_ANSWER_BAD;
	a->code = (unsigned)code;
	struct span text = span_skip(line, 4);
	size_t n = enhanced_of(a->code, text);
	if (n && !a->lines) {
		memcpy(a->enhanced, text.p, n); // at most 9 octets
		a->enhanced[n] = '\0';
	}
	smtp_answer_add(a, span_trim(span_skip(text, n)));
	a->lines++;
	return mark == '-' ? SMTP_ANSWER_MORE : SMTP_ANSWER_DONE;
}

struct span smtp_ehlo_keyword(struct span line, struct span *ret_rest)
{
	struct span keyword;
	*ret_rest = span_trim(span_split(span_skip(line, 4), ' ', &keyword));
	return keyword;
}
