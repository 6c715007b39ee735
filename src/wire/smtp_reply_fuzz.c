// SPDX-License-Identifier: Apache-2.0
// Replies of a server, line by line: whatever it says, what is kept is bounded and printable.
#include "base/must.h"
#include "wire/line.h"
#include "wire/smtp_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of(data, size), line, rest;
	struct line_cutter cutter = { .dropping = false };
	struct smtp_answer a = { .code = 0 };
	size_t used;
	for (;;) {
		enum line_next next = line_cut(&cutter, input, 1000, &line, &used);
		input = span_skip(input, used);
		if (next == LINE_NEED)
			return 0;
		if (next == LINE_LONG)
			continue;
		(void)smtp_ehlo_keyword(line, &rest);
		enum smtp_answer_next got = smtp_answer_line(&a, line);
		must(a.text_n < SMTP_REPLY_TEXT_MAX && a.lines <= SMTP_REPLY_LINES_MAX);
		must(strlen(a.text) == a.text_n && strlen(a.enhanced) < SMTP_ENHANCED_MAX);
		must(got == SMTP_ANSWER_BAD || (a.code >= 200 && a.code <= 599));
		if (got != SMTP_ANSWER_MORE)
			a = (struct smtp_answer){ .code = 0 };
	}
}
