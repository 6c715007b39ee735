// SPDX-License-Identifier: Apache-2.0
// One card at a time is open. What opening needs beside it (a card that is made again) lies in a scratch op, reset for each message.
#include "mail/card_walk.h"

#include "base/limits.h"
#include "mail/content_priv.h"
#include "mime/parse.h"

#include <stdlib.h>

struct card_walk {
	struct view_cursor *cursor;
	struct store *store;
	struct op scratch;
	struct content content;
	uint32_t items;
	bool is_open;                 // content
	const struct mime_tree *tree; // of its header; NULL: not parsed
	struct buf text;
};

int card_walk_open(struct op *op, struct view *v, const struct numset *uids, uint32_t items,
	struct card_walk **ret_walk)
{
	struct card_walk *w = calloc(1, sizeof *w);
	if (!w)
		return op_fail(op, RC_NOMEM, "out of memory");
	op_init(&w->scratch, 0);
	w->store = mail_store_of(account_mail(view_account(v)));
	w->items = items;
	int rc = view_cursor_open(op, v, uids, CURSOR_COLD, &w->cursor);
	if (rc < 0) {
		card_walk_close(w);
		return rc;
	}
	*ret_walk = w;
	return 0;
}

static void close_content(struct card_walk *w)
{
	if (w->is_open)
		content_close(&w->content);
	w->is_open = false;
}

int card_walk_next(struct op *op, struct card_walk *w, struct msg *ret_msg, struct span *ret_card)
{
	close_content(w);
	w->tree = NULL;
	op_reset(&w->scratch);
	int rc = view_cursor_next(op, w->cursor, ret_msg);
	*ret_card = SPAN_NONE;
	if (rc || !w->items)
		return rc == CURSOR_END ? CARD_WALK_END : rc;
	rc = content_open_card(&w->scratch, w->store, ret_msg->cold, w->items, &w->content);
	if (rc < 0)
		return op_fail(op, rc, "%s", op_text(&w->scratch, rc));
	w->is_open = true;
	content_ahead(&w->content, w->cursor, USE_KEYS);
	*ret_card = w->content.card;
	return 0;
}

// The tree of the header alone, made once; of a giant one only what the card was made of.
static int parse_header(struct card_walk *w)
{
	struct card_part whole;
	struct span header = SPAN_NONE;
	int rc = content_part(&w->scratch, &w->content, 0, &whole);
	if (rc == 0) {
		uint64_t end =
			whole.body_start < MIME_HEADER_MAX ? whole.body_start : MIME_HEADER_MAX;
		rc = content_bytes(&w->scratch, &w->content, 0, end, &header);
	}
	return rc < 0 ? rc : mime_parse(&w->scratch, header, &w->tree);
}

int card_walk_key(
	struct op *op, struct card_walk *w, enum card_item item, enum collation c, struct buf *to)
{
	int rc = w->tree ? 0 : parse_header(w);
	if (rc < 0)
		return op_fail(op, rc, "%s", op_text(&w->scratch, rc));
	buf_reset(&w->text);
	if (card_key_text(&w->scratch, w->tree, item, &w->text))
		buf_add(to, buf_span(&w->text));
	else
		collation_prepare(c, buf_span(&w->text), to);
	return w->text.failed || to->failed ? op_fail(op, RC_NOMEM, "out of memory for a key") : 0;
}

void card_walk_close(struct card_walk *w)
{
	if (!w)
		return;
	close_content(w);
	view_cursor_close(w->cursor);
	buf_done(&w->text);
	op_done(&w->scratch);
	free(w);
}
