// SPDX-License-Identifier: Apache-2.0
// One connection of the admin socket (admin.h). Its memory is bounded by a frame in, a frame out and one op. A request that fails is answered with
// FAULT, and the connection goes on; what comes behind a request that wants data is read to its end first.
#include "server/admin.h"

#include "base/limits.h"
#include "base/log.h"
#include "mail/backup.h"
#include "mail/import.h"
#include "mail/restore.h"
#include "mail/spool.h"
#include "server/admin_priv.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOBS_MAX 64u // of one request

// --- words ---

int admin_senseless(struct admin_session *s)
{
	return op_fail(&s->op, RC_SYNTAX, "a request that makes no sense");
}

int admin_word_octets(struct admin_session *s, size_t i, struct span *ret_octets)
{
	struct span w = i < s->count ? s->words[i] : SPAN_NONE;
	char *p = arena_bytes(&s->op.arena, w.n / 2 + 1);
	if (!p)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	size_t n;
	if (!w.p || !span_from_hex(w, p, w.n / 2, &n))
		return admin_senseless(s);
	*ret_octets = span_of(p, n);
	return 0;
}

// Empty octets are written ".", absent ones "-".
static int word_key(struct admin_session *s, size_t i, struct span *ret_key)
{
	if (i < s->count && span_eq(s->words[i], SPAN("-")))
		*ret_key = SPAN_NONE;
	else if (i < s->count && span_eq(s->words[i], SPAN(".")))
		*ret_key = SPAN("");
	else
		return admin_word_octets(s, i, ret_key);
	return 0;
}

int admin_word_number(struct admin_session *s, size_t i, uint64_t max, uint64_t *ret_number)
{
	return i < s->count && span_to_u64(s->words[i], max, ret_number) ? 0 : admin_senseless(s);
}

static bool word_is(const struct admin_session *s, size_t i, const char *text)
{
	return i < s->count && span_eq(s->words[i], span_str(text));
}

static int send_frame(struct admin_session *s, enum frame_kind kind, struct span payload)
{
	int rc = frame_write(&s->op, s->fd, kind, payload);
	if (rc < 0)
		s->lost = true;
	return rc;
}

int admin_send_out(struct admin_session *s)
{
	if (s->out.failed)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	int rc = s->out.n ? send_frame(s, FRAME_DATA, buf_span(&s->out)) : 0;
	buf_shrink(&s->out, 2 * FRAME_PIECE);
	return rc;
}

// --- backup ---

static int backup_begin(struct admin_session *s)
{
	struct span token;
	int rc = admin_word_octets(s, 2, &token);
	if (rc == 0 && (token.n != BACKUP_TOKEN || s->pin))
		rc = admin_senseless(s);
	return rc < 0 ? rc : mail_pin(&s->op, s->mail, (const uint8_t *)token.p, &s->pin);
}

static int send_record(struct op *op, void *ctx, struct span key, struct span value)
{
	struct admin_session *s = ctx;
	(void)op;
	frame_add_record(&s->out, key, value);
	return s->out.n >= FRAME_PIECE ? admin_send_out(s) : 0;
}

static int backup_records(struct admin_session *s)
{
	struct record_range range;
	int rc = s->pin ? admin_word_number(s, 2, STORE_PARTITION_MAX, &range.partition)
			: admin_senseless(s);
	if (rc == 0)
		rc = word_key(s, 3, &range.from);
	if (rc == 0)
		rc = word_key(s, 4, &range.to);
	if (rc == 0)
		rc = mail_pin_records(&s->op, s->pin, &range, send_record, s);
	return rc < 0 ? rc : admin_send_out(s);
}

static int send_blob_fault(struct admin_session *s, uint64_t id, int rc)
{
	buf_addc(&s->out, 'X');
	buf_add_u64(&s->out, id);
	buf_add_u32(&s->out, (uint32_t)rc);
	buf_add(&s->out, span_str(op_text(&s->op, rc)));
	rc = send_frame(s, FRAME_HEAD, buf_span(&s->out));
	buf_reset(&s->out);
	return rc;
}

