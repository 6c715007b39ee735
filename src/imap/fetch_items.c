// SPDX-License-Identifier: Apache-2.0
// The FETCH items of RFC 9051 section 6.4.5 and RFC 3501 section 6.4.5 (RFC822.*). Values come ready from the card or by reference from the
// store; sizes of literals are known before their octets are queued.
#include "base/budget.h"
#include "base/buf.h"
#include "base/limits.h"
#include "imap/fetch.h"
#include "imap/reply.h"
#include "run/crew.h"
#include "wire/write.h"

// --- plain items ---

static int write_flags(struct fetch_out *f, void *arg)
{
	(void)arg;
	reply_flags_item(f->s, f->msg, f->keywords);
	return 0;
}

static int write_uid(struct fetch_out *f, void *arg)
{
	(void)arg;
	rope_add(f->out, SPAN("UID "));
	rope_addu(f->out, f->msg->uid.v);
	return 0;
}

static int write_internal_date(struct fetch_out *f, void *arg)
{
	(void)arg;
	rope_add(f->out, SPAN("INTERNALDATE "));
	write_date_time(f->out, f->msg->cold->internal_date, f->msg->cold->zone);
	return 0;
}

static int write_size(struct fetch_out *f, void *arg)
{
	(void)arg;
	rope_add(f->out, SPAN("RFC822.SIZE "));
	rope_addu(f->out, f->msg->cold->size);
	return 0;
}

static int write_envelope(struct fetch_out *f, void *arg)
{
	(void)arg;
	rope_add(f->out, SPAN("ENVELOPE "));
	rope_add(f->out, content_envelope(f->content, f->form));
	return 0;
}

static int write_body(struct fetch_out *f, void *arg)
{
	(void)arg;
	rope_add(f->out, SPAN("BODY "));
	rope_add(f->out, content_body(f->content, f->form));
	return 0;
}

static int write_bodystructure(struct fetch_out *f, void *arg)
{
	(void)arg;
	rope_add(f->out, SPAN("BODYSTRUCTURE "));
	rope_add(f->out, content_bodystructure(f->content, f->form));
	return 0;
}

// --- sections ---

struct section_wish {
	struct section section;
	struct span
		label; // "BODY[1.TEXT]", as the response shows it (a partial one adds "<origin>")
	bool partial;
	uint64_t offset, length; // partial; else all
};

static void label_path(struct rope *r, const struct section *s)
{
	for (size_t i = 0; i < s->depth; i++) {
		if (i)
			rope_addc(r, '.');
		rope_addu(r, s->path[i]);
	}
}

static struct span rope_to_arena(struct session *s, struct rope *r)
{
	size_t n = rope_size(r);
	char *text = r->failed ? NULL : arena_bytes(&s->op.arena, n);
	if (!text) {
		(void)op_fail(&s->op, RC_NOMEM, "out of memory"); // fetch_parse() looks
		rope_done(r);
		return SPAN("");
	}
	rope_copy(r, text);
	rope_done(r);
	return span_of(text, n);
}

// "BODY[1.HEADER.FIELDS (FROM TO)]<0>" (RFC 9051 section 7.5.2: the answer names the section as it was asked for).
static struct span label_make(struct session *s, const char *name, const struct section_wish *w)
{
	static const char *const texts[] = { [SECTION_ALL] = "",
		[SECTION_HEADER] = "HEADER",
		[SECTION_FIELDS] = "HEADER.FIELDS",
		[SECTION_FIELDS_NOT] = "HEADER.FIELDS.NOT",
		[SECTION_TEXT] = "TEXT",
		[SECTION_MIME] = "MIME" };
	struct rope r;
	rope_init(&r);
	rope_add(&r, span_str(name));
	rope_addc(&r, '[');
	label_path(&r, &w->section);
	if (w->section.depth && w->section.what != SECTION_ALL)
		rope_addc(&r, '.');
	rope_add(&r, span_str(texts[w->section.what]));
	if (w->section.field_count) {
		rope_add(&r, SPAN(" ("));
		for (size_t i = 0; i < w->section.field_count; i++) {
			if (i)
				rope_addc(&r, ' ');
			write_astring(&r, w->section.fields[i], session_is_utf8(s));
		}
		rope_addc(&r, ')');
	}
	rope_addc(&r, ']');
	if (w->partial)
		rope_addf(&r, "<%llu>", (unsigned long long)w->offset);
	return rope_to_arena(s, &r);
}

