// SPDX-License-Identifier: Apache-2.0
// Up to the limits of a message and past them (base/limits.h): what lies within is kept whole, what lies beyond is cut as mime/*.h says, the tree says so,
// and every rendering stays legal.
#include "mime/all_test.h"
#include "mime/header.h"
#include "mime/parse.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct parsed {
	struct op op;
	struct buf text;
	const struct mime_tree *t;
};

static void begin(struct parsed *p)
{
	*p = (struct parsed){ .t = NULL };
	op_init(&p->op, IMAP_MEMORY);
}

static void fill(struct buf *b, char c, size_t n)
{
	char *to = buf_room(b, n);
	assert_non_null(to);
	memset(to, c, n);
	buf_added(b, n);
}

static const struct mime_part *parse(struct parsed *p)
{
	assert_false(p->text.failed);
	assert_int_equal(mime_parse(&p->op, buf_span(&p->text), &p->t), 0);
	const char *bad = all_tree_check(p->t);
	if (!bad)
		bad = all_render_check(&p->op, p->t);
	if (bad)
		fail_msg("%s", bad);
	return p->t->parts;
}

static void done(struct parsed *p)
{
	op_done(&p->op);
	buf_done(&p->text);
}

// A field that begins so many octets into the header of the message, or of a part in it.
static bool sees_field_at(size_t at, bool in_part)
{
	struct parsed p;
	begin(&p);
	if (in_part)
		buf_add(&p.text, SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"));
	size_t start = p.text.n;
	while (p.text.n - start + 4000 < at) { // few fields: their number is another limit
		buf_add(&p.text, SPAN("X:"));
		fill(&p.text, 'x', 2000);
		buf_add(&p.text, SPAN("\r\n"));
	}
	buf_add(&p.text, SPAN("X:"));
	fill(&p.text, ' ', at - (p.text.n - start) - 2);
	buf_add(&p.text, SPAN("\r\nContent-Description: seen\r\n\r\n"));
	const struct mime_part *parts = parse(&p);
	bool seen = span_eq(parts[in_part].description, SPAN("seen"));
	assert_true(seen || p.t->limited);
	done(&p);
	return seen;
}

static void headers(void **state)
{
	(void)state;
	assert_true(sees_field_at(MIME_HEADER_MAX - 1000, false));
	assert_false(sees_field_at(MIME_HEADER_MAX + 1, false));
	assert_true(sees_field_at(MIME_PART_HEADER_MAX - 1000, true));
	assert_false(sees_field_at(MIME_PART_HEADER_MAX + 1, true));
}

static void fields(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		struct parsed p;
		begin(&p);
		for (unsigned i = 0; i < MIME_FIELDS_MAX - 1 + more; i++)
			buf_add(&p.text, SPAN("X: y\r\n"));
		buf_add(&p.text, SPAN("Content-Description: d\r\n\r\n"));
		assert_true(span_eq(parse(&p)->description, SPAN("d")) == !more);
		done(&p);
	}
}

static void values(void **state)
{
	(void)state;
	struct parsed p;
	begin(&p);
	buf_add(&p.text, SPAN("Content-Description: "));
	fill(&p.text, 'd', MIME_FIELD_VALUE_MAX + 100);
	buf_add(&p.text, SPAN("\r\nContent-Type: "));
	fill(&p.text, 't', MIME_TYPE_MAX + 1);
	buf_add(&p.text, SPAN("/x\r\nContent-Disposition: "));
	fill(&p.text, 'd', MIME_TYPE_MAX + 1);
	buf_add(&p.text, SPAN("\r\nContent-Language: a"));
	for (unsigned i = 0; i < MIME_LANGUAGES_MAX; i++)
		buf_add(&p.text, SPAN(", de"));
	buf_add(&p.text, SPAN("\r\n\r\n"));
	const struct mime_part *part = parse(&p);
	assert_in_range(part->description.n, MIME_FIELD_VALUE_MAX - 100, MIME_FIELD_VALUE_MAX);
	assert_true(span_eq(part->type, SPAN("text"))); // broken
	assert_null(part->disposition.p);
	unsigned n = 0;
	for (const struct mime_value *v = part->languages; v; v = v->next)
		n++;
	assert_int_equal(n, MIME_LANGUAGES_MAX);
	done(&p);
	begin(&p);
	buf_add(&p.text, SPAN("Content-Type: "));
	fill(&p.text, 't', MIME_TYPE_MAX);
	buf_add(&p.text, SPAN("/x\r\n\r\n"));
	assert_int_equal(parse(&p)->type.n, MIME_TYPE_MAX);
	done(&p);
}

static void params(void **state)
{
	(void)state;
	struct parsed p;
	begin(&p);
	buf_add(&p.text, SPAN("Content-Type: x/y"));
	for (unsigned i = 0; i < 2 * MIME_PARAMS_MAX; i++)
		buf_addf(&p.text, ";\r\n p%u=%u", i, i);
	buf_add(&p.text, SPAN("\r\n\r\n"));
	const struct mime_part *part = parse(&p);
	assert_int_equal(part->param_count, MIME_PARAMS_MAX);
	assert_non_null(mime_param_get(part->params, part->param_count, SPAN("p127")).p);
	done(&p);
}