// A piece that turns out damaged after others were sent ends the request: the client asks for the next ones again.
static int send_blob(struct admin_session *s, uint64_t id)
{
	struct blob blob;
	struct span piece = SPAN("");
	int rc = blob_open(&s->op, mail_store_of(s->mail), (struct blob_ref){ id, 0 }, &blob);
	if (rc == 0) {
		rc = blob_piece(&s->op, &blob, 0, FRAME_PIECE, &piece);
		if (rc < 0)
			blob_close(&blob);
	}
	if (rc < 0)
		return rc == RC_CORRUPT || rc == RC_NONEXISTENT || rc == RC_IO
			? send_blob_fault(s, id, rc)
			: rc;
	buf_addc(&s->out, 'B');
	buf_add_u64(&s->out, id);
	buf_add_u64(&s->out, blob.size);
	rc = send_frame(s, FRAME_HEAD, buf_span(&s->out));
	buf_reset(&s->out);
	for (uint64_t at = 0; rc == 0 && at < blob.size;) {
		rc = blob_piece(&s->op, &blob, at, FRAME_PIECE, &piece);
		if (rc == 0)
			rc = send_frame(s, FRAME_DATA, piece);
		at += piece.n;
		if (rc == 0)
			rc = op_alive(&s->op);
	}
	blob_close(&blob);
	return rc;
}

static int backup_blobs(struct admin_session *s)
{
	int rc = s->pin && s->count <= BLOBS_MAX + 2 ? 0 : admin_senseless(s);
	for (size_t i = 2; rc == 0 && i < s->count; i++) {
		uint64_t id;
		rc = admin_word_number(s, i, UINT64_MAX, &id);
		if (rc == 0)
			rc = send_blob(s, id);
	}
	return rc;
}

static int backup_end(struct admin_session *s)
{
	mail_unpin(s->mail, s->pin);
	s->pin = NULL;
	return 0;
}

static int backup_give_up(struct admin_session *s)
{
	struct span token;
	int rc = admin_word_octets(s, 2, &token);
	if (rc == 0 && token.n != BACKUP_TOKEN)
		rc = admin_senseless(s);
	if (rc == 0 && !s->alone)
		rc = op_fail(&s->op, RC_INUSE, "a server is running: stop it for the final backup");
	struct spool_totals waiting;
	spool_count(s->what->spool.spool, &waiting);
	if (rc == 0 && waiting.messages) // backups do not have them
		rc = op_fail(&s->op, RC_INUSE,
			"%zu messages wait for the relay (starling spool list): they would never "
			"be "
			"sent",
			waiting.messages);
	return rc < 0 ? rc : mail_give_up(&s->op, s->mail, (const uint8_t *)token.p);
}

// --- restore ---

static int restore_open(struct admin_session *s)
{
	struct restore_what what = { 0 };
	int rc = s->restore ? admin_senseless(s) : admin_word_octets(s, 2, &what.user);
	if (rc == 0)
		rc = word_key(s, 3, &what.mailbox);
	for (size_t i = 4; rc == 0 && i < s->count; i++) {
		if (word_is(s, i, "replace"))
			what.replace = true;
		else if (word_is(s, i, "latest"))
			what.latest = true;
		else
			rc = admin_senseless(s);
	}
	if (rc == 0 && what.mailbox.p)
		rc = account_name_check(&s->op, what.mailbox, &what.mailbox);
	if (rc == 0 && !s->kept)
		rc = mail_kept_new(&s->op, s->mail, &s->kept);
	return rc < 0 ? rc : restore_begin(&s->op, s->mail, s->kept, &what, &s->restore);
}