// section-text (RFC 9051 section 9): section-msgtext / "MIME"
static void parse_section_text(struct cursor *in, struct section *s)
{
	size_t at = in->at;
	struct span name =
		cursor_name(in, "HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or MIME");
	if (span_caseeq(name, SPAN("HEADER")))
		s->what = SECTION_HEADER;
	else if (span_caseeq(name, SPAN("TEXT")))
		s->what = SECTION_TEXT;
	else if (span_caseeq(name, SPAN("MIME")) && s->depth)
		s->what = SECTION_MIME;
	else if (span_caseeq(name, SPAN("HEADER.FIELDS")))
		s->what = SECTION_FIELDS;
	else if (span_caseeq(name, SPAN("HEADER.FIELDS.NOT")))
		s->what = SECTION_FIELDS_NOT;
	else if (!cursor_is_bad(in))
		cursor_fail_at(in, at,
			s->depth ? "HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or MIME"
				 : "HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT or TEXT");
	if (s->what == SECTION_FIELDS || s->what == SECTION_FIELDS_NOT) {
		cursor_sp(in);
		s->fields = cursor_header_list(in, &s->field_count);
	}
}

// section = "[" [section-spec] "]", and [partial]; `text`: section-text is allowed (BODY), not only a path (BINARY).
static struct section_wish *parse_section(
	struct session *s, struct cursor *in, bool text, bool partial)
{
	struct section_wish *w = op_new(&s->op, struct section_wish);
	if (!w)
		return NULL;
	cursor_char(in, '[', "\"[\"");
	int next = cursor_peek(in);
	if (next >= '0' && next <= '9') {
		w->section.path = cursor_section_part(in, &w->section.depth);
		if (text && cursor_try_char(in, '.'))
			parse_section_text(in, &w->section);
	} else if (text && next != ']') {
		parse_section_text(in, &w->section);
	}
	cursor_char(in, ']', "\"]\"");
	if (partial && cursor_peek(in) == '<') {
		w->partial = true;
		cursor_partial(in, &w->offset, &w->length);
	}
	return w;
}

static int finish_section(
	struct session *s, struct section_wish *w, const char *name, void **ret_arg)
{
	if (!w)
		return RC_NOMEM;
	if (!w->partial)
		w->length = UINT64_MAX;
	w->label = label_make(s, name, w);
	section_prepare(&w->section);
	*ret_arg = w;
	return 0;
}

static int parse_body(struct session *s, struct command *c, struct cursor *in, void **ret_arg)
{
	(void)c;
	return finish_section(s, parse_section(s, in, true, true), "BODY", ret_arg);
}

static int parse_binary(struct session *s, struct command *c, struct cursor *in, void **ret_arg)
{
	(void)c;
	return finish_section(s, parse_section(s, in, false, true), "BINARY", ret_arg);
}

static int parse_binary_size(
	struct session *s, struct command *c, struct cursor *in, void **ret_arg)
{
	(void)c;
	return finish_section(s, parse_section(s, in, false, false), "BINARY.SIZE", ret_arg);
}

// RFC822, RFC822.HEADER, RFC822.TEXT (RFC 3501 section 6.4.5): the same octets under other names.
static int whole_section(
	struct session *s, enum section_what what, const char *label, void **ret_arg)
{
	struct section_wish *w = op_new(&s->op, struct section_wish);
	if (!w)
		return RC_NOMEM;
	*w = (struct section_wish){
		.section = { .what = what }, .label = span_str(label), .length = UINT64_MAX
	};
	*ret_arg = w;
	return 0;
}

static int parse_rfc822(struct session *s, struct command *c, struct cursor *in, void **ret_arg)
{
	(void)c;
	(void)in;
	return whole_section(s, SECTION_ALL, "RFC822", ret_arg);
}

static int parse_rfc822_header(
	struct session *s, struct command *c, struct cursor *in, void **ret_arg)
{
	(void)c;
	(void)in;
	return whole_section(s, SECTION_HEADER, "RFC822.HEADER", ret_arg);
}

static int parse_rfc822_text(
	struct session *s, struct command *c, struct cursor *in, void **ret_arg)
{
	(void)c;
	(void)in;
	return whole_section(s, SECTION_TEXT, "RFC822.TEXT", ret_arg);
}

// How many octets of a section of this size the wish is about.
static uint64_t wished(const struct section_wish *w, uint64_t size)
{
	uint64_t left = w->offset < size ? size - w->offset : 0;
	return left < w->length ? left : w->length;
}

static int write_section(struct fetch_out *f, void *arg)
{
	const struct section_wish *w = arg;
	struct op *op = &f->s->op;
	uint64_t wrote = 0;
	struct section_ranges ranges;
	int rc = content_section_find(op, f->content, &w->section, &ranges);
	if (rc < 0)
		return rc;
	rope_add(f->out, w->label);
	rope_addc(f->out, ' ');
	if (rc == SECTION_ABSENT) {
		rope_add(f->out, SPAN("NIL"));
		return 0;
	}
	uint64_t n = wished(w, ranges.size);
	if (n == 0) {
		rope_add(f->out, SPAN("\"\""));
		return 0;
	}
	write_literal_header(f->out, n, false);
	rc = content_section_put(op, f->content, &ranges,
		(struct octets_range){ w->offset, w->offset + n }, f->out, &wrote);
	if (rc >= 0 && wrote != n)
		rc = op_fail(op, RC_SERVERBUG, "a section has %llu octets, not %llu",
			(unsigned long long)wrote, (unsigned long long)n);
	return rc;
}

