// SPDX-License-Identifier: Apache-2.0
// What an administrator asks about mail that waits for the relay (admin.h).
#include "base/limits.h"
#include "mail/spool.h"
#include "server/admin_priv.h"
#include "smtp/spooler.h"

static void add_recipient(struct buf *to, const struct spool_recipient *r)
{
	buf_add_field(to, r->address);
	buf_add_u8(to, r->failed);
	if (r->failed)
		buf_add_field(to, r->said.n ? r->said : r->status);
}

int admin_spool_list(struct admin_session *s)
{
	uint64_t seconds = 0, number = 0;
	struct span why = SPAN("");
	int rc = 0;
	while ((number = spool_number_from(s->what->spool.spool, number + 1))) {
		struct spool_message m;
		rc = spool_read(&s->op, s->what->spool.spool, number, &m);
		if (rc == RC_NONEXISTENT) // it has gone meanwhile
			continue;
		if (rc < 0) // without a user: why is all that there is to say
			m = (struct spool_message){ .number = number,
				.user = SPAN(""),
				.sender = SPAN(""),
				.why = span_str(op_text(&s->op, rc)) };
		buf_reset(&s->out);
		buf_add_u64(&s->out, m.number);
		buf_add_u64(&s->out, (uint64_t)m.arrived);
		buf_add_u64(&s->out, m.size);
		buf_add_u32(&s->out, m.tries);
		buf_add_field(&s->out, m.user);
		buf_add_field(&s->out, m.sender);
		buf_add_field(&s->out, m.why);
		buf_add_u32(&s->out, (uint32_t)m.count);
		for (size_t i = 0; i < m.count && i < ADMIN_SPOOL_SHOWN; i++)
			add_recipient(&s->out, &m.recipients[i]);
		rc = admin_send_out(s);
		if (rc < 0)
			return rc;
		op_reset(&s->op);
	}
	op_reset(&s->op);
	rc = 0;
	buf_reset(&s->out);
	bool sends = s->what->spooler && s->what->spool.relay;
	if (sends)
		rc = spooler_status(&s->op, s->what->spooler, &seconds, &why);
	buf_addf(&s->out, "%s %llu ", sends ? "sends" : "idle", (unsigned long long)seconds);
	buf_add_hex(&s->out, why);
	return rc;
}

int admin_spool_try(struct admin_session *s)
{
	if (!s->what->spooler || !s->what->spool.relay)
		return op_fail(&s->op, RC_CANNOT,
			"nobody sends: no server runs here, or it has no relay, or nothing waited "
			"when it started");
	spooler_try(s->what->spooler);
	return 0;
}

int admin_spool_remove(struct admin_session *s)
{
	uint64_t number;
	int rc = admin_word_number(s, 2, UINT64_MAX, &number);
	if (rc == 0)
		rc = spool_take_number(&s->op, s->what->spool.spool, number);
	return rc < 0 ? rc : spooler_drop(&s->op, &s->what->spool, number);
}
