// SPDX-License-Identifier: Apache-2.0
// Body structures of parts (url_structure.h), cut out of the card's BODYSTRUCTURE: its text holds atoms, quoted strings and lists, no literals
// (RFC 9051 section 9 "body"). A part is reached as content_section_find() reaches its octets.
#include "mail/url_structure.h"

#include "base/buf.h"
#include "base/limits.h"
#include "mail/card.h"
#include "mail/url_part.h"

// --- the text ---

// The value at the beginning of `rest`, which is moved behind it and the space that follows. Absent: none.
static struct span next_value(struct span *rest)
{
	size_t end = card_value_end(*rest, 0);
	if (end == 0 || end > rest->n)
		return SPAN_NONE;
	struct span value = span_cut(*rest, 0, end);
	bool space = end < rest->n && rest->p[end] == ' ';
	*rest = span_skip(*rest, end + space);
	return value;
}

// What stands between the parentheses of a list; absent: none.
static struct span inside(struct span list)
{
	if (list.n < 2 || list.p[0] != '(' || list.p[list.n - 1] != ')')
		return SPAN_NONE;
	return span_cut(list, 1, list.n - 1);
}

static bool is_multipart(struct span body)
{
	return body.n > 1 && body.p[1] == '(';
}

// The i-th body of a multipart, from 1; bodies stand there without spaces between them.
static struct span child(struct span body, uint32_t number)
{
	struct span rest = inside(body), value = SPAN_NONE;
	for (uint32_t i = 0; rest.n && rest.p[0] == '(' && i < number; i++)
		value = next_value(&rest);
	return value.p && number && value.p[0] == '(' ? value : SPAN_NONE;
}

// The body within a message part: its ninth value.
static struct span message_body(struct span body)
{
	struct span rest = inside(body), value = SPAN_NONE;
	for (unsigned i = 0; i < 9; i++)
		value = next_value(&rest);
	return value.n && value.p[0] == '(' ? value : SPAN_NONE;
}

static struct span find_body(struct span root, const struct section *s)
{
	struct span at = root;
	for (size_t i = 0; at.p && i < s->depth; i++) {
		bool from_root = i == 0;
		if (!from_root && !is_multipart(at)) {
			at = message_body(at);
			from_root = true;
		}
		if (at.p && is_multipart(at))
			at = child(at, s->path[i]);
		else if (!from_root || s->path[i] != 1)
			at = SPAN_NONE;
	}
	if (at.p && s->depth && s->what == SECTION_TEXT)
		at = message_body(at);
	return at;
}

// --- octets ---

static int copy_octets(struct op *op, struct url_part *part, struct buf *to)
{
	struct rope rope;
	if (url_part_size(part) > FETCH_DECODED_MAX)
		return op_fail(op, RC_LIMIT, "too many octets in one answer");
	rope_init(&rope);
	int rc = url_part_put(op, part, 0, url_part_size(part), false, &rope);
	for (struct span some; rc == 0 && (some = rope_front(&rope)).n; rope_consume(&rope, some.n))
		buf_add(to, some);
	rope_done(&rope);
	return rc;
}

int url_part_binary(struct op *op, struct url_part *part, struct buf *to, struct span *ret_octets)
{
	const struct section *s = &part->section;
	bool has_nul, whole = s->what == SECTION_ALL;
	*ret_octets = SPAN_NONE;
	int rc = whole ? content_binary(op, &part->content, s->path, s->depth, to, &has_nul)
		       : copy_octets(op, part, to);
	if (rc == RC_UNKNOWNCTE)
		return 0;
	if (rc == 0 && (to->failed || to->n > FETCH_DECODED_MAX))
		rc = op_fail(op, RC_LIMIT, "too many decoded octets in one answer");
	if (rc < 0)
		return rc;
	struct span all = to->n ? buf_span(to) : SPAN("");
	size_t from = part->asked.from < all.n ? (size_t)part->asked.from : all.n;
	size_t end = part->asked.to < all.n ? (size_t)part->asked.to : all.n;
	*ret_octets = whole ? span_cut(all, from, end) : all; // a range is one of what is given
	return 0;
}