// Boundaries are told apart by their first MIME_BOUNDARY_MAX octets.
static void boundaries(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		struct parsed p;
		begin(&p);
		buf_add(&p.text, SPAN("Content-Type: multipart/mixed; boundary="));
		fill(&p.text, 'b', MIME_BOUNDARY_MAX + more - 1);
		buf_add(&p.text, SPAN("x\r\n\r\n--"));
		fill(&p.text, 'b', MIME_BOUNDARY_MAX + more - 1);
		buf_add(&p.text, SPAN("y\r\nContent-Type: a/b\r\n\r\n"));
		bool found = span_eq(parse(&p)[1].type, SPAN("a"));
		assert_int_equal(found, more);
		done(&p);
	}
}

// All facts of a message together: past the limit little more than types is kept, and the message still has all its parts.
static void facts(void **state)
{
	(void)state;
	struct parsed p;
	begin(&p);
	buf_add(&p.text, SPAN("Content-Type: multipart/mixed; boundary=b\r\n\r\n"));
	unsigned parts = MIME_HEADERS_KEPT_MAX / 60000 + 10;
	for (unsigned i = 0; i < parts; i++) {
		buf_add(&p.text, SPAN("--b\r\nContent-Type: a/b"));
		for (unsigned k = 0; k < 2 * MIME_FULL_PARAMS_MAX; k++)
			buf_addf(&p.text, "; p%u=v", k);
		buf_add(&p.text, SPAN("; n="));
		fill(&p.text, 'n', MIME_FULL_VALUE_MAX);
		buf_add(&p.text, SPAN("\r\nContent-Description: "));
		fill(&p.text, 'd', 60000);
		buf_add(&p.text, SPAN("\r\n\r\n"));
	}
	const struct mime_part *part = parse(&p);
	assert_int_equal(p.t->count, parts + 1);
	assert_int_equal(part[1].description.n, 60000);
	assert_int_equal(part[1].param_count, 2 * MIME_FULL_PARAMS_MAX + 1);
	assert_null(part[parts].description.p);
	assert_true(span_eq(part[parts].type, SPAN("a")));
	assert_true(part[parts].param_count <= MIME_FULL_PARAMS_MAX);
	done(&p);
}

static void addresses(void **state)
{
	(void)state;
	struct op op;
	struct buf b = { 0 };
	op_init(&op, 0);
	for (unsigned i = 0; i < MIME_ADDRESSES_MAX + 10; i++)
		buf_add(&b, SPAN("a@b,"));
	struct mime_addresses it = mime_addresses_of(buf_span(&b));
	struct mime_address a;
	unsigned n = 0;
	while (mime_addresses_next(&op.arena, &it, &a))
		n++;
	assert_int_equal(n, MIME_ADDRESSES_MAX);
	// Comments within the limit are none of the address; beyond it they end early, and nothing worse happens.
	for (unsigned depth = MIME_COMMENT_DEPTH_MAX; depth < 3 * MIME_COMMENT_DEPTH_MAX;
		depth += MIME_COMMENT_DEPTH_MAX) {
		buf_reset(&b);
		fill(&b, '(', depth);
		fill(&b, ')', depth);
		buf_add(&b, SPAN("a@b"));
		it = mime_addresses_of(buf_span(&b));
		bool found =
			mime_addresses_next(&op.arena, &it, &a) && span_eq(a.domain, SPAN("b"));
		if (depth == MIME_COMMENT_DEPTH_MAX)
			assert_true(found && span_eq(a.local, SPAN("a")));
	}
	buf_done(&b);
	op_done(&op);
}

// What is rendered, of a header that has much more.
static void renderings(void **state)
{
	(void)state;
	struct parsed p;
	struct buf out = { 0 };
	bool same;
	begin(&p);
	buf_add(&p.text, SPAN("Subject: "));
	fill(&p.text, 's', 2 * MIME_STRING_MAX);
	buf_add(&p.text, SPAN("\r\nMessage-ID: <"));
	fill(&p.text, 'm', 2 * MIME_WORD_MAX);
	buf_add(&p.text, SPAN(">\r\nTo: "));
	for (unsigned i = 0; i < 20000; i++)
		buf_addf(&p.text, "\"name %u\" <user%u@example.org>, ", i, i);
	buf_add(&p.text, SPAN("x@y\r\nContent-Type: a/b"));
	for (unsigned i = 0; i < MIME_PARAMS_MAX; i++) {
		buf_addf(&p.text, "; p%u=", i);
		fill(&p.text, 'v', 400);
	}
	buf_add(&p.text, SPAN("\r\n\r\n"));
	(void)parse(&p);
	assert_int_equal(mime_envelope_render(&p.op, p.t, 0, MIME_UTF8, &out, &same), 0);
	assert_in_range(out.n, MIME_ENVELOPE_TEXT_MAX / 4, MIME_ENVELOPE_TEXT_MAX);
	struct buf run = { 0 };
	fill(&run, 's', MIME_STRING_MAX);
	assert_true(span_find(buf_span(&out), buf_span(&run)) != SIZE_MAX);
	fill(&run, 's', 1);
	assert_true(span_find(buf_span(&out), buf_span(&run)) == SIZE_MAX);
	buf_reset(&run);
	fill(&run, 'm', MIME_WORD_MAX + 1);
	assert_true(span_find(buf_span(&out), buf_span(&run)) == SIZE_MAX);
	buf_reset(&out);
	assert_int_equal(mime_structure_render(&p.op, p.t, true, MIME_UTF8, &out, &same), 0);
	assert_in_range(out.n, 1, MIME_STRUCTURE_TEXT_MAX);
	buf_done(&run);
	buf_done(&out);
	done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(fields),
		cmocka_unit_test(values),
		cmocka_unit_test(params),
		cmocka_unit_test(boundaries),
		cmocka_unit_test(facts),
		cmocka_unit_test(addresses),
		cmocka_unit_test(renderings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
