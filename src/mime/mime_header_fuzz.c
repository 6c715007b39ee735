// SPDX-License-Identifier: Apache-2.0
// Starling: fuzzes the readers of header values: they end, stay in bounds, and give UTF-8 where they promise it.
#include "mime/downgrade.h"
#include "mime/header.h"

#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_value(struct op *op, struct span value)
{
	struct buf text = { 0 };
	mime_text_of(value, &text);
	must(!text.failed && span_is_utf8(buf_span(&text)));
	must(!text.n || (!memchr(text.p, '\n', text.n) && !memchr(text.p, '\r', text.n)));
	buf_reset(&text);
	bool reply;
	mime_base_subject(value, &text, &reply);
	must(!text.failed && span_is_utf8(buf_span(&text)));
	// What is no UTF-8 between the words becomes it: three octets at the most. The base subject is no longer than the subject.
	size_t n = text.n;
	buf_reset(&text);
	bool converts = mime_text_octets(value, &text);
	must(!text.failed && text.n <= 3 * value.n);
	buf_reset(&text);
	must(mime_base_subject_octets(value, &text, &reply) == converts && text.n <= 3 * value.n);
	buf_reset(&text);
	mime_text_of(value, &text);
	must(n <= text.n);
	buf_done(&text);

	struct mime_addresses it = mime_addresses_of(value);
	struct mime_address a;
	size_t count = 0, octets = 0;
	bool in_group = false;
	while (mime_addresses_next(&op->arena, &it, &a)) {
		must(++count <= 2 * value.n + 2);
		must((a.kind == MIME_GROUP_BEGIN) <= !in_group &&
			(a.kind == MIME_GROUP_END) <= in_group);
		in_group = a.kind == MIME_GROUP_BEGIN || (in_group && a.kind == MIME_ADDRESS);
		octets += a.name.n + a.local.n + a.domain.n + a.route.n;
	}
	must(!in_group && octets <= value.n + 1);

	struct span rest = value, id;
	while (mime_msgid_next(&op->arena, &rest, true, &id))
		must(id.n > 0 && id.n <= value.n);
	struct mime_date d;
	if (mime_date_parse(value, &d))
		must(d.zone > -1440 && d.zone < 1440 && d.utc / 86400 <= d.day + 2 &&
			d.utc / 86400 >= d.day - 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct op op;
	op_init(&op, 0);
	struct span all = span_of(data, size);
	struct mime_fields it = mime_fields_of(all);
	struct mime_field f;
	size_t at = 0;
	while (mime_fields_next(&it, &f)) {
		must(f.offset == at && f.raw.n > 0);
		at += f.raw.n;
		struct span one = mime_unfold(&op.arena, f.value);
		must(one.p && one.n <= f.value.n);
		must(!one.n || (!memchr(one.p, '\n', one.n) && !memchr(one.p, '\r', one.n)));
		read_value(&op, f.value);
	}
	read_value(&op, all);
	struct buf surrogate = { 0 };
	mime_downgrade(&op.arena, all, &surrogate);
	must(!surrogate.failed && surrogate.n >= all.n - it.at);
	must(span_is_ascii(span_cut(buf_span(&surrogate), 0, surrogate.n - (all.n - it.at))));
	buf_done(&surrogate);
	op_done(&op);
	return 0;
}