static uint64_t count_lines(struct span octets)
{
	uint64_t n = 0;
	for (const char *p = octets.p, *end = octets.p + octets.n;
		octets.n && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	return n;
}

#define LINES_STEP (UINT64_C(1) << 20)

static int lines_of_part(struct op *op, struct url_part *part, uint64_t *ret_lines)
{
	uint64_t lines = 0, size = url_part_size(part);
	int rc = 0;
	for (uint64_t at = 0; rc == 0 && at < size; at += LINES_STEP) {
		struct rope rope;
		struct arena_mark mark = arena_mark(&op->arena);
		rope_init(&rope);
		rc = url_part_put(op, part, at, size - at < LINES_STEP ? size - at : LINES_STEP,
			false, &rope);
		for (struct span some; rc == 0 && (some = rope_front(&rope)).n;
			rope_consume(&rope, some.n))
			lines += count_lines(some);
		rope_done(&rope);
		arena_release(&op->arena, mark); // a header that was looked through again
	}
	*ret_lines = lines;
	return rc;
}

// --- structures ---

struct given { // what is given of the part
	uint64_t octets, lines;
	bool decoded;
};

static bool is_identity(struct span encoding)
{
	return span_caseeq(encoding, SPAN("\"7bit\"")) || span_caseeq(encoding, SPAN("\"8bit\"")) ||
		span_caseeq(encoding, SPAN("\"binary\""));
}

// A leaf with the size, lines and encoding that hold for what is given. False: the text is broken.
static bool put_leaf(struct span body, const struct given *g, struct buf *to)
{
	struct span rest = inside(body), type = next_value(&rest), value = SPAN_NONE;
	bool text = span_caseeq(type, SPAN("\"text\""));
	buf_addc(to, '(');
	buf_add(to, type);
	for (unsigned i = 1; i < 5; i++) { // subtype, parameters, id, description
		value = next_value(&rest);
		buf_addc(to, ' ');
		buf_add(to, value);
	}
	value = next_value(&rest);
	buf_addc(to, ' ');
	buf_add(to, g->decoded && !is_identity(value) ? SPAN("\"BINARY\"") : value);
	value = next_value(&rest);
	buf_addc(to, ' ');
	buf_addu(to, g->octets);
	if (text) {
		value = next_value(&rest);
		buf_addc(to, ' ');
		buf_addu(to, g->lines);
	}
	if (rest.n)
		buf_addc(to, ' ');
	buf_add(to, rest);
	buf_addc(to, ')');
	return value.p != NULL;
}

static void put_message(
	const struct url_part *part, enum content_form form, const struct given *g, struct buf *to)
{
	buf_addf(to, "(\"message\" \"rfc822\" NIL NIL NIL \"8bit\" %llu ",
		(unsigned long long)g->octets);
	buf_add(to, content_envelope(&part->content, form));
	buf_addc(to, ' ');
	buf_add(to, content_bodystructure(&part->content, form));
	buf_addf(to, " %llu)", (unsigned long long)g->lines);
}

static bool is_header(enum section_what what)
{
	return what != SECTION_ALL && what != SECTION_TEXT;
}

int url_part_structure(struct op *op, struct url_part *part, enum content_form form,
	struct span binary, struct buf *to)
{
	const struct section *s = &part->section;
	struct given g = { url_part_size(part), 0, binary.p != NULL };
	struct span body = find_body(content_bodystructure(&part->content, form), s);
	bool message = s->depth == 0 && s->what == SECTION_ALL;
	bool as_it_is = !binary.p && url_part_size(part) == part->ranges.size;
	int rc = 0;
	if (binary.p) {
		g.octets = binary.n;
		g.lines = count_lines(binary);
	} else if (message || is_header(s->what) || !as_it_is) {
		rc = lines_of_part(op, part, &g.lines);
	}
	if (message)
		put_message(part, form, &g, to);
	else if (is_header(s->what)) // RFC 6522 section 4
		buf_addf(to, "(\"text\" \"rfc822-headers\" NIL NIL NIL \"8bit\" %llu %llu)",
			(unsigned long long)g.octets, (unsigned long long)g.lines);
	else if (body.p && (as_it_is || is_multipart(body)))
		buf_add(to, body);
	else if (!body.p || !put_leaf(body, &g, to))
		rc = op_fail(op, RC_CORRUPT, "the structure of a message does not fit its parts");
	if (rc == 0 && to->failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	return rc;
}
