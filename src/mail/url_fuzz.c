// SPDX-License-Identifier: Apache-2.0
// Fuzzes IMAP URLs and their sections: what parses prints as something that parses to the same, and a rump is the beginning of its text.
#include "base/buf.h"
#include "base/limits.h"
#include "base/must.h"
#include "mail/content.h"
#include "mail/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct url *a, const struct url *b)
{
	return a->form == b->form && span_eq(a->user, b->user) &&
		span_eq(a->auth_type, b->auth_type) && span_eq(a->host, b->host) &&
		a->port == b->port && span_eq(a->mailbox, b->mailbox) &&
		a->uid_validity == b->uid_validity && span_eq(a->search, b->search) &&
		a->uid == b->uid && span_eq(a->section, b->section) &&
		a->is_partial == b->is_partial && a->offset == b->offset &&
		a->length == b->length && a->expire == b->expire && a->access == b->access &&
		span_eq(a->access_user, b->access_user) && span_eq(a->mechanism, b->mechanism) &&
		span_eq(a->token, b->token);
}

static void use_section(struct op *op, struct span text)
{
	struct section s;
	if (url_section(op, text, &s) < 0)
		return;
	must(s.depth <= MIME_DEPTH_MAX + 1 && s.field_count <= URL_FIELDS_MAX);
	for (size_t i = 0; i < s.depth; i++)
		must(s.path[i] != 0);
	for (size_t i = 0; i < s.field_count; i++)
		must(s.fields[i].n != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct op op;
	struct url url, again;
	struct span text = span_of(data, size), mailbox;
	struct buf printed = { 0 };
	op_init(&op, 0);
	if (url_parse(&op, text, &url) == 0) {
		must(span_starts(text, url.rump) && (!url.mailbox.p || url.mailbox.n));
		must(!url.access == !url.rump.p || url.rump.n <= text.n);
		url_print(&url, &printed);
		if (printed.n <= URL_MAX) {
			must(url_parse(&op, buf_span(&printed), &again) == 0);
			must(same(&url, &again));
		}
		if (url_resolve(&op, &url, SPAN("a/b/c"), &mailbox) == 0)
			must(mailbox.n <= size + 5);
		if (url.section.p)
			use_section(&op, url.section);
	}
	use_section(&op, text);
	buf_done(&printed);
	op_done(&op);
	return 0;
}
