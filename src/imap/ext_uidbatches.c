// SPDX-License-Identifier: Apache-2.0
// UIDBATCHES (RFC 10022): ranges of UIDs that part the mailbox into batches of equal size, the newest messages first. Batches touch each other, the
// first one begins below UIDNEXT, the last one ends with 1, as in section 3.1.1.
//
// The same question again before half a batch has come or gone is refused (section 3.1.1, section 6); what was asked since SELECT is remembered,
// up to UIDBATCHES_REMEMBERED. Empty answers cost nothing and are never refused (section 3.1.6).
#include "base/limits.h"
#include "imap/module.h"
#include "imap/session_priv.h"
#include "mail/view.h"
#include "wire/write.h"

#include <stdlib.h>

struct question {
	uint32_t size, first, last; // first 0: all batches
	uint32_t exists, uid_next;  // of the mailbox then
};
struct uidbatches_log {
	struct question asked[UIDBATCHES_REMEMBERED];
	size_t count; // of all; the latest ones are kept
};

struct uidbatches_args {
	uint32_t size, first, last;
	// While it runs:
	bool begun;
	uint32_t next; // batch to be found, from 1
	uint32_t end;  // and the last one; below next: none
	uint32_t high; // its highest UID
	struct buf text;
};

// message-batches = "UIDBATCHES" SP nz-number [SP nz-number ":" nz-number]
static int uidbatches_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct uidbatches_args *a = op_new(&s->op, struct uidbatches_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	cursor_sp(in);
	a->size = cursor_nz_number(in);
	if (!cursor_try_sp(in))
		return 0;
	a->first = cursor_nz_number(in);
	cursor_char(in, ':', "a colon");
	a->last = cursor_nz_number(in);
	return 0;
}

// More than half a batch has gone, or half a batch has come ("N/2 or more new messages") since that question (section 3.1.1).
static bool has_changed(const struct session *s, const struct question *q)
{
	uint64_t fresh = view_uid_next(s->view).v - q->uid_next;
	uint64_t gone = q->exists + fresh - view_exists(s->view);
	return 2 * gone > q->size || 2 * fresh >= q->size;
}

// False when it is too early to ask this again.
static bool note_question(struct session *s, const struct uidbatches_args *a)
{
	struct uidbatches_log *log = s->priv->batches;
	struct question now = { a->size, a->first, a->last, view_exists(s->view),
		view_uid_next(s->view).v };
	size_t known = !log                          ? 0
		: log->count < UIDBATCHES_REMEMBERED ? log->count
						     : UIDBATCHES_REMEMBERED;
	for (size_t i = 0; i < known; i++) {
		struct question *q = &log->asked[i];
		if (q->size != a->size || q->first != a->first || q->last != a->last)
			continue;
		if (!has_changed(s, q))
			return false;
		*q = now;
		return true;
	}
	if (!log)
		log = s->priv->batches = calloc(1, sizeof *log);
	if (log) // else it is not remembered
		log->asked[log->count++ % UIDBATCHES_REMEMBERED] = now;
	return true;
}

// IMAP_DONE, or what refuses the command.
static int begin(struct session *s, struct uidbatches_args *a)
{
	uint32_t exists = view_exists(s->view);
	uint32_t count = exists / a->size + (exists % a->size != 0);
	if (a->first > a->last)
		return command_bad(s, "CLIENTBUG", "the range of batches ascends, as in %u:%u",
			a->last, a->first);
	if (a->size < UIDBATCHES_SIZE_MIN)
		return command_no(s, "TOOFEW", "the minimum batch size is %u", UIDBATCHES_SIZE_MIN);
	if (a->first && ((uint64_t)a->last - a->first + 1) * a->size > UIDBATCHES_SPAN_MAX)
		return command_no(s, "TOOMANY", "at most %u messages with a range of batches",
			UIDBATCHES_SPAN_MAX);
	a->begun = true;
	a->next = a->first ? a->first : 1;
	a->end = !a->first || a->last > count ? count : a->last;
	if (a->next <= a->end && !note_question(s, a))
		return command_no(s, "LIMIT",
			"ask again when more than %u messages have come or gone", a->size / 2);
	struct uid above = view_uid_next(s->view);
	int rc = 0;
	if (a->next > 1 && a->next <= a->end)
		rc = view_uid_of(&s->op, s->view,
			(struct seq){ exists - (a->next - 1) * a->size + 1 }, &above);
	a->high = above.v - 1;
	return rc;
}

static int next_batch(struct session *s, struct uidbatches_args *a)
{
	uint32_t exists = view_exists(s->view);
	struct uid low = { 1 };
	int rc = 0;
	if ((uint64_t)a->next * a->size < exists)
		rc = view_uid_of(
			&s->op, s->view, (struct seq){ exists - a->next * a->size + 1 }, &low);
	if (rc < 0)
		return rc;
	buf_addf(&a->text, "%c%u:%u", a->text.n ? ',' : ' ', a->high, low.v);
	a->high = low.v - 1;
	a->next++;
	return 0;
}

static int uidbatches_run(struct session *s, struct command *c)
{
	struct uidbatches_args *a = c->args;
	struct rope *out = session_out(s);
	int rc = a->begun ? 0 : begin(s, a);
	while (rc == 0 && a->next <= a->end) {
		if (crew_slice_is_over())
			return IMAP_MORE;
		rc = next_batch(s, a);
	}
	if (rc)
		return rc;
	if (a->text.failed)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	rope_add(out, SPAN("* UIDBATCHES (TAG "));
	write_string(out, c->tag, false);
	rope_addc(out, ')');
	rope_add(out, buf_span(&a->text));
	rope_add(out, SPAN("\r\n"));
	return IMAP_DONE;
}

static void uidbatches_done(struct session *s, struct command *c)
{
	struct uidbatches_args *a = c->args;
	(void)s;
	if (a)
		buf_done(&a->text);
}

static const struct imap_capability capabilities[] = {
	{ "UIDBATCHES", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "UIDBATCHES", STATE_SELECTED, uidbatches_parse, uidbatches_run, uidbatches_done, NULL,
		NULL },
	{ NULL },
};

const struct imap_module imap_module_uidbatches = {
	.name = "uidbatches",
	.rfc = "RFC 10022",
	.capabilities = capabilities,
	.commands = commands,
};