int admin_data_read(struct admin_session *s, int rc,
	int (*take)(struct admin_session *s, const struct frame *f))
{
	struct frame f;
	for (;;) {
		struct op reading;
		op_init(&reading, 0);
		int got = frame_read(&reading, s->fd, &s->in, &f);
		if (got < 0)
			rc = op_fail(&s->op, got, "%s", op_text(&reading, got));
		op_done(&reading);
		if (got < 0) {
			s->lost = true;
			return rc;
		}
		if (f.kind == FRAME_END)
			return rc;
		if (f.kind == FRAME_FAULT)
			return rc < 0 ? rc : op_fail(&s->op, RC_CANCELLED, "the client gave it up");
		if (f.kind != FRAME_DATA && f.kind != FRAME_HEAD) {
			s->lost = true;
			return admin_senseless(s);
		}
		if (rc == 0)
			rc = op_alive(&s->op);
		if (rc == 0)
			rc = take(s, &f);
	}
}

static int take_records(struct admin_session *s, const struct frame *f)
{
	struct reader r = reader_of(f->payload);
	struct span key, value;
	int rc = f->kind == FRAME_DATA ? 0 : admin_senseless(s);
	while (rc == 0 && frame_next_record(&r, &key, &value))
		rc = restore_record(&s->op, s->restore, key, value);
	return rc == 0 && r.bad ? admin_senseless(s) : rc;
}

static int restore_records(struct admin_session *s)
{
	return admin_data_read(s, s->restore ? 0 : admin_senseless(s), take_records);
}

static int take_octets(struct admin_session *s, const struct frame *f)
{
	return f->kind == FRAME_DATA ? restore_blob_data(&s->op, s->restore, f->payload)
				     : admin_senseless(s);
}

static int restore_blob(struct admin_session *s)
{
	uint64_t mailbox = 0, uid = 0, date = 0, flags = 0;
	struct blob_ref ref = { 0 };
	bool message = word_is(s, 2, "message");
	int rc = s->restore && (message || word_is(s, 2, "prefix")) ? 0 : admin_senseless(s);
	if (rc == 0)
		rc = admin_word_number(s, 3, UINT32_MAX, &mailbox);
	if (rc == 0)
		rc = admin_word_number(s, 4, UINT32_MAX, &uid);
	if (rc == 0)
		rc = admin_word_number(s, 5, UINT64_MAX, &date);
	if (rc == 0)
		rc = admin_word_number(s, 6, UINT32_MAX, &flags);
	struct blob_owner owner = { .mailbox = (uint32_t)mailbox,
		.uid = (uint32_t)uid,
		.internal_date = (int64_t)date,
		.flags = (uint32_t)flags };
	bool begun = false;
	if (rc == 0) {
		rc = restore_blob_begin(&s->op, s->restore, &owner, message);
		begun = rc == 0;
	}
	rc = admin_data_read(s, rc, take_octets);
	if (begun && rc < 0)
		restore_blob_abort(s->restore);
	else if (begun)
		rc = restore_blob_end(&s->op, s->restore, &ref);
	if (rc < 0)
		return rc;
	buf_reset(&s->out);
	buf_addu(&s->out, ref.id);
	buf_addc(&s->out, ' ');
	buf_addu(&s->out, ref.hint);
	return 0;
}

static int restore_finish(struct admin_session *s)
{
	struct restore *r = s->restore;
	s->restore = NULL;
	return r ? restore_commit(&s->op, r) : admin_senseless(s);
}

static int restore_drop(struct admin_session *s)
{
	restore_abort(s->restore);
	s->restore = NULL;
	return 0;
}

// --- requests ---

static int hello(struct admin_session *s)
{
	buf_addf(&s->out, "starling 1 %s", STARLING_VERSION);
	return 0;
}

// For ./dev bench: what the store has written since the start, and what for (store.h: struct store_written).
static int written(struct admin_session *s)
{
	struct store_stats st;
	store_stats(mail_store_of(s->mail), &st);
	const struct {
		const char *name;
		uint64_t octets;
	} rows[] = {
		{ "commits ", st.written.commits },
		{ " index ", st.written.index },
		{ " moved ", st.written.moved },
		{ " checkpoint ", st.written.checkpoint },
		{ " compacted ", st.written.compacted },
		{ " ahead ", st.written.ahead },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		buf_add(&s->out, span_str(rows[i].name));
		buf_addu(&s->out, rows[i].octets);
	}
	return 0;
}

