// SPDX-License-Identifier: Apache-2.0
// `import` on the admin socket (admin.h). Octets go to the store while they come; the memory is that of one batch (mail/txn.h) and 32 octets for each
// message of the mailboxes that are touched (mail/import.c).
#include "mail/import.h"

#include "server/admin_priv.h"
#include "server/import_head.h"

int admin_import_begin(struct admin_session *s)
{
	struct span user;
	int rc = s->import ? admin_senseless(s) : admin_word_octets(s, 2, &user);
	return rc < 0 ? rc : mail_import_begin(&s->op, s->mail, user, &s->import);
}

int admin_import_mailbox(struct admin_session *s)
{
	struct span name;
	uint64_t limit, count;
	int rc = s->import ? admin_word_octets(s, 2, &name) : admin_senseless(s);
	if (rc == 0)
		rc = mail_import_mailbox(&s->op, s->import, name, &limit, &count);
	if (rc < 0)
		return rc;
	buf_addu(&s->out, limit);
	buf_addc(&s->out, ' ');
	buf_addu(&s->out, count);
	return 0;
}

int admin_import_subscribe(struct admin_session *s)
{
	struct span name;
	int rc = s->import ? admin_word_octets(s, 2, &name) : admin_senseless(s);
	return rc < 0 ? rc : mail_import_subscribe(&s->op, s->import, name);
}

static int take_message(struct admin_session *s, const struct frame *f)
{
	struct span keywords[KEYWORDS_PER_IMPORT];
	struct mail_import_message m;
	if (f->kind == FRAME_DATA)
		return mail_import_data(&s->op, s->import, f->payload);
	int rc = import_head_read(&s->op, f->payload, keywords, &m);
	return rc < 0 ? rc : mail_import_message(&s->op, s->import, &m);
}

int admin_import_messages(struct admin_session *s)
{
	struct mail_import_counts counts;
	int rc = admin_data_read(s, s->import ? 0 : admin_senseless(s), take_message);
	if (rc < 0 && s->import)
		mail_import_drop(s->import);
	if (rc == 0)
		rc = mail_import_commit(&s->op, s->import, &counts);
	if (rc < 0)
		return rc;
	buf_addu(&s->out, counts.imported);
	buf_addc(&s->out, ' ');
	buf_addu(&s->out, counts.already);
	buf_addc(&s->out, ' ');
	buf_addu(&s->out, counts.doubled);
	buf_addc(&s->out, ' ');
	buf_addu(&s->out, counts.lost_keywords);
	return 0;
}

int admin_import_end(struct admin_session *s)
{
	mail_import_end(s->import);
	s->import = NULL;
	return 0;
}