// BINARY (RFC 9051 section 6.4.5; RFC 3516 section 4.2): decoded octets, in a literal8 when there are NULs among them.
struct decoded { // on its way out, charged to the user until it is sent
	struct hold hold;
	struct charge charge;
	struct buf bytes;
};

static void decoded_free(struct hold *h)
{
	struct decoded *d = container_of(h, struct decoded, hold);
	buf_done(&d->bytes);
	charge_done(&d->charge);
	free(d);
}

static int decode(
	struct fetch_out *f, const struct section_wish *w, struct decoded *d, bool *ret_has_nul)
{
	struct op *op = &f->s->op;
	size_t size = f->msg->cold->size; // what is decoded is hardly longer
	int rc = op_charge(op, &d->charge, size);
	if (rc < 0)
		return rc;
	rc = content_binary(
		op, f->content, w->section.path, w->section.depth, &d->bytes, ret_has_nul);
	if (d->bytes.n < size)
		charge_less(&d->charge, size - d->bytes.n);
	f->copied += d->bytes.n;
	return rc >= 0 && f->copied > FETCH_DECODED_MAX
		? op_fail(op, RC_LIMIT, "too many decoded octets in one answer")
		: rc;
}

static int write_binary(struct fetch_out *f, void *arg)
{
	const struct section_wish *w = arg;
	struct decoded *d = calloc(1, sizeof *d);
	bool has_nul = false;
	if (!d)
		return op_fail(&f->s->op, RC_NOMEM, "out of memory");
	hold_init(&d->hold, decoded_free);
	op_charge_init(&f->s->op, &d->charge);
	int rc = decode(f, w, d, &has_nul);
	if (rc >= 0) {
		size_t n = d->bytes.n;
		struct span part =
			span_cut(buf_span(&d->bytes), w->offset < n ? (size_t)w->offset : n, n);
		part = span_cut(part, 0, (size_t)wished(w, n));
		rope_add(f->out, w->label);
		rope_addc(f->out, ' ');
		if (rc == SECTION_ABSENT) {
			rope_add(f->out, SPAN("NIL"));
		} else if (part.n == 0) {
			rope_add(f->out, SPAN("\"\""));
		} else {
			write_literal_header(f->out, part.n, has_nul && memchr(part.p, 0, part.n));
			rope_add_ref(f->out, part, &d->hold);
		}
	}
	hold_unref(&d->hold);
	return rc < 0 ? rc : 0;
}

static int write_binary_size(struct fetch_out *f, void *arg)
{
	const struct section_wish *w = arg;
	uint64_t size = 0;
	int rc = content_binary_size(
		&f->s->op, f->content, w->section.path, w->section.depth, &size);
	if (rc < 0)
		return rc;
	rope_add(f->out, w->label);
	rope_addc(f->out, ' ');
	rope_addu(f->out, rc == SECTION_ABSENT ? 0 : size);
	return 0;
}

// --- the table ---

#define SECTION_NEEDS (FETCH_CONTENT | FETCH_COLD | FETCH_SECTION)
const struct fetch_item fetch_base_items[] = {
	{ "FLAGS", 0, NULL, NULL, write_flags },
	{ "UID", 0, NULL, NULL, write_uid },
	{ "INTERNALDATE", FETCH_COLD, NULL, NULL, write_internal_date },
	{ "RFC822.SIZE", FETCH_COLD, NULL, NULL, write_size },
	{ "ENVELOPE", FETCH_CONTENT | FETCH_COLD, NULL, NULL, write_envelope },
	{ "BODY", FETCH_CONTENT | FETCH_COLD, NULL, NULL, write_body },
	{ "BODYSTRUCTURE", FETCH_CONTENT | FETCH_COLD, NULL, NULL, write_bodystructure },
	{ "BODY", SECTION_NEEDS | FETCH_SETS_SEEN, NULL, parse_body, write_section },
	{ "BODY.PEEK", SECTION_NEEDS, NULL, parse_body, write_section },
	{ "BINARY", SECTION_NEEDS | FETCH_DECODES | FETCH_SETS_SEEN, NULL, parse_binary,
		write_binary },
	{ "BINARY.PEEK", SECTION_NEEDS | FETCH_DECODES, NULL, parse_binary, write_binary },
	{ "BINARY.SIZE", SECTION_NEEDS | FETCH_DECODES, NULL, parse_binary_size,
		write_binary_size },
	{ "RFC822", FETCH_CONTENT | FETCH_COLD | FETCH_SETS_SEEN, NULL, parse_rfc822,
		write_section },
	{ "RFC822.HEADER", FETCH_CONTENT | FETCH_COLD, NULL, parse_rfc822_header, write_section },
	{ "RFC822.TEXT", FETCH_CONTENT | FETCH_COLD | FETCH_SETS_SEEN, NULL, parse_rfc822_text,
		write_section },
	{ NULL },
};
