// SPDX-License-Identifier: Apache-2.0
// Starling: reads what IMAP shows of a part's header (RFC 2045, 2183, 3282, 2557, 1864; RFC 5322 for ENVELOPE). Broken fields count as absent.
#include "mime/content_priv.h"

#include "base/limits.h"
#include "mime/decode.h"
#include "mime/header.h"
#include "mime/lex_priv.h"

// The fields that matter, raw; of Content-* and the single fields of ENVELOPE the first one.
enum field_id {
	F_TYPE,
	F_CTE,
	F_DISPOSITION,
	F_ID,
	F_DESCRIPTION,
	F_MD5,
	F_LANGUAGE,
	F_LOCATION,
	F_CONTENT_END_,
	F_DATE = F_CONTENT_END_,
	F_SUBJECT,
	F_IN_REPLY_TO,
	F_MESSAGE_ID,
	F_SINGLE_END_,
	F_FROM = F_SINGLE_END_,
	F_SENDER,
	F_REPLY_TO,
	F_TO,
	F_CC,
	F_BCC,
	F_COUNT_
};
static const struct span field_names[F_COUNT_] = {
	[F_TYPE] = { "Content-Type", 12 },
	[F_CTE] = { "Content-Transfer-Encoding", 25 },
	[F_DISPOSITION] = { "Content-Disposition", 19 },
	[F_ID] = { "Content-ID", 10 },
	[F_DESCRIPTION] = { "Content-Description", 19 },
	[F_MD5] = { "Content-MD5", 11 },
	[F_LANGUAGE] = { "Content-Language", 16 },
	[F_LOCATION] = { "Content-Location", 16 },
	[F_DATE] = { "Date", 4 },
	[F_SUBJECT] = { "Subject", 7 },
	[F_IN_REPLY_TO] = { "In-Reply-To", 11 },
	[F_MESSAGE_ID] = { "Message-ID", 10 },
	[F_FROM] = { "From", 4 },
	[F_SENDER] = { "Sender", 6 },
	[F_REPLY_TO] = { "Reply-To", 8 },
	[F_TO] = { "To", 2 },
	[F_CC] = { "Cc", 2 },
	[F_BCC] = { "Bcc", 3 },
};

struct found {
	struct span single[F_SINGLE_END_]; // absent: p NULL
	struct mime_value *list[F_COUNT_ - F_SINGLE_END_];
	struct mime_value **tail[F_COUNT_ - F_SINGLE_END_];
};

static int field_id_of(struct span name, bool is_root)
{
	if (name.n > 8 && span_casestarts(name, SPAN("Content-"))) {
		for (int i = 0; i < F_CONTENT_END_; i++)
			if (span_caseeq(name, field_names[i]))
				return i;
		return -1;
	}
	if (!is_root || name.n < 2 || name.n > 11 || !memchr("dsimfrtcbDSIMFRTCB", name.p[0], 18))
		return -1;
	for (int i = F_CONTENT_END_; i < F_COUNT_; i++)
		if (span_caseeq(name, field_names[i]))
			return i;
	return -1;
}

static bool is_full(const struct content_in *in)
{
	return *in->kept >= MIME_HEADERS_KEPT_MAX;
}

static uint32_t params_max(const struct content_in *in)
{
	return is_full(in) ? MIME_FULL_PARAMS_MAX : MIME_PARAMS_MAX;
}

// The value on one line, in memory that lives as long as the tree.
static int value_keep(
	struct op *op, const struct content_in *in, struct span raw, struct span *ret_value)
{
	struct span v = span_trim(
		span_cut(raw, 0, is_full(in) ? MIME_FULL_VALUE_MAX : MIME_FIELD_VALUE_MAX));
	struct span kept = mime_unfold(&op->arena, v);
	if (kept.p == v.p && v.n > 0 && !in->stays)
		kept = arena_dup(&op->arena, v);
	if (!kept.p)
		return op_fail(op, RC_NOMEM, "out of memory");
	*in->kept += in->stays && kept.p == v.p ? 0 : kept.n;
	*ret_value = kept;
	return 0;
}

