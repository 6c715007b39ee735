// SPDX-License-Identifier: Apache-2.0
#include "powercut/picture.h"

#include "base/crc32c.h"
#include "mail/content.h"
#include "mail/metadata.h"
#include "mail/view.h"

#include <inttypes.h>

bool picture_has(struct span name, struct span top)
{
	return span_starts(name, top) && (name.n == top.n || name.p[top.n] == '/');
}

static void add_id(struct buf *text, const struct objectid *id, char kind)
{
	char room[OBJECTID_TEXT];
	buf_addc(text, ' ');
	buf_add(text, objectid_print(id, kind, room));
}

static int blob_crc(struct op *op, const struct blob *b, uint32_t *io_crc)
{
	for (uint64_t at = 0; b->store && at < b->size;) {
		struct span piece;
		int rc = blob_piece(op, b, at, b->size - at, &piece);
		if (rc)
			return rc;
		*io_crc = crc32c(*io_crc, piece);
		at += piece.n;
	}
	return 0;
}

static int add_message(struct op *op, struct view *v, const struct keywords *k, const struct msg *m,
	struct buf *text)
{
	struct content c = { 0 };
	int rc = content_open(op, v, m, &c);
	uint32_t crc = 0;
	if (rc == 0)
		rc = blob_crc(op, &c.prefix, &crc);
	if (rc == 0)
		rc = blob_crc(op, &c.blob, &crc);
	if (rc == 0) {
		buf_addf(text,
			"  %" PRIu32 " modseq %" PRIu64 " flags %x%.*s date %" PRId64
			" saved %" PRId64,
			m->uid.v, m->modseq.v, m->flags & FLAG_SYSTEM,
			SPAN_FMT(keywords_set_text(k, m->kwset)), m->cold->internal_date,
			m->cold->save_date);
		add_id(text, &m->cold->emailid, 'M');
		add_id(text, &m->cold->threadid, 'T');
		buf_addf(text, " size %" PRIu64 " crc %08" PRIx32 "\n", m->cold->size, crc);
	}
	content_close(&c);
	return rc;
}

static int add_messages(struct op *op, struct view *v, struct buf *text)
{
	struct view_cursor *c;
	struct numset gone = { 0 };
	int rc = view_expunged_since(op, v, (struct modseq){ 0 }, &gone);
	buf_add(text, SPAN("  gone "));
	numset_print(&gone, text);
	buf_addc(text, '\n');
	numset_done(&gone);
	if (rc == 0)
		rc = view_cursor_open(op, v, NULL, CURSOR_COLD, &c);
	if (rc)
		return rc;
	struct msg m;
	while ((rc = view_cursor_next(op, c, &m)) == 0) {
		struct arena_mark mark = arena_mark(&op->arena);
		rc = add_message(op, v, view_cursor_keywords(c), &m, text);
		arena_release(&op->arena, mark);
		if (rc)
			break;
	}
	view_cursor_close(c);
	return rc == CURSOR_END ? 0 : rc;
}

static int add_annotation(void *ctx, struct span name, struct span value)
{
	buf_addf(ctx, "  %.*s = %.*s\n", SPAN_FMT(name), SPAN_FMT(value));
	return 0;
}

static int add_mailbox(
	struct op *op, struct account *a, const struct tree_entry *e, struct buf *text)
{
	struct mailbox_status st;
	mailbox_status(e->mailbox, &st);
	add_id(text, &st.id, 'F');
	buf_addf(text,
		" validity %" PRIu32 " next %" PRIu32 " modseq %" PRIu64 " has %" PRIu32
		" unseen %" PRIu32 " deleted %" PRIu32 " size %" PRIu64 " keywords%.*s\n",
		st.uid_validity, st.uid_next.v, st.highest_modseq.v, st.messages, st.unseen,
		st.deleted, st.size, SPAN_FMT(mailbox_keyword_text(op, e->mailbox)));
	int rc = metadata_read(op, a, e, SPAN("/private"), METADATA_ALL, add_annotation, text);
	if (rc)
		return rc;
	struct view *v;
	rc = view_open(op, a, e->name, VIEW_READONLY, &v);
	if (rc)
		return rc;
	rc = add_messages(op, v, text);
	view_close(v);
	return rc;
}

int picture_add(struct op *op, struct account *a, struct span top, struct buf *text)
{
	const struct tree *t = account_tree_ref(a);
	int rc = 0;
	for (size_t i = 0; i < t->count && rc == 0; i++) {
		const struct tree_entry *e = &t->entries[i];
		if (!picture_has(e->name, top))
			continue;
		buf_addf(text, "%.*s%s uses %x%s", SPAN_FMT(e->name),
			e->subscribed ? " subscribed" : "", e->uses, e->mailbox ? "" : " (none)\n");
		if (e->mailbox)
			rc = add_mailbox(op, a, e, text);
	}
	tree_unref(t);
	return rc;
}
