// SPDX-License-Identifier: Apache-2.0
// Starling: the text of a part as a stream, and the matcher of substrings in it (mime/text.h).
#include "mime/text.h"

#include "base/limits.h"
#include "mime/utf8_priv.h"

void mime_text_init(struct mime_text *t, enum mime_cte cte, struct span charset, bool folded)
{
	charset_conv_done(&t->conv);
	mime_decoder_init(&t->decoder, cte, false);
	charset_conv_init(&t->conv, charset);
	t->fold = (struct casefold){ .held = 0 };
	t->folded = folded;
	t->identity = cte == MIME_CTE_IDENTITY || cte == MIME_CTE_UNKNOWN;
	t->plain = charset_conv_is_ascii_based(&t->conv);
	buf_reset(&t->decoded);
	buf_reset(&t->utf8);
	buf_reset(&t->out);
}

void mime_text_done(struct mime_text *t)
{
	charset_conv_done(&t->conv);
	buf_done(&t->decoded);
	buf_done(&t->utf8);
	buf_done(&t->out);
}

static int text_out(struct mime_text *t, struct span utf8, bool end, struct span *ret_text)
{
	if (t->folded) {
		casefold_feed(&t->fold, utf8, &t->out);
		if (end)
			casefold_end(&t->fold, &t->out);
		utf8 = buf_span(&t->out);
	}
	if (t->decoded.failed || t->utf8.failed || t->out.failed)
		return RC_NOMEM;
	*ret_text = utf8;
	return 0;
}

int mime_text_feed(struct mime_text *t, struct span octets, struct span *ret_text)
{
	buf_reset(&t->decoded);
	buf_reset(&t->utf8);
	buf_reset(&t->out);
	if (!t->identity) {
		mime_decode(&t->decoder, octets, &t->decoded);
		octets = buf_span(&t->decoded);
	}
	// Most mail is ASCII under a charset that contains it: then there is nothing to convert, and nothing to copy.
	if (!t->plain || t->conv.held > 0 || !span_is_ascii(octets)) {
		charset_convert(&t->conv, octets, &t->utf8);
		octets = buf_span(&t->utf8);
	}
	return text_out(t, octets, false, ret_text);
}

int mime_text_end(struct mime_text *t, struct span *ret_text)
{
	buf_reset(&t->decoded);
	buf_reset(&t->utf8);
	buf_reset(&t->out);
	if (!t->identity)
		mime_decode_end(&t->decoder, &t->decoded);
	charset_convert(&t->conv, buf_span(&t->decoded), &t->utf8);
	charset_conv_end(&t->conv, &t->utf8);
	return text_out(t, buf_span(&t->utf8), true, ret_text);
}

// ---- matcher

struct mime_matcher {
	const struct span *needles;
	size_t count;
	uint64_t all, found;
	size_t keep;   // octets that may begin a match: the longest needle less one
	size_t tail_n; // the last octets of the stream so far, at most keep
	char *tail;    // room for 2 * keep
};

int mime_matcher_new(
	struct op *op, const struct span *needles, size_t count, struct mime_matcher **ret)
{
	if (count > MIME_NEEDLES_MAX)
		return op_fail(op, RC_LIMIT, "more than %u texts to search for", MIME_NEEDLES_MAX);
	struct mime_matcher *m = op_new(op, struct mime_matcher);
	struct span *copy = op_alloc(op, (count + 1) * sizeof *copy);
	if (!m || !copy)
		return RC_NOMEM;
	*m = (struct mime_matcher){ .needles = copy, .count = count };
	m->all = count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
	for (size_t i = 0; i < count; i++) {
		copy[i] = needles[i].n ? arena_dup(&op->arena, needles[i]) : SPAN("");
		if (!copy[i].p)
			return op_fail(op, RC_NOMEM, "out of memory");
		if (needles[i].n > m->keep + 1)
			m->keep = needles[i].n - 1;
	}
	m->tail = arena_bytes(&op->arena, 2 * m->keep + 1);
	if (!m->tail)
		return op_fail(op, RC_NOMEM, "out of memory");
	mime_matcher_reset(m);
	*ret = m;
	return 0;
}

void mime_matcher_restart(struct mime_matcher *m)
{
	m->tail_n = 0;
}

void mime_matcher_reset(struct mime_matcher *m)
{
	m->tail_n = 0;
	m->found = 0;
	for (size_t i = 0; i < m->count; i++)
		if (m->needles[i].n == 0)
			m->found |= UINT64_C(1) << i;
}

static void search_in(struct mime_matcher *m, struct span s)
{
	for (size_t i = 0; i < m->count; i++) {
		uint64_t bit = UINT64_C(1) << i;
		if (!(m->found & bit) && span_find(s, m->needles[i]) != SIZE_MAX)
			m->found |= bit;
	}
}

uint64_t mime_matcher_feed(struct mime_matcher *m, struct span folded)
{
	if (m->found == m->all || folded.n == 0)
		return m->found;
	size_t head = folded.n < m->keep ? folded.n : m->keep;
	if (m->tail_n > 0) { // matches across the border
		memcpy(m->tail + m->tail_n, folded.p, head);
		search_in(m, span_of(m->tail, m->tail_n + head));
	}
	search_in(m, folded);
	// The last `keep` octets of all that was seen stay.
	if (folded.n >= m->keep) {
		memcpy(m->tail, folded.p + folded.n - m->keep, m->keep);
		m->tail_n = m->keep;
		return m->found;
	}
	if (m->tail_n == 0)
		memcpy(m->tail, folded.p, head);
	size_t total = m->tail_n + head;
	size_t drop = total > m->keep ? total - m->keep : 0;
	memmove(m->tail, m->tail + drop, total - drop);
	m->tail_n = total - drop;
	return m->found;
}
