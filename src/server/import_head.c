// SPDX-License-Identifier: Apache-2.0
#include "server/import_head.h"

#include "base/buf.h"

void import_head_add(struct buf *b, const struct mail_import_message *m)
{
	buf_add_u64(b, m->size);
	buf_add_u32(b, m->meta.flags.flags);
	buf_add_u64(b, (uint64_t)m->meta.internal_date);
	buf_add_u16(b, (uint16_t)m->meta.zone);
	buf_add_field(b, m->digest);
	buf_add_field(b, m->meta.uidl);
	for (size_t k = 0; k < m->meta.flags.keyword_count; k++)
		buf_add_field(b, m->meta.flags.keywords[k]);
}

int import_head_read(struct op *op, struct span payload, struct span *keywords,
	struct mail_import_message *ret_message)
{
	struct reader r = reader_of(payload);
	struct mail_import_message m = { .size = reader_u64(&r) };
	struct flag_list *flags = &m.meta.flags;
	flags->flags = reader_u32(&r) & FLAG_SYSTEM;
	m.meta.internal_date = (int64_t)reader_u64(&r);
	m.meta.zone = (int16_t)reader_u16(&r);
	m.digest = reader_field(&r);
	m.meta.uidl = reader_field(&r);
	flags->keywords = keywords;
	while (!reader_at_end(&r) && !r.bad && flags->keyword_count < KEYWORDS_PER_IMPORT) {
		struct span keyword = reader_field(&r);
		r.bad |= !keyword_is_valid(keyword);
		keywords[flags->keyword_count++] = keyword;
	}
	if (r.bad || !reader_at_end(&r))
		return op_fail(op, RC_SYNTAX, "no head of a message");
	*ret_message = m;
	return 0;
}
