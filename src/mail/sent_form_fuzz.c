// SPDX-License-Identifier: Apache-2.0
// Fuzzes canonical forms of sent messages: they do not depend on how the octets are split (the first octet says), nor on a Bcc at the beginning.
#include "base/must.h"
#include "mail/sent_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sent_mark mark_of(struct span before, struct span text, size_t piece)
{
	static const uint8_t key[SENT_KEY];
	struct sent_form f = { 0 };
	struct sent_mark mark = { 0 };
	struct op op;
	op_init(&op, 0);
	if (sent_form_begin(&op, &f, key) == 0) {
		sent_form_add(&f, before);
		for (size_t at = 0; at < text.n; at += piece)
			sent_form_add(&f, span_cut(text, at, at + piece));
		sent_form_end(&f, &mark);
	}
	sent_form_done(&f);
	op_done(&op);
	return mark;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct span text = span_of(data + 1, size - 1);
	struct sent_mark whole = mark_of(SPAN(""), text, text.n);
	struct sent_mark pieces = mark_of(SPAN(""), text, 1u + data[0]);
	must(memcmp(&whole, &pieces, sizeof whole) == 0);
	struct sent_mark blind = mark_of(SPAN("bcc : x\r\n"), text, text.n);
	bool folds = text.p[0] == ' ' || text.p[0] == '\t'; // then it is the Bcc that goes on
	must(folds || memcmp(whole.digest, blind.digest, sizeof whole.digest) == 0);
	return 0;
}
