// SPDX-License-Identifier: Apache-2.0
// One card at a time is open. What opening needs beside it (a card that is made again) lies in a scratch op, reset for each message.
#include "mail/card_walk.h"

#include "base/limits.h"
#include "mail/content_priv.h"

#include <stdlib.h>

struct card_walk {
	struct view_cursor *cursor;
	struct store *store;
	struct op scratch;
	struct content content;
	uint32_t items;
	bool is_open; // content
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
	op_reset(&w->scratch);
	int rc = view_cursor_next(op, w->cursor, ret_msg);
	*ret_card = SPAN_NONE;
	if (rc || !w->items)
		return rc == CURSOR_END ? CARD_WALK_END : rc;
	rc = content_open_card(&w->scratch, w->store, ret_msg->cold, w->items, &w->content);
	if (rc < 0)
		return op_fail(op, rc, "%s", op_text(&w->scratch, rc));
	w->is_open = true;
	*ret_card = w->content.card;
	return 0;
}

int card_walk_header(struct op *op, struct card_walk *w, struct span *ret_header)
{
	struct card_part whole;
	int rc = content_part(&w->scratch, &w->content, 0, &whole);
	if (rc == 0)
		rc = content_bytes(&w->scratch, &w->content, 0, whole.body_start, ret_header);
	return rc < 0 ? op_fail(op, rc, "%s", op_text(&w->scratch, rc)) : 0;
}

void card_walk_close(struct card_walk *w)
{
	if (!w)
		return;
	close_content(w);
	view_cursor_close(w->cursor);
	op_done(&w->scratch);
	free(w);
}
