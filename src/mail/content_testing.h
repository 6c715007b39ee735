// SPDX-License-Identifier: Apache-2.0
// Starling: for tests of content: messages from folders, and delivering one into a memory store the way that txn does.
#ifndef MAIL_CONTENT_TESTING_H
#define MAIL_CONTENT_TESTING_H

#include "mail/card.h"
#include "mail/content_priv.h"
#include "mime/parse.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

struct messages {
	struct span *list; // CRLF line ends
	size_t count, cap;
};

static inline void messages_add(struct messages *m, struct span text)
{
	if (m->count == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 64;
		m->list = realloc(m->list, m->cap * sizeof *m->list);
	}
	struct buf b = { 0 };
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n' && (i == 0 || text.p[i - 1] != '\r'))
			buf_addc(&b, '\r');
		buf_addc(&b, text.p[i]);
	}
	char *copy = malloc(b.n + 1);
	must(copy && m->list && !b.failed);
	if (b.n)
		memcpy(copy, b.p, b.n);
	m->list[m->count++] = span_of(copy, b.n);
	buf_done(&b);
}

static inline void messages_read(struct messages *m, const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char path[4096];
		struct buf text = { 0 };
		int len = snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
		FILE *f = names[i]->d_name[0] == '.' || len >= (int)sizeof path ? NULL
										: fopen(path, "rb");
		free(names[i]);
		for (char *p; f && (p = buf_room(&text, 65536));) {
			size_t got = fread(p, 1, 65536, f);
			buf_added(&text, got);
			if (got == 0)
				break;
		}
		if (f) {
			(void)fclose(f); // only read
			messages_add(m, buf_span(&text));
		}
		buf_done(&text);
	}
	if (n >= 0)
		free(names);
}

static inline void messages_done(struct messages *m)
{
	union {
		const char *from;
		char *to;
	} p;
	for (size_t i = 0; i < m->count; i++) {
		p.from = m->list[i].p;
		free(p.to);
	}
	free(m->list);
	*m = (struct messages){ 0 };
}

// Stores a message with its card; `step` octets at a time (0: at once). The record says where it is.
static inline int deliver_blob(
	struct op *op, struct store *s, struct span message, size_t step, struct blob_ref *ret_ref)
{
	struct blob_writer *w = NULL;
	struct mime_parser *parser = NULL;
	const struct mime_tree *tree = NULL;
	int rc = blob_begin(op, s, &w);
	if (rc == 0)
		rc = mime_begin(op, &parser);
	for (size_t at = 0; rc == 0 && at < message.n;) {
		struct span piece = span_cut(message, at, step ? at + step : message.n);
		rc = mime_feed(op, parser, piece);
		if (rc == 0)
			rc = blob_write(op, w, piece);
		at += piece.n;
	}
	if (rc == 0)
		rc = mime_end(op, parser, &tree);
	struct card_source source = card_source_writer(w);
	struct span card;
	if (rc == 0)
		rc = card_build(op, tree, &source, BLOB_CARD_MAX, &card);
	if (rc) {
		blob_abort(w);
		return rc;
	}
	struct blob_owner owner = { .partition = 1 };
	rc = blob_finish(op, w, &owner, card, ret_ref);
	struct store_batch batch;
	struct store_ticket ticket;
	batch_init(&batch, 1);
	batch_put(&batch, SPAN("k"), SPAN("v"));
	if (rc == 0)
		rc = store_submit(op, s, &batch, &ticket);
	if (rc == 0)
		rc = store_wait(op, s, ticket);
	batch_done(&batch);
	return rc;
}

static inline int deliver(struct op *op, struct store *s, struct span prefix, struct span message,
	size_t step, struct msg_cold *ret_cold)
{
	*ret_cold = (struct msg_cold){ .size = prefix.n + message.n,
		.prefix_size = (uint32_t)prefix.n };
	int rc = prefix.n ? deliver_blob(op, s, prefix, 0, &ret_cold->prefix) : 0;
	return rc ? rc : deliver_blob(op, s, message, step, &ret_cold->blob);
}

#endif
