// SPDX-License-Identifier: Apache-2.0
// `starling import PATH --user NAME [--mailbox BOX]`: finds out what PATH is and files its messages, a hundred or so a commit.
//
// A second run imports nothing twice: for each mailbox that is touched, the sizes of the messages that were there before are known; one of the same
// size is compared octet by octet, and each message that is there stands for one in the source. So two equal messages in a source stay two.
#include "cli/import.h"

#include "auth/users.h"
#include "base/clock.h"
#include "base/limits.h"
#include "cli/uidl_source.h"
#include "mail/content.h"
#include "mail/uidl.h"
#include "mail/view.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMIT_MESSAGES 100u
#define COMMIT_BYTES (16u << 20)
#define PROGRESS_NS (100 * NS_PER_MS)

struct existing { // a message that was there before the import
	uint64_t size;
	struct uid uid;
	bool used; // stands for one of the source already
};
struct target { // a mailbox that the import has touched
	struct target *next;
	struct span name;
	struct view *view;
	struct existing *existing; // by size
	size_t count;
};
struct importer {
	struct cli *cli;
	struct store *store;
	struct mail *mail;
	struct account *account;
	struct span only; // --mailbox
	struct target *targets, *target;
	struct append *append;
	unsigned pending;
	uint64_t pending_bytes;
	uint64_t bytes, bytes_total, shown_at;
	uint64_t imported, already;
	unsigned failures, skipped;
	struct buf failed; // lines of both
	struct buf plain;  // the message at hand with CRLF
	bool uidls_known;
	struct uidl_set uidls; // that are given out in the account
	unsigned uidls_doubled;
};

struct op *import_op(struct importer *i)
{
	return &i->cli->op;
}

const char *import_uidl_format(const struct importer *i)
{
	return i->cli->uidl_format ? i->cli->uidl_format : UIDL_FORMAT_DOVECOT;
}

struct span import_target(const struct importer *i)
{
	return i->only;
}

void import_unreadable(struct importer *i, const char *where, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); // may be cut
	va_end(ap);
	buf_addf(&i->failed, "  %s: %s\n", where, text);
	i->failures++;
}

void import_skipped(struct importer *i, const char *where, const char *why)
{
	buf_addf(&i->failed, "  %s: %s\n", where, why);
	i->skipped++;
}

// --- progress ---

static void progress_show(struct importer *i, bool last)
{
	enum { WIDTH = 40 };
	char bar[WIDTH + 1];
	uint64_t now = clock_mono();
	if (i->cli->quiet || !isatty(STDERR_FILENO) || (!last && now - i->shown_at < PROGRESS_NS))
		return;
	i->shown_at = now;
	uint64_t part = i->bytes_total ? i->bytes * WIDTH / i->bytes_total : WIDTH;
	for (uint64_t k = 0; k < WIDTH; k++)
		bar[k] = last || k < part ? '#' : '.';
	bar[WIDTH] = '\0';
	fprintf(stderr, "\r[%s] %llu messages, %llu MB%s", bar,
		(unsigned long long)(i->imported + i->already),
		(unsigned long long)(i->bytes >> 20), last ? "\n" : "");
}

// nftw() takes no argument of ours; this is a command of one thread.
static uint64_t walked_bytes;

static int add_size(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path;
	(void)ftw;
	if (type == FTW_F)
		walked_bytes += (uint64_t)st->st_size;
	return 0;
}

// --- files ---

int import_file_open(struct importer *i, const char *path, struct import_file *ret_file)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a FIFO would wait for a writer
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		import_unreadable(i, path, "cannot be read: %s",
			fd < 0 ? strerrordesc_np(errno) : "not a file");
		if (fd >= 0)
			close(fd);
		return 1;
	}
	*ret_file = (struct import_file){
		.text = SPAN(""), .mtime = st.st_mtim.tv_sec, .mapped = (size_t)st.st_size
	};
	if (st.st_size) {
		void *p = mmap(NULL, ret_file->mapped, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED) {
			import_unreadable(i, path, "cannot be read: %s", strerrordesc_np(errno));
			close(fd);
			return 1;
		}
		ret_file->text = span_of(p, ret_file->mapped);
	}
	close(fd);
	return 0;
}

void import_file_close(struct import_file *f)
{
	if (f->mapped)
		(void)munmap((void *)(uintptr_t)f->text.p, f->mapped); // it was mapped
}

// --- mailboxes ---

