// SPDX-License-Identifier: Apache-2.0
// Restoring (restore.h). One thread at a time; holds no lock between calls. Records are gathered in batches of RESTORE_BATCH octets. A crash
// loses what no record names yet, so records are committed after RESTORE_BLOBS octets of messages, too.
#include "mail/restore.h"

#include "base/hash.h"
#include "base/limits.h"
#include "mail/adopt.h"
#include "mail/backup.h"
#include "mail/intake_priv.h"
#include "mail/mail_priv.h"

#include <stdlib.h>

#define VALUE_PIECE (256u << 10) // longer values are put in pieces
// What is above was never given here, and leaves no room to go on from (UIDVALIDITY: 32 bits; modseq: 63, RFC 7162 section 1).
#define UID_VALIDITY_HIGHEST (UINT32_MAX - (1u << 20))
#define MODSEQ_HIGHEST (UINT64_MAX >> 2)

struct restore {
	struct mail *mail;
	struct restore_what what; // its spans are in `text`
	struct buf text;
	uint64_t partition;
	struct account *account; // of a mailbox's restore; else NULL
	struct store_batch batch;
	uint64_t blob_octets; // since the last commit
	struct intake in;
	struct blob_writer *plain; // of a blob that is no message
	struct blob_owner owner;
	bool in_blob, message;
	struct mail_kept *kept; // blobs that it may name

	uint32_t uid_validity;     // whole account: the last that was given
	uint32_t uid_validity_was; // of the account that is there, at the beginning
	char record[ACCOUNT_OCTETS];
	bool have_record;
	uint32_t next_id; // of that record: nodes and data ids are below

	uint32_t data;       // one mailbox: where its messages go
	uint32_t node, from; // its node and data in the backup
	struct mailbox_adopt adopt;
	struct buf annotations;
	bool have_header;
};

// --- writing ---

static int flush(struct op *op, struct restore *r)
{
	struct store_ticket ticket;
	if (!r->batch.ops.n)
		return 0;
	if (r->account && atomic_load(&r->account->gone))
		return op_fail(op, RC_NONEXISTENT, "the account was removed");
	int rc = store_submit(op, mail_store_of(r->mail), &r->batch, &ticket);
	batch_done(&r->batch);
	batch_init(&r->batch, r->partition);
	r->blob_octets = 0;
	return rc < 0 ? rc : store_wait(op, mail_store_of(r->mail), ticket);
}

