// SPDX-License-Identifier: Apache-2.0
#include "smtp/envelope.h"

#include "base/limits.h"
#include "wire/smtp.h"

static const char *refuse(
	struct smtp_reply *ret_reply, unsigned code, const char *enhanced, const char *text)
{
	*ret_reply = (struct smtp_reply){ .code = code, .enhanced = enhanced };
	return text;
}

static const char *bad_value(struct smtp_reply *ret_reply)
{
	return refuse(ret_reply, 501, "5.5.4", "a parameter's value is not allowed");
}

// RFC 4865 section 4.2, items 7 to 11: one of the two, within what is offered. A time that has passed already is not later than that.
static const char *take_hold(struct envelope *e, const struct smtp_param *p,
	const struct future_release *most, struct smtp_reply *ret_reply)
{
	bool is_for = span_caseeq(p->name, SPAN("HOLDFOR"));
	uint64_t seconds = 0;
	int64_t until = 0;
	if (envelope_is_for_later(e))
		return refuse(ret_reply, 501, "5.5.4", "HOLDFOR or HOLDUNTIL, not both");
	bool good = is_for ? future_seconds_parse(p->value, &seconds) && seconds <= most->seconds
			   : future_time_parse(p->value, &until) && until <= most->until;
	*(is_for ? &e->hold_for : &e->hold_until) = p->value;
	return good ? NULL : bad_value(ret_reply);
}

// One parameter of MAIL.
static const char *take_param(struct envelope *e, const struct smtp_param *p,
	const struct envelope_rules *rules, struct smtp_reply *ret_reply)
{
	struct span v = p->value;
	if (span_caseeq(p->name, SPAN("SIZE"))) { // RFC 1870 section 6
		uint64_t size;
		if (!span_to_u64(v, UINT64_MAX, &size))
			return bad_value(ret_reply);
		e->size = size;
		return size <= rules->limit
			? NULL
			: refuse(ret_reply, 552, "5.3.4", "the message is too big");
	}
	if (span_caseeq(p->name, SPAN("BODY"))) { // RFC 6152 section 2, RFC 3030 section 3
		e->binary = span_caseeq(v, SPAN("BINARYMIME"));
		e->seven_bit = span_caseeq(v, SPAN("7BIT"));
		bool known = (e->binary && rules->binary) || e->seven_bit ||
			span_caseeq(v, SPAN("8BITMIME"));
		return known ? NULL : bad_value(ret_reply);
	}
	if (span_caseeq(p->name, SPAN("SMTPUTF8"))) { // RFC 6531 section 3.4: no value
		e->utf8 = true;
		return v.p ? bad_value(ret_reply) : NULL;
	}
	if (span_caseeq(p->name, SPAN("RET"))) {
		e->ret = v;
		return smtp_ret_is_valid(v) ? NULL : bad_value(ret_reply);
	}
	if (span_caseeq(p->name, SPAN("ENVID"))) {
		e->envid = v;
		return smtp_xtext_is_valid(v) ? NULL : bad_value(ret_reply);
	}
	if (rules->auth &&
		span_caseeq(p->name, SPAN("AUTH"))) { // RFC 4954 section 5: known, not believed
		bool valid = span_eq(v, SPAN("<>")) || smtp_xtext_is_valid(v);
		return valid ? NULL : bad_value(ret_reply);
	}
	bool holds =
		span_caseeq(p->name, SPAN("HOLDFOR")) || span_caseeq(p->name, SPAN("HOLDUNTIL"));
	if (rules->future.seconds && holds)
		return take_hold(e, p, &rules->future, ret_reply);
	return refuse(ret_reply, 555, "5.5.4", "a parameter is not known here");
}

static const char *needs_utf8(
	const struct envelope *e, const struct smtp_path *path, struct smtp_reply *ret_reply)
{
	if (!path->eight_bit || e->utf8)
		return NULL;
	return refuse(ret_reply, 553, "5.6.7", "the address needs SMTPUTF8");
}

// A value that outlives the command's line; absent ones stay so.
static bool keep(struct op *op, struct span *io_value)
{
	bool absent = !io_value->p;
	*io_value = arena_dup(&op->arena, *io_value);
	return absent || io_value->p;
}

const char *envelope_begin(struct op *op, struct envelope *e, const struct smtp_command *c,
	const struct envelope_rules *rules, struct smtp_reply *ret_reply)
{
	*e = (struct envelope){ .sender = arena_dup(&op->arena, c->path.text) };
	if (!e->sender.p)
		return refuse(ret_reply, 451, "4.3.0", "out of memory");
	for (size_t i = 0; i < c->param_count; i++) {
		const char *why = take_param(e, &c->params[i], rules, ret_reply);
		if (why)
			return why;
	}
	bool kept = keep(op, &e->ret) && keep(op, &e->envid) && keep(op, &e->hold_for) &&
		keep(op, &e->hold_until);
	if (!kept)
		return refuse(ret_reply, 451, "4.3.0", "out of memory");
	return needs_utf8(e, &c->path, ret_reply);
}

const char *envelope_check_recipient(const struct envelope *e, const struct smtp_command *c,
	struct recipient *r, struct smtp_reply *ret_reply)
{
	if (!c->path.local.n)
		return refuse(ret_reply, 501, "5.1.3", "a recipient needs an address");
	for (size_t i = 0; i < c->param_count; i++) {
		const struct smtp_param *p = &c->params[i];
		bool notify = span_caseeq(p->name, SPAN("NOTIFY")); // RFC 3461 section 4
		if (!notify && !span_caseeq(p->name, SPAN("ORCPT")))
			return refuse(ret_reply, 555, "5.5.4", "a parameter is not known here");
		if (!(notify ? smtp_notify_is_valid(p->value) : smtp_orcpt_is_valid(p->value)))
			return bad_value(ret_reply);
		if (!e->utf8 && !span_is_ascii(p->value)) // RFC 6533 section 3
			return refuse(ret_reply, 553, "5.6.7", "the parameter needs SMTPUTF8");
		*(notify ? &r->notify : &r->orcpt) = p->value;
	}
	return needs_utf8(e, &c->path, ret_reply);
}

int envelope_add(struct op *op, struct envelope *e, const struct recipient *r)
{
	if (e->count >= SMTP_RECIPIENTS_MAX)
		return op_fail(op, RC_LIMIT, "more than %u recipients: send the rest apart",
			SMTP_RECIPIENTS_MAX);
	if (e->count == e->cap) {
		size_t cap = e->cap ? e->cap * 2 : 4;
		struct recipient *v = arena_array(&op->arena, cap, sizeof *v);
		if (!v)
			return op_fail(op, RC_NOMEM, "out of memory");
		if (e->count)
			memcpy(v, e->recipients, e->count * sizeof *v);
		e->recipients = v;
		e->cap = cap;
	}
	struct recipient copy = *r;
	if (!keep(op, &copy.address) || !keep(op, &copy.user) || !keep(op, &copy.folder) ||
		!keep(op, &copy.notify) || !keep(op, &copy.orcpt))
		return op_fail(op, RC_NOMEM, "out of memory");
	e->recipients[e->count++] = copy;
	return 0;
}