static int commit(struct importer *i)
{
	struct append_result result = { 0 };
	if (!i->append)
		return 0;
	struct append *a = i->append;
	i->append = NULL;
	int rc = append_commit(import_op(i), a, &result);
	numset_done(&result.uids);
	if (rc == 0)
		i->imported += i->pending;
	i->pending = 0;
	i->pending_bytes = 0;
	return rc;
}

static int by_size(const void *a, const void *b)
{
	const struct existing *x = a, *y = b;
	return x->size != y->size ? (x->size < y->size ? -1 : 1) : x->uid.v < y->uid.v ? -1 : 1;
}

static int existing_load(struct importer *i, struct target *t)
{
	struct view_cursor *cursor = NULL;
	struct op *op = import_op(i);
	struct msg m;
	size_t cap = view_exists(t->view), n = 0;
	if (cap == 0)
		return 0;
	t->existing = calloc(cap, sizeof *t->existing);
	if (!t->existing)
		return op_fail(op, RC_NOMEM, "out of memory");
	int rc = view_cursor_open(op, t->view, NULL, CURSOR_COLD, &cursor);
	while (rc == 0 && n < cap && (rc = view_cursor_next(op, cursor, &m)) == 0)
		t->existing[n++] = (struct existing){ m.cold->size, m.uid, false };
	view_cursor_close(cursor);
	t->count = n;
	qsort(t->existing, n, sizeof *t->existing, by_size);
	return rc < 0 ? rc : 0;
}

static int target_open(struct importer *i, struct span name, struct target **ret_target)
{
	struct op *op = import_op(i);
	struct target *t = calloc(1, sizeof *t);
	if (!t)
		return op_fail(op, RC_NOMEM, "out of memory");
	t->next = i->targets;
	i->targets = t;
	t->name = name;
	struct mailbox_status made;
	int rc = mailbox_create(op, i->account, name, 0, &made);
	if (rc == 0)
		rc = mailbox_subscribe(op, i->account, name, true);
	else if (rc == RC_ALREADYEXISTS)
		rc = 0;
	if (rc == 0)
		rc = view_open(op, i->account, name, VIEW_READONLY, &t->view);
	if (rc == 0)
		rc = existing_load(i, t);
	*ret_target = t;
	return rc;
}

int import_mailbox(struct importer *i, struct span name)
{
	struct op *op = import_op(i);
	struct span canonical;
	int rc = account_name_check(op, name, &canonical);
	if (rc == RC_BADNAME) {
		char shown[128];
		(void)snprintf(
			shown, sizeof shown, "%.*s", (int)(name.n > 100 ? 100 : name.n), name.p);
		import_unreadable(i, shown,
			"cannot be a mailbox name (%s): its messages go to \"Imported\"", op->text);
		rc = account_name_check(op, SPAN("Imported"), &canonical);
	}
	if (rc < 0 || (i->target && span_eq(i->target->name, canonical)))
		return rc;
	rc = commit(i);
	if (rc < 0)
		return rc;
	for (struct target *t = i->targets; t; t = t->next)
		if (span_eq(t->name, canonical)) {
			i->target = t;
			return 0;
		}
	return target_open(i, canonical, &i->target);
}

int import_subscribe(struct importer *i, struct span name)
{
	struct span canonical;
	if (account_name_check(import_op(i), name, &canonical) < 0)
		return 0; // what cannot be a mailbox cannot be subscribed
	return mailbox_subscribe(import_op(i), i->account, canonical, true);
}

// --- messages ---

static void to_crlf(struct buf *to, struct span from)
{
	size_t copied = 0;
	buf_reset(to);
	for (size_t at = 0; at < from.n; at++) {
		at += span_find_char(span_skip(from, at), '\n');
		if (at >= from.n || (at > 0 && from.p[at - 1] == '\r'))
			continue;
		buf_add(to, span_cut(from, copied, at));
		buf_addc(to, '\r');
		copied = at;
	}
	buf_add(to, span_skip(from, copied));
}

// BODY[] shows NUL as 0x80, of the same length.
static bool same_octets(struct span stored, struct span source)
{
	if (stored.n != source.n)
		return false;
	if (stored.n == 0 || memcmp(stored.p, source.p, stored.n) == 0)
		return true;
	for (size_t k = 0; k < stored.n; k++)
		if (stored.p[k] != source.p[k] &&
			!(source.p[k] == 0 && (unsigned char)stored.p[k] == 0x80))
			return false;
	return true;
}