static int put(struct op *op, struct restore *r, struct span key, struct span value)
{
	uint32_t at = 0;
	if (value.n > STORE_VALUE_MAX || key.n > STORE_KEY_MAX)
		return op_fail(op, RC_CORRUPT, "a record is too long");
	do {
		struct span piece = span_cut(value, at, at + VALUE_PIECE);
		if (at == 0)
			batch_put(&r->batch, key, piece);
		else
			batch_patch(&r->batch, key, at, piece);
		at += (uint32_t)piece.n;
		if (r->batch.ops.n >= RESTORE_BATCH || r->blob_octets >= RESTORE_BLOBS) {
			int rc = flush(op, r);
			if (rc < 0)
				return rc;
		}
	} while (at < value.n);
	return r->batch.ops.failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

// --- beginning ---

static int begin_account(struct op *op, struct restore *r)
{
	int rc = r->what.replace
		? account_uid_validity_anyhow(op, r->mail, r->what.user, &r->uid_validity_was)
		: account_uid_validity(op, r->mail, r->what.user, &r->uid_validity_was);
	if (rc < 0)
		return rc;
	if (r->uid_validity_was && !r->what.replace)
		return op_fail(
			op, RC_ALREADYEXISTS, "there is an account %.*s", SPAN_FMT(r->what.user));
	if (r->uid_validity_was && r->what.latest)
		return op_fail(
			op, RC_CANNOT, "the account %.*s has gone on here", SPAN_FMT(r->what.user));
	return account_reserve(op, r->mail, &r->partition);
}

static bool mailbox_is_there(struct account *a, struct span name)
{
	struct mailbox *mb = mailbox_by_name(a, name);
	mailbox_unref(mb);
	return mb != NULL;
}

static int begin_mailbox(struct op *op, struct restore *r)
{
	if (r->what.latest)
		return op_fail(op, RC_CANNOT, "one mailbox is never the latest state");
	uint32_t last;
	int rc = account_uid_validity(op, r->mail, r->what.user, &last);
	if (rc == 0 && last == 0)
		rc = op_fail(
			op, RC_NONEXISTENT, "there is no account %.*s", SPAN_FMT(r->what.user));
	if (rc == 0)
		rc = account_open(op, r->mail, r->what.user, &r->account);
	if (rc == 0 && !r->what.replace && mailbox_is_there(r->account, r->what.mailbox))
		rc = op_fail(
			op, RC_ALREADYEXISTS, "there is a mailbox %.*s", SPAN_FMT(r->what.mailbox));
	if (rc == 0)
		rc = data_reserve(op, r->account, &r->data);
	if (rc == 0)
		r->partition = r->account->partition;
	return rc;
}

static void restore_free(struct restore *r)
{
	intake_done(&r->in);
	blob_abort(r->plain);
	batch_done(&r->batch);
	account_unref(r->account);
	buf_done(&r->annotations);
	buf_done(&r->text);
	free(r);
}

int restore_begin(struct op *op, struct mail *m, struct mail_kept *kept,
	const struct restore_what *what, struct restore **ret_restore)
{
	struct restore *r = calloc(1, sizeof *r);
	if (!r)
		return op_fail(op, RC_NOMEM, "out of memory");
	r->mail = m;
	r->kept = kept;
	r->what = *what;
	buf_add(&r->text, what->user);
	buf_add(&r->text, what->mailbox);
	intake_init(&r->in, BLOB_MAX);
	r->in.exact = true;
	int rc = r->text.failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
	if (rc == 0) {
		r->what.user = span_of(r->text.p, what->user.n);
		r->what.mailbox = what->mailbox.p
			? span_of(r->text.p + what->user.n, what->mailbox.n)
			: SPAN_NONE;
		rc = what->mailbox.p ? begin_mailbox(op, r) : begin_account(op, r);
	}
	if (rc < 0) {
		restore_free(r);
		return rc;
	}
	batch_init(&r->batch, r->partition);
	if (!r->account) // nothing is there: so a repair of the log knows that nothing before this matters
		batch_delete_range(&r->batch, SPAN(""), SPAN_NONE);
	*ret_restore = r;
	return 0;
}

// --- blobs ---

// What is under way is forgotten; the next blob may begin.
void restore_blob_abort(struct restore *r)
{
	r->in_blob = false;
	blob_abort(r->plain);
	r->plain = NULL;
	intake_done(&r->in);
	intake_init(&r->in, BLOB_MAX);
	r->in.exact = true;
}

int restore_blob_begin(
	struct op *op, struct restore *r, const struct blob_owner *owner, bool message)
{
	if (r->in_blob)
		return op_fail(op, RC_SYNTAX, "a blob within a blob");
	r->owner = *owner;
	r->owner.partition = r->partition;
	if (r->data)
		r->owner.mailbox = r->data;
	r->message = message;
	int rc = message ? intake_begin(op, &r->in, mail_store_of(r->mail))
			 : blob_begin(op, mail_store_of(r->mail), &r->plain);
	if (rc < 0)
		restore_blob_abort(r);
	r->in_blob = rc == 0;
	return rc;
}

int restore_blob_data(struct op *op, struct restore *r, struct span bytes)
{
	if (!r->in_blob)
		return op_fail(op, RC_SYNTAX, "octets of no blob");
	r->blob_octets += bytes.n;
	return r->message ? intake_data(op, &r->in, bytes) : blob_write(op, r->plain, bytes);
}

int restore_blob_end(struct op *op, struct restore *r, struct blob_ref *ret_ref)
{
	struct span card = SPAN("");
	struct thread_keys keys;
	if (!r->in_blob)
		return op_fail(op, RC_SYNTAX, "the end of no blob");
	r->in_blob = false;
	int rc = r->message ? intake_end(op, &r->in, &card, &keys) : 0;
	struct blob_writer **w = r->message ? &r->in.writer : &r->plain;
	if (rc == 0) {
		rc = blob_finish(op, *w, &r->owner, card, ret_ref);
		*w = NULL;
	} else {
		restore_blob_abort(r);
	}
	return rc < 0 ? rc : mail_kept_add(op, r->kept, ret_ref->id);
}

// --- records ---

static int senseless(struct op *op, struct span key)
{
	return op_fail(op, RC_CORRUPT, "a record (%c) of the backup makes no sense",
		key.n ? key.p[0] : '-');
}

// Cold records: every blob came with this restore; none: the message is gone.
static int cold_check(struct op *op, const struct restore *r, struct span key, struct span value)
{
	if (value.n % COLD_OCTETS || value.n > CHUNK_RECORDS * COLD_OCTETS)
		return senseless(op, key);
	for (size_t at = 0; at < value.n; at += COLD_OCTETS) {
		struct msg_cold c;
		cold_decode(value.p + at, &c);
		if ((c.blob.id && !mail_kept_has(r->kept, c.blob.id)) ||
			(c.prefix.id && !mail_kept_has(r->kept, c.prefix.id)))
			return op_fail(op, RC_CORRUPT,
				"a record names a message that did not come with it");
	}
	return 0;
}

static int put_data(struct op *op, struct restore *r, struct span key, struct span value)
{
	if (key.n != 10 || !memchr("CDHKTX", key.p[5], 6))
		return senseless(op, key);
	int rc = key.p[5] == 'C' ? cold_check(op, r, key, value) : 0;
	uint32_t data = __builtin_bswap32(load_u32(key.p + 1));
	if (rc < 0 || !r->data)
		return rc < 0 ? rc : put(op, r, key, value);
	if (!r->have_header || data != r->from)
		return senseless(op, key);
	struct key k = key_data(r->data, key.p[5], __builtin_bswap32(load_u32(key.p + 6)));
	return put(op, r, KEY(k), value);
}

// The account's own record waits for the end: headers still draw numbers from it.
static int take_account(struct op *op, struct restore *r, struct span value)
{
	if (value.n < ACCOUNT_OCTETS || value.p[0] != FORMAT_VERSION || value.p[1])
		return op_fail(op, RC_CORRUPT, "the account's record makes no sense");
	memcpy(r->record, value.p, ACCOUNT_OCTETS);
	r->have_record = true;
	r->uid_validity = load_u32(value.p + 8);
	r->next_id = load_u32(value.p + 4);
	if (r->uid_validity > UID_VALIDITY_HIGHEST || load_u64(value.p + 16) > MODSEQ_HIGHEST)
		return op_fail(op, RC_CORRUPT, "the account's record makes no sense");
	uint32_t floor = r->what.latest ? 0 : mail_validity_floor(r->mail);
	if (r->uid_validity_was > floor)
		floor = r->uid_validity_was;
	if (floor > r->uid_validity)
		r->uid_validity = floor;
	return 0;
}

static int put_header(struct op *op, struct restore *r, struct span key, struct span value)
{
	struct header h;
	struct span name;
	char fixed[HEADER_OCTETS];
	int rc = header_decode(op, value, &h, &name);
	if (rc < 0)
		return rc;
	if (key.n != 5 || !r->have_record || h.data >= r->next_id ||
		__builtin_bswap32(load_u32(key.p + 1)) >= r->next_id || h.modseq > MODSEQ_HIGHEST)
		return senseless(op, key);
	if (h.data && !r->what.latest) {
		h.uid_validity = r->uid_validity = next_uid_validity(r->uid_validity);
		random_bytes(h.id.b, sizeof h.id.b);
	}
	struct buf b = { 0 };
	header_encode(&h, fixed);
	buf_add(&b, span_of(fixed, sizeof fixed));
	buf_add(&b, name);
	rc = b.failed ? op_fail(op, RC_NOMEM, "out of memory") : put(op, r, key, buf_span(&b));
	buf_done(&b);
	return rc;
}

// A restore was under way in the account: the note comes behind what it says is to be removed, and nobody will ever name that.
static int drop_data(struct op *op, struct restore *r, struct span key)
{
	if (key.n != 5)
		return senseless(op, key);
	uint32_t data = __builtin_bswap32(load_u32(key.p + 1));
	struct key from = key_data_begin(data), to = key_data_begin(data + 1);
	batch_delete_range(&r->batch, KEY(from), KEY(to));
	return 0;
}

static int account_record(struct op *op, struct restore *r, struct span key, struct span value)
{
	switch (key.n ? key.p[0] : 0) {
	case 'A':
		return key.n == 1 ? take_account(op, r, value) : senseless(op, key);
	case 'M':
		return put_header(op, r, key, value);
	case 'B':
		return put_data(op, r, key, value);
	case 'D':
	case 'E':
	case 'F':
	case 'P':
	case 'R':
	case 'S':
		return put(op, r, key, value);
	case 'L': // what was revoked after the backup (RFC 4467 section 8) stays so
		return r->what.latest ? put(op, r, key, value) : 0;
	case 'G': // of a change that was under way, or cut off, where the backup was made
		return 0;
	case 'I':
		return drop_data(op, r, key);
	default:
		return senseless(op, key);
	}
}

static int take_header(struct op *op, struct restore *r, struct span key, struct span value)
{
	struct span name;
	int rc = header_decode(op, value, &r->adopt.header, &name);
	if (rc < 0)
		return rc;
	if (key.n != 5 || r->have_header || !r->adopt.header.data ||
		r->adopt.header.modseq > MODSEQ_HIGHEST)
		return senseless(op, key);
	r->node = __builtin_bswap32(load_u32(key.p + 1));
	r->from = r->adopt.header.data;
	r->adopt.header.data = r->data;
	r->have_header = true;
	return 0;
}

static int take_annotation(struct op *op, struct restore *r, struct span key, struct span value)
{
	if (key.n <= 5 || __builtin_bswap32(load_u32(key.p + 1)) != r->node || !r->have_header)
		return senseless(op, key);
	if (r->annotations.n + key.n + value.n > METADATA_OCTETS_MAX + METADATA_ENTRIES_MAX * 16)
		return op_fail(op, RC_CORRUPT, "a mailbox has too many annotations");
	buf_add_field(&r->annotations, span_skip(key, 5));
	buf_add_field(&r->annotations, value);
	return r->annotations.failed ? op_fail(op, RC_NOMEM, "out of memory") : 0;
}

// One that the account has for this EMAILID is the same one, or was given since.
static int take_uidl(struct op *op, struct restore *r, struct span key, struct span value)
{
	struct span there;
	int rc = store_get(op, mail_store_of(r->mail), NULL, r->partition, key, &there);
	return rc == STORE_ABSENT ? put(op, r, key, value) : rc;
}

static int mailbox_record(struct op *op, struct restore *r, struct span key, struct span value)
{
	switch (key.n ? key.p[0] : 0) {
	case 'M':
		return take_header(op, r, key, value);
	case 'B':
		return put_data(op, r, key, value);
	case 'E':
		return take_annotation(op, r, key, value);
	case 'P':
		return key.n == 17 ? take_uidl(op, r, key, value) : senseless(op, key);
	case 'S':
		r->adopt.subscribe = true;
		return 0;
	default:
		return senseless(op, key);
	}
}

int restore_record(struct op *op, struct restore *r, struct span key, struct span value)
{
	struct arena_mark mark = arena_mark(&op->arena);
	int rc = r->what.mailbox.p ? mailbox_record(op, r, key, value)
				   : account_record(op, r, key, value);
	arena_release(&op->arena, mark);
	return rc;
}

// --- the end ---

struct findings {
	unsigned count;
	struct op *op;
};

static void found(void *ctx, const struct store_finding *f)
{
	struct findings *found = ctx;
	if (found->count++ == 0)
		(void)op_fail(found->op, RC_CORRUPT, "the backup is not sound: uid %u: %s",
			f->owner.uid, f->text);
}

// What a check says of itself it has told its own op.
static int check_end(struct op *op, struct op *check, int rc, const struct findings *f)
{
	if (rc < 0)
		rc = op_fail(op, rc, "%s", op_text(check, rc));
	else if (f->count)
		rc = RC_CORRUPT; // found() has said why
	op_done(check);
	return rc;
}

static int commit_account(struct op *op, struct restore *r)
{
	if (!r->have_record)
		return op_fail(op, RC_CORRUPT, "the backup has no record of the account");
	store_u32(r->record + 8, r->uid_validity);
	batch_put(&r->batch, SPAN("A"), span_of(r->record, sizeof r->record));
	batch_patch(&r->batch, SPAN("A"), ACCOUNT_OCTETS, r->what.user);
	int rc = flush(op, r);
	struct account *a = NULL;
	struct op check;
	op_init(&check, 0);
	check.cancel = op->cancel;
	struct findings f = { .op = op };
	if (rc == 0)
		rc = account_loose(op, r->mail, r->what.user, r->partition, &a);
	if (a)
		rc = check_end(op, &check, account_check(&check, a, found, &f), &f);
	else
		op_done(&check);
	account_loose_done(a);
	if (rc == 0)
		rc = account_adopt(op, r->mail, r->what.user, r->partition, r->what.replace,
			r->uid_validity_was);
	return rc;
}

// A mailbox object that is in no tree goes: it must not count as one of the account's.
static void mailbox_drop(struct mailbox *mb)
{
	pthread_mutex_lock(&mb->account->publish);
	mailbox_not_idle(mb);
	pthread_mutex_unlock(&mb->account->publish);
	mailbox_unref(mb);
}

static int commit_mailbox(struct op *op, struct restore *r)
{
	if (!r->have_header)
		return op_fail(op, RC_CORRUPT, "the backup has no header of the mailbox");
	r->adopt.name = r->what.mailbox;
	r->adopt.replace = r->what.replace;
	r->adopt.annotations = buf_span(&r->annotations);
	int rc = flush(op, r);
	struct op check;
	struct findings f = { .op = op };
	struct snap *s = snap_new(&r->adopt.header);
	struct mailbox *mb = s ? mailbox_new(r->account, 0, &r->adopt.header.id, s) : NULL;
	if (!mb) {
		snap_unref(s);
		return op_fail(op, RC_NOMEM, "out of memory");
	}
	op_init(&check, 0);
	check.cancel = op->cancel;
	if (rc == 0)
		rc = check_end(op, &check, mailbox_check(&check, r->account, mb, found, &f), &f);
	else
		op_done(&check);
	mailbox_drop(mb);
	return rc < 0 ? rc : mailbox_adopt(op, r->account, &r->adopt);
}

int restore_commit(struct op *op, struct restore *r)
{
	int rc = r->what.mailbox.p ? commit_mailbox(op, r) : commit_account(op, r);
	if (rc < 0)
		restore_abort(r);
	else
		restore_free(r);
	return rc;
}

// What was written is of no use any more. If it cannot be removed now, its note removes it later.
void restore_abort(struct restore *r)
{
	if (!r)
		return;
	struct op quiet;
	op_init(&quiet, 0);
	if (r->account)
		(void)data_give_back(&quiet, r->account, r->data);
	else
		(void)account_give_back(&quiet, r->mail, r->partition);
	op_done(&quiet);
	restore_free(r);
}