static const struct request {
	const char *area, *verb;             // verb NULL: none
	int (*run)(struct admin_session *s); // leaves the words of END in s->out
} requests[] = {
	{ "hello", NULL, hello },
	{ "written", NULL, written },
	{ "backup", "begin", backup_begin },
	{ "backup", "records", backup_records },
	{ "backup", "blobs", backup_blobs },
	{ "backup", "end", backup_end },
	{ "backup", "give-up", backup_give_up },
	{ "restore", "begin", restore_open },
	{ "restore", "records", restore_records },
	{ "restore", "blob", restore_blob },
	{ "restore", "commit", restore_finish },
	{ "restore", "abort", restore_drop },
	{ "import", "begin", admin_import_begin },
	{ "import", "mailbox", admin_import_mailbox },
	{ "import", "subscribe", admin_import_subscribe },
	{ "import", "messages", admin_import_messages },
	{ "import", "end", admin_import_end },
	{ "spool", "list", admin_spool_list },
	{ "spool", "try", admin_spool_try },
	{ "spool", "remove", admin_spool_remove },
};

static int words_split(struct admin_session *s, struct span line)
{
	struct span text = arena_dup(&s->op.arena, line);
	if (!text.p)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	for (s->count = 0; text.p; s->count++) {
		if (s->count == ADMIN_WORDS_MAX)
			return admin_senseless(s);
		text = span_split(text, ' ', &s->words[s->count]);
	}
	return 0;
}

static int request_run(struct admin_session *s, struct span line)
{
	int rc = line.n <= ADMIN_LINE_MAX ? words_split(s, line) : admin_senseless(s);
	buf_reset(&s->out);
	for (size_t i = 0; rc == 0 && i < countof(requests); i++)
		if (word_is(s, 0, requests[i].area) &&
			(!requests[i].verb || word_is(s, 1, requests[i].verb)))
			return requests[i].run(s);
	return rc < 0 ? rc : op_fail(&s->op, RC_SYNTAX, "an unknown request");
}

// Between the requests of an import its source is read, however long that takes: all that is held meanwhile is that no other import may begin. Who is silent
// within a request, or with a backup that sweeps must spare, is given up (FRAME_TIMEOUT_S).
static void wait_for_request(const struct admin_session *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	bool again = s->import && !s->pin;
	while (again)
		again = poll(&p, 1, -1) < 0 &&
			errno == EINTR; // another fault is frame_read()'s, too
}

static bool next_request(struct admin_session *s, struct frame *ret_frame)
{
	wait_for_request(s);
	return frame_read(&s->op, s->fd, &s->in, ret_frame) == 0 &&
		ret_frame->kind == FRAME_REQUEST;
}

void admin_serve(const struct admin_what *what, int fd, bool alone, const atomic_bool *cancel)
{
	struct mail *m = what->mail;
	struct admin_session s = { .mail = m, .what = what, .fd = fd, .alone = alone };
	struct frame f;
	op_init(&s.op, 0);
	s.op.cancel = cancel;
	while (!s.lost && next_request(&s, &f)) {
		int rc = request_run(&s, f.payload);
		if (!s.lost && rc < 0)
			s.lost = frame_write_fault(&s.op, fd, rc) < 0;
		else if (!s.lost)
			(void)send_frame(&s, FRAME_END, buf_span(&s.out));
		buf_reset(&s.out);
		op_reset(&s.op);
	}
	mail_import_end(s.import);
	restore_abort(s.restore);
	mail_kept_free(m, s.kept);
	mail_unpin(m, s.pin);
	buf_done(&s.in);
	buf_done(&s.out);
	op_done(&s.op);
	close(fd);
}