static bool stored_equals(struct importer *i, const struct existing *e, struct span source)
{
	struct op *op = import_op(i);
	struct content content = { 0 };
	struct rope octets;
	struct msg m;
	uint64_t n = 0;
	bool same = true;
	rope_init(&octets);
	int rc = view_msg(op, i->target->view, e->uid, &m);
	if (rc == 0)
		rc = content_open(op, i->target->view, &m, &content);
	if (rc == 0)
		rc = content_section(
			op, &content, &(struct section){ 0 }, 0, UINT64_MAX, &octets, &n);
	same = rc == 0 && n == source.n;
	while (same && rope_size(&octets)) {
		struct span piece = rope_front(&octets);
		same = same_octets(piece, span_cut(source, 0, piece.n));
		source = span_skip(source, piece.n);
		rope_consume(&octets, piece.n);
	}
	rope_done(&octets);
	content_close(&content);
	return same;
}

static bool is_there(struct importer *i, struct span octets)
{
	struct target *t = i->target;
	size_t low = 0, high = t->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (t->existing[mid].size < octets.n)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < t->count && t->existing[low].size == octets.n; low++)
		if (!t->existing[low].used && stored_equals(i, &t->existing[low], octets)) {
			t->existing[low].used = true;
			return true;
		}
	return false;
}

// --- unique-ids ---

// Those of an import before.
static int uidls_learn(struct importer *i)
{
	struct op *op = import_op(i);
	struct uidls *known;
	bool is_new;
	int rc = uidls_load(op, i->account, &known);
	if (rc < 0)
		return rc;
	for (size_t k = 0; rc == 0 && k < uidls_count(known); k++)
		rc = uidl_set_add(op, &i->uidls, uidls_at(known, k), &is_new);
	uidls_free(known);
	i->uidls_known = rc == 0;
	return rc;
}

// The message's, if it is one that no other message has.
static int uidl_claim(struct importer *i, struct span uidl, struct span *ret_uidl)
{
	bool is_new = false;
	*ret_uidl = SPAN("");
	if (!uidl_is_valid(uidl) || !span_eq(i->target->name, SPAN("INBOX")))
		return 0;
	int rc = i->uidls_known ? 0 : uidls_learn(i);
	if (rc == 0)
		rc = uidl_set_add(import_op(i), &i->uidls, uidl, &is_new);
	if (rc < 0)
		return rc;
	if (is_new)
		*ret_uidl = uidl;
	i->uidls_doubled += !is_new;
	return 0;
}

static int append_one(struct importer *i, const struct import_message *m, struct span octets)
{
	struct op *op = import_op(i);
	struct append_meta meta = { .flags = m->flags, .internal_date = m->date, .zone = m->zone };
	int rc = uidl_claim(i, m->uidl, &meta.uidl);
	if (rc == 0 && !i->append)
		rc = append_begin(op, i->account, i->target->name, &i->append);
	if (rc == 0)
		rc = append_message(op, i->append, &meta, octets.n);
	if (rc == 0)
		rc = append_data(op, i->append, octets);
	if (rc == 0)
		rc = append_message_end(op, i->append);
	if (rc < 0)
		return rc;
	i->pending++;
	i->pending_bytes += octets.n;
	return i->pending >= COMMIT_MESSAGES || i->pending_bytes >= COMMIT_BYTES ? commit(i) : 0;
}

int import_message(struct importer *i, const struct import_message *m)
{
	int rc = 0;
	if (!i->target)
		rc = import_mailbox(i, i->only.n ? i->only : SPAN("INBOX"));
	struct arena_mark mark = arena_mark(&import_op(i)->arena);
	to_crlf(&i->plain, m->octets);
	struct span octets = buf_span(&i->plain);
	i->bytes += m->octets.n;
	if (rc == 0 && i->plain.failed)
		rc = op_fail(import_op(i), RC_NOMEM, "out of memory");
	else if (rc == 0 && octets.n == 0)
		import_unreadable(i, m->where, "empty");
	else if (rc == 0 && octets.n > mail_append_limit(i->mail))
		import_unreadable(i, m->where,
			"%llu octets, more than the limit of %llu (limits.message_bytes)",
			(unsigned long long)octets.n,
			(unsigned long long)mail_append_limit(i->mail));
	else if (rc == 0 && is_there(i, octets))
		i->already++;
	else if (rc == 0)
		rc = append_one(i, m, octets);
	arena_release(&import_op(i)->arena, mark);
	progress_show(i, false);
	return rc;
}

