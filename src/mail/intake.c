// SPDX-License-Identifier: Apache-2.0
#include "mail/intake_priv.h"

#include "base/lines.h"
#include "base/must.h"
#include "mail/types.h"
#include "mime/parse.h"

void intake_init(struct intake *in, uint64_t limit)
{
	*in = (struct intake){ .limit = limit };
	op_init(&in->parsing, 0);
}

void intake_done(struct intake *in)
{
	blob_abort(in->writer);
	in->writer = NULL;
	in->parser = NULL;
	sent_form_done(&in->form);
	op_done(&in->parsing);
}

// A fault of the parser's op becomes one of the caller's.
static int pass_on(struct op *op, struct intake *in, int rc)
{
	return rc < 0 ? op_fail(op, rc, "%s", op_text(&in->parsing, rc)) : rc;
}

int intake_begin(struct op *op, struct intake *in, struct store *s)
{
	must(!in->parser && !in->writer);
	arena_set_budget(&in->parsing.arena, op->arena.budget); // a header may have 10 MiB
	op_reset(&in->parsing);
	in->size = 0;
	in->after_cr = false;
	in->last[0] = in->last[1] = '\0';
	in->marked = false;
	sent_form_done(&in->form);
	int rc = blob_begin(op, s, &in->writer);
	if (rc == 0)
		rc = pass_on(op, in, mime_begin(&in->parsing, &in->parser));
	return rc;
}

int intake_compare(struct op *op, struct intake *in, const uint8_t key[SENT_KEY])
{
	must(in->parser && in->size == 0);
	return sent_form_begin(op, &in->form, key);
}

static int take(struct op *op, struct intake *in, struct span s)
{
	if (s.n == 0)
		return 0;
	if (in->size + s.n > in->limit)
		return op_fail(op, RC_TOOBIG, "the message is larger than %llu octets",
			(unsigned long long)in->limit);
	in->size += s.n;
	in->last[0] = s.n > 1 ? s.p[s.n - 2] : in->last[1];
	in->last[1] = s.p[s.n - 1];
	if (in->form.mac && !in->ours)
		sent_form_add(&in->form, s);
	int rc = blob_write(op, in->writer, s);
	return rc < 0 ? rc : pass_on(op, in, mime_feed(&in->parsing, in->parser, s));
}

int intake_data(struct op *op, struct intake *in, struct span bytes)
{
	must(in->parser);
	if (in->exact) {
		if (bytes.n)
			in->after_cr = bytes.p[bytes.n - 1] == '\r';
		return take(op, in, bytes);
	}
	char out[8192]; // where lines end in LF alone, they are collected here
	size_t n = 0, at = 0;
	int rc = 0;
	for (size_t lf; rc == 0 && (lf = lines_lone_lf(bytes, at, in->after_cr)) < bytes.n;
		at = lf + 1) {
		size_t part = lf - at;
		if (n + part + 2 > sizeof out) {
			rc = take(op, in, span_of(out, n));
			n = 0;
		}
		if (rc == 0 && part + 2 > sizeof out) {
			rc = take(op, in, span_of(bytes.p + at, part));
			part = 0;
		}
		if (part)
			memcpy(out + n, bytes.p + lf - part, part);
		memcpy(out + n + part, "\r\n", 2);
		n += part + 2;
	}
	if (rc == 0)
		rc = take(op, in, span_of(out, n));
	if (rc == 0)
		rc = take(op, in, span_of(bytes.p + at, bytes.n - at));
	if (bytes.n)
		in->after_cr = bytes.p[bytes.n - 1] == '\r';
	return rc;
}

int intake_end(
	struct op *op, struct intake *in, struct span *ret_card, struct thread_keys *ret_keys)
{
	must(in->parser);
	const struct mime_tree *tree;
	struct card_source source = card_source_writer(in->writer);
	int rc = mime_end(&in->parsing, in->parser, &tree);
	in->parser = NULL;
	if (rc == 0)
		rc = card_build(&in->parsing, tree, &source, BLOB_CARD_MAX, ret_card);
	if (rc == 0) // the card has them, unless it has no room
		rc = card_item(*ret_card, CARD_THREAD).p
			? thread_keys_of_card(&in->parsing, *ret_card, ret_keys)
			: thread_keys_of_tree(&in->parsing, tree, ret_keys);
	if (rc == 0 && in->form.mac && ret_keys->message_id) {
		sent_form_end(&in->form, &in->mark);
		in->marked = true;
	}
	return pass_on(op, in, rc);
}

uint16_t intake_kind(const struct intake *in)
{
	bool eol = in->last[0] == '\r' && in->last[1] == '\n';
	return in->size && !eol ? MSG_NO_EOL : 0;
}
