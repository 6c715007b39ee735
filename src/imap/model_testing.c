// SPDX-License-Identifier: Apache-2.0
#include "imap/model_testing.h"

#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const model_flag[MODEL_FLAGS] = { "\\Seen", "\\Answered", "\\Flagged", "\\Deleted",
	"\\Draft", "$Forwarded", "work", "Later" };
const char *const model_name[MODEL_NAMES] = { "INBOX", "A", "B", "C", "D" };

static struct model_box *box_new(struct model *m)
{
	must(m->box_count < MODEL_BOXES);
	struct model_box *b = calloc(1, sizeof *b);
	must(b);
	m->box[m->box_count++] = b;
	return b;
}

void model_begin(struct model *m)
{
	*m = (struct model){ .clock = 1 };
	m->name[0] = box_new(m);
}

void model_end(struct model *m)
{
	for (size_t i = 0; i < m->box_count; i++)
		free(m->box[i]);
}

bool model_can_create(const struct model *m)
{
	return m->box_count < MODEL_BOXES;
}

void model_create(struct model *m, size_t name)
{
	m->clock++;
	m->name[name] = box_new(m);
}

void model_delete(struct model *m, size_t name)
{
	m->clock++;
	m->name[name]->dead = true;
	m->name[name] = NULL;
}

// RFC 9051 section 6.3.6: renaming INBOX moves its messages to a new mailbox and leaves INBOX empty.
void model_rename(struct model *m, size_t from, size_t to)
{
	m->clock++;
	if (from != 0) {
		m->name[to] = m->name[from];
		m->name[from] = NULL;
		return;
	}
	struct model_box *old = m->name[0], *b = box_new(m);
	m->name[to] = b;
	b->n = old->n;
	memcpy(b->m, old->m, sizeof b->m);
	for (size_t i = 0; i < b->n; i++) { // their mod-sequences there are whatever they are
		b->m[i].floor = b->m[i].modseq = 0;
		b->m[i].changed = m->clock;
	}
	while (old->n)
		model_remove(m, old, old->m[old->n - 1].uid);
}

struct model_message *model_find(struct model_box *b, uint32_t uid)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->m[i].uid == uid)
			return &b->m[i];
	return NULL;
}

void model_add(struct model *m, struct model_box *b, uint32_t uid, unsigned flags, uint32_t serial)
{
	must(b->n < MODEL_MESSAGES);
	must(uid >= b->uid_next && uid > 0);         // RFC 9051 section 2.3.1.1
	must(b->n == 0 || uid > b->m[b->n - 1].uid); // strictly ascending
	b->m[b->n++] = (struct model_message){ .uid = uid,
		.serial = serial,
		.flags = flags,
		.changed = m->clock,
		.floor = b->highest };
	b->uid_next = uid + 1;
}

void model_remove(struct model *m, struct model_box *b, uint32_t uid)
{
	struct model_message *msg = model_find(b, uid);
	must(msg);
	size_t i = (size_t)(msg - b->m);
	memmove(msg, msg + 1, (b->n - i - 1) * sizeof *msg);
	b->n--;
	b->gone[b->gone_count++ % (4 * MODEL_MESSAGES)] = (struct model_gone){ uid, m->clock };
}

void model_flags_set(
	struct model *m, struct model_box *b, struct model_message *msg, unsigned flags)
{
	if (msg->flags == flags)
		return;
	msg->flags = flags;
	msg->changed = m->clock;
	msg->floor = b->highest;
	msg->modseq = 0;
}

static void past_check(struct model *m, size_t name, uint32_t validity)
{
	struct model_box *b = m->name[name];
	for (size_t i = 0; i < m->past_count; i++)
		if (m->past[i].name == name && m->past[i].validity == validity) {
			must(m->past[i].box == b);
			return;
		}
	must(m->past_count < 4 * MODEL_BOXES);
	m->past[m->past_count].name = name;
	m->past[m->past_count].validity = validity;
	m->past[m->past_count++].box = b;
}

void model_hear_status(struct model *m, size_t name, const struct model_status *st)
{
	struct model_box *b = m->name[name];
	uint64_t unseen = 0, deleted = 0, size = 0;
	char text[MODEL_TEXT];
	for (size_t i = 0; i < b->n; i++) {
		unseen += !(b->m[i].flags & MODEL_SEEN);
		deleted += !!(b->m[i].flags & MODEL_DELETED);
		size += model_text(b->m[i].serial, text);
	}
	must(st->messages == b->n && st->unseen == unseen);
	must(st->deleted == deleted && st->size == size);
	must(st->uid_next >= b->uid_next && st->uid_next > 0); // never back
	must(b->n == 0 || st->uid_next > b->m[b->n - 1].uid);
	must(st->validity > 0 && (b->validity == 0 || st->validity == b->validity));
	must(st->highest >= b->highest && st->highest >= b->seen); // RFC 7162 section 3.1.2.1
	b->uid_next = (uint32_t)st->uid_next;
	b->validity = (uint32_t)st->validity;
	past_check(m, name, b->validity);
	size_t last = (b->point_count + MODEL_POINTS - 1) % MODEL_POINTS;
	// What is told as the highest now lies below whatever changes later.
	for (size_t i = 0; i < b->n; i++)
		must(b->m[i].floor < st->highest || b->m[i].floor == 0);
	if (b->point_count == 0 || b->points[last].highest != st->highest)
		b->points[b->point_count++ % MODEL_POINTS] =
			(struct model_point){ m->clock, st->highest };
	b->highest = st->highest;
}

void model_hear_modseq(struct model_box *b, struct model_message *msg, uint64_t modseq)
{
	must(modseq > msg->floor);
	must(msg->modseq == 0 || msg->modseq == modseq);
	msg->modseq = modseq;
	if (modseq > b->seen)
		b->seen = modseq;
}

size_t model_text(uint32_t serial, char to[MODEL_TEXT])
{
	int n = snprintf(to, MODEL_TEXT, "Subject: message %u\r\nFrom: a@b.example\r\n\r\n%.*s\r\n",
		serial, (int)(serial * 37 % 300),
		"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor "
		"incididunt ut labore "
		"et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation "
		"ullamco laboris nisi ut "
		"aliquip ex ea commodo consequat. Duis aute irure dolor in reprehenderit in "
		"voluptate velit esse cillum");
	must(n > 0 && (unsigned)n < MODEL_TEXT);
	return (size_t)n;
}