// --- the command ---

static int source_run(struct importer *i, const char *path)
{
	struct stat st;
	struct import_file file;
	if (stat(path, &st) != 0)
		return op_fail_errno(import_op(i), RC_NONEXISTENT, errno, "cannot read %s", path);
	(void)nftw(path, add_size, 16,
		FTW_PHYS); // only for the progress bar
	i->bytes_total = walked_bytes;
	if (S_ISDIR(st.st_mode))
		return source_is_maildir(path) ? source_maildir(i, path, SPAN(""))
					       : source_folder(i, path);
	if (import_file_open(i, path, &file) != 0)
		return 0;
	bool mbox = source_is_mbox(file.text);
	import_file_close(&file);
	return mbox ? source_mbox(i, path) : source_eml(i, path);
}

// A name that nobody can log in with is most likely mistyped; but the user may be added later.
static void user_look_up(struct importer *i, struct span name)
{
	const struct config *c = &i->cli->config;
	struct op *op = import_op(i);
	struct users *users;
	struct user user;
	if (users_open(op, c->data, c->auth.passwd_file, &users) < 0)
		return;
	if (users_find(op, users, name, &user) == RC_NONEXISTENT)
		fprintf(stderr, "note: there is no user %.*s yet; starling user add makes one\n",
			SPAN_FMT(name));
	users_close(users);
}

static int open_all(struct importer *i, struct span user)
{
	const struct config *c = &i->cli->config;
	struct op *op = import_op(i);
	struct store_config store = { .engine = c->engine,
		.dir = c->data,
		.segment_bytes = c->store.segment_bytes,
		.reserve_bytes = c->store.reserve_bytes };
	struct mail_config mail = { .append_limit = c->limits.message_bytes,
		.mailboxes_max = (uint32_t)c->limits.mailboxes,
		.create_accounts = true };
	struct span name;
	int rc = user_name_canonical(op, user, &name);
	if (rc == 0)
		rc = store_open(op, &store, &i->store);
	if (rc == RC_LOCKED)
		return op_fail(
			op, rc, "a server is running on %s: stop it for the import", c->data);
	if (rc == 0)
		rc = mail_open(op, i->store, &mail, &i->mail);
	if (rc == 0)
		user_look_up(i, name);
	if (rc == 0)
		rc = account_open(op, i->mail, name, &i->account);
	return rc;
}

static void close_all(struct importer *i)
{
	append_abort(i->append);
	while (i->targets) {
		struct target *next = i->targets->next;
		view_close(i->targets->view);
		free(i->targets->existing);
		free(i->targets);
		i->targets = next;
	}
	account_unref(i->account);
	mail_close(i->mail);
	store_close(i->store);
	buf_done(&i->failed);
	buf_done(&i->plain);
	uidl_set_done(&i->uidls);
}

int cmd_import(struct cli *c)
{
	struct importer i = { .cli = c, .only = span_str(c->mailbox) };
	if (c->word_count != 1 || !c->user)
		return cli_usage("import needs one path, and --user NAME");
	if (c->uidl_format && !uidl_format_is_valid(c->uidl_format))
		return cli_usage(
			"--uidl-format: \"%s\" is not understood: text with %%u, %%v, %%f and "
			"%%g is",
			c->uidl_format);
	int status = cli_config_beside(c);
	if (status)
		return status;
	int rc = open_all(&i, span_str(c->user));
	if (rc == 0)
		rc = source_run(&i, c->words[0]);
	if (rc == 0)
		rc = commit(&i);
	if (i.account)
		progress_show(&i, true);
	if (rc < 0)
		status = cli_fail_op(c, rc);
	else if (i.failures && i.imported + i.already == 0)
		status = EXIT_FAULT; // nothing at all could be taken
	if (i.account && (!c->quiet || rc < 0))
		printf("%llu messages imported, %llu were there already, %u could not be taken\n",
			(unsigned long long)i.imported, (unsigned long long)i.already, i.failures);
	if (i.uidls_doubled && !c->quiet)
		printf("%u messages have a POP3 unique-id that another one has: clients will fetch "
		       "them again\n",
			i.uidls_doubled);
	if (i.failures || i.skipped)
		printf("Not taken:\n%.*s", SPAN_FMT(buf_span(&i.failed)));
	close_all(&i);
	return status;
}