static int list_add(
	struct op *op, const struct content_in *in, struct found *f, int id, struct span raw)
{
	int at = id - F_SINGLE_END_;
	struct mime_value *v = op_new(op, struct mime_value);
	if (!v)
		return RC_NOMEM;
	int rc = value_keep(op, in, raw, &v->text);
	if (rc < 0)
		return rc;
	*in->kept += sizeof *v;
	if (f->tail[at])
		*f->tail[at] = v;
	else
		f->list[at] = v;
	// The list is const to readers; it is still being made here.
	f->tail[at] = (struct mime_value **)(void *)&v->next;
	return 0;
}

static int fields_collect(struct op *op, const struct content_in *in, struct found *f)
{
	struct mime_fields it = mime_fields_of(in->header);
	struct mime_field field;
	for (uint32_t n = 0; n < MIME_FIELDS_MAX && mime_fields_next(&it, &field); n++) {
		int id = field_id_of(field.name, in->is_root);
		if (id < 0)
			continue;
		bool full = is_full(in);
		if (id < F_SINGLE_END_) {
			if (f->single[id].p || (full && id != F_TYPE && id != F_CTE))
				continue;
			int rc = value_keep(op, in, field.value, &f->single[id]);
			if (rc < 0)
				return rc;
		} else if (!full) {
			int rc = list_add(op, in, f, id, field.value);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

// ---- Content-Type

static bool is_token_char(char c)
{
	return (unsigned char)c > ' ' && (unsigned char)c < 0x7f &&
		!memchr("()<>@,;:\\\"/[]?=", c, 15);
}

static struct span take_token(struct span *rest)
{
	struct span s = cfws_skip(*rest, NULL);
	size_t n = 0;
	while (n < s.n && is_token_char(s.p[n]))
		n++;
	*rest = span_skip(s, n);
	return span_cut(s, 0, n);
}

// type "/" subtype; false if broken. *rest is what follows.
static bool type_read(struct span value, struct mime_part *part, struct span *rest)
{
	*rest = value;
	struct span type = take_token(rest);
	struct span slash = cfws_skip(*rest, NULL);
	if (type.n == 0 || type.n > MIME_TYPE_MAX || slash.n == 0 || slash.p[0] != '/')
		return false;
	*rest = span_skip(slash, 1);
	struct span subtype = take_token(rest);
	if (subtype.n == 0 || subtype.n > MIME_TYPE_MAX)
		return false;
	part->type = type;
	part->subtype = subtype;
	return true;
}

static void type_default(struct mime_part *part, bool in_digest)
{
	part->type = in_digest ? SPAN("message") : SPAN("text");
	part->subtype = in_digest ? SPAN("rfc822") : SPAN("plain");
	part->params = NULL;
	part->param_count = 0;
}

static struct span boundary_of(const struct mime_part *part)
{
	struct span b = mime_param_get(part->params, part->param_count, SPAN("boundary"));
	b = span_cut(b, 0, MIME_BOUNDARY_MAX);
	while (b.n > 0 && is_wsp(b.p[b.n - 1]))
		b.n--; // RFC 2046 section 5.1.1: never ends with a blank
	return b;
}

static int type_settle(struct op *op, const struct content_in *in, struct span value,
	struct mime_part *part, struct content_out *ret)
{
	struct span rest;
	type_default(part, in->in_digest);
	if (value.p && !type_read(value, part, &rest))
		type_default(part, false);
	else if (value.p) {
		int rc = params_read(op, rest, params_max(in), &part->params, &part->param_count);
		if (rc < 0)
			return rc;
		*in->kept += part->param_count * sizeof *part->params;
	}
	ret->boundary = SPAN("");
	if (mime_type_is(part, SPAN("multipart"), SPAN(""))) {
		ret->boundary = boundary_of(part);
		if (ret->boundary.n == 0)
			type_default(part, false);
	}
	if (is_full(in)) {
		part->charset = mime_param_get(part->params, part->param_count, SPAN("charset"));
		part->params = NULL;
		part->param_count = 0;
	}
	return 0;
}

static void kind_settle(struct mime_part *part)
{
	part->is_text = mime_type_is(part, SPAN("text"), SPAN(""));
	part->kind = MIME_LEAF;
	if (part->is_text && part->params)
		part->charset = mime_param_get(part->params, part->param_count, SPAN("charset"));
	if (mime_type_is(part, SPAN("multipart"), SPAN("")))
		part->kind = MIME_MULTIPART;
	bool global = mime_type_is(part, SPAN("message"), SPAN("global"));
	if (!global && !mime_type_is(part, SPAN("message"), SPAN("rfc822")))
		return;
	part->is_global = global;
	part->is_opaque = part->cte != MIME_CTE_IDENTITY;
	part->kind = part->is_opaque ? MIME_LEAF : MIME_MESSAGE;
}

// ---- the other Content-* fields

static struct span encoding_token(struct span value)
{
	value = cfws_skip(value, NULL);
	size_t n = 0;
	while (n < value.n && !is_blank(value.p[n]) && value.p[n] != ';' && value.p[n] != '(')
		n++;
	return n > 0 ? span_cut(value, 0, n) : SPAN("7bit");
}

static int disposition_read(
	struct op *op, const struct content_in *in, struct span value, struct mime_part *part)
{
	if (!value.p)
		return 0;
	struct span token = take_token(&value);
	if (token.n == 0 || token.n > MIME_TYPE_MAX)
		return 0;
	part->disposition = token;
	int rc = params_read(op, value, params_max(in), &part->disposition_params,
		&part->disposition_param_count);
	*in->kept += part->disposition_param_count * sizeof *part->disposition_params;
	return rc;
}

// Language-List = Language-Tag *("," Language-Tag), with comments (RFC 3282).
static int languages_read(struct op *op, struct span value, struct mime_part *part)
{
	const struct mime_value **tail = &part->languages;
	for (unsigned n = 0; value.n > 0 && n < MIME_LANGUAGES_MAX;) {
		value = cfws_skip(value, NULL);
		size_t len = 0;
		while (len < value.n && value.p[len] != ',' && value.p[len] != '(' &&
			!is_blank(value.p[len]))
			len++;
		struct span tag = span_cut(value, 0, len);
		value = cfws_skip(span_skip(value, len), NULL);
		if (value.n > 0 && value.p[0] == ',')
			value = span_skip(value, 1);
		if (tag.n == 0)
			continue;
		struct mime_value *v = op_new(op, struct mime_value);
		if (!v)
			return RC_NOMEM;
		v->text = tag;
		*tail = v;
		tail = &v->next;
		n++;
	}
	return 0;
}

// Absent when empty: NIL.
static struct span or_absent(struct span s)
{
	return s.n > 0 ? s : SPAN_NONE;
}

static int envelope_make(struct op *op, const struct found *f, struct mime_part *part)
{
	struct mime_envelope *e = op_new(op, struct mime_envelope);
	if (!e)
		return RC_NOMEM;
	*e = (struct mime_envelope){
		.date = f->single[F_DATE],
		.subject = f->single[F_SUBJECT],
		.in_reply_to = f->single[F_IN_REPLY_TO],
		.message_id = f->single[F_MESSAGE_ID],
		.from = f->list[F_FROM - F_SINGLE_END_],
		.sender = f->list[F_SENDER - F_SINGLE_END_],
		.reply_to = f->list[F_REPLY_TO - F_SINGLE_END_],
		.to = f->list[F_TO - F_SINGLE_END_],
		.cc = f->list[F_CC - F_SINGLE_END_],
		.bcc = f->list[F_BCC - F_SINGLE_END_],
	};
	part->envelope = e;
	return 0;
}

int content_read(
	struct op *op, const struct content_in *in, struct mime_part *part, struct content_out *ret)
{
	struct found f = { 0 };
	int rc = fields_collect(op, in, &f);
	if (rc < 0)
		return rc;
	part->cte = (uint8_t)mime_cte_of(f.single[F_CTE]);
	part->encoding = encoding_token(f.single[F_CTE]);
	rc = type_settle(op, in, f.single[F_TYPE], part, ret);
	if (rc < 0)
		return rc;
	kind_settle(part);
	part->id = or_absent(f.single[F_ID]);
	part->description = or_absent(f.single[F_DESCRIPTION]);
	part->md5 = or_absent(f.single[F_MD5]);
	part->location = or_absent(f.single[F_LOCATION]);
	rc = disposition_read(op, in, f.single[F_DISPOSITION], part);
	if (rc == 0)
		rc = languages_read(op, f.single[F_LANGUAGE], part);
	if (rc == 0 && in->is_root)
		rc = envelope_make(op, &f, part);
	return rc;
}
