// SPDX-License-Identifier: Apache-2.0
// `starling import PATH --user NAME [--mailbox BOX]`: finds out what PATH is and gives its messages, a hundred or so a commit, to the server that runs on
// the data folder, or to itself when none does (cli/link.h). What is there already is passed over (mail/import.h), so a second run goes on where the
// first one stopped, whatever stopped it.
#include "cli/import.h"

#include "auth/users.h"
#include "base/clock.h"
#include "base/limits.h"
#include "cli/link.h"
#include "cli/uidl_source.h"
#include "server/import_head.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMIT_MESSAGES 100u
#define COMMIT_BYTES (16u << 20)
#define COMMIT_IDLE_NS (10 * NS_PER_S) // a batch is not open while files go by that bring nothing
#define PROGRESS_NS (100 * NS_PER_MS)

struct importer {
	struct cli *cli;
	struct link link;
	const char *
		root; // what root does not leave (cli/import_file.c); NULL: the kernel knows who asks
	struct span only;    // --mailbox
	struct span mailbox; // the one at hand; absent: none yet
	uint64_t limit;      // most octets of a message there
	bool compares;       // it had messages before
	bool sending;        // a batch is under way
	unsigned pending;    // messages of it
	uint64_t pending_bytes;
	uint64_t sent_at; // when the last message of it was
	struct buf head;
	uint64_t bytes, bytes_total, shown_at;
	uint64_t seen; // messages, those of the batch included
	struct mail_import_counts counts;
	unsigned failures, skipped;
	struct buf failed; // lines of both
	struct buf plain;  // the message at hand with CRLF
};

struct op *import_op(struct importer *i)
{
	return &i->cli->op;
}

const char *import_uidl_format(const struct importer *i)
{
	return i->cli->uidl_format ? i->cli->uidl_format : UIDL_FORMAT_DOVECOT;
}

const char *import_root(const struct importer *i)
{
	return i->root;
}

struct span import_target(const struct importer *i)
{
	return i->only;
}

// Names in a source are whatever somebody made them: no line ends, nothing that a terminal would act on.
static void line_add(struct buf *to, const char *where, const char *text)
{
	size_t from = to->n;
	buf_addf(to, "  %s: %s", where, text);
	for (size_t k = from; k < to->n; k++) {
		unsigned char c = (unsigned char)to->p[k],
			      next = k + 1 < to->n ? (unsigned char)to->p[k + 1] : 0;
		if (c < 0x20 || c == 0x7f)
			to->p[k] = '?';
		else if (c == 0xc2 && next >= 0x80 && next < 0xa0) // U+0080 to U+009F
			to->p[k] = to->p[k + 1] = '?';
	}
	buf_addc(to, '\n');
}

void import_unreadable(struct importer *i, const char *where, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); // may be cut
	va_end(ap);
	line_add(&i->failed, where, text);
	i->failures++;
}

void import_skipped(struct importer *i, const char *where, const char *why)
{
	line_add(&i->failed, where, why);
	i->skipped++;
}

// --- progress ---

static bool progress_is_shown(const struct cli *c)
{
	return !c->quiet && isatty(STDERR_FILENO);
}

static void progress_show(struct importer *i, bool last)
{
	enum { WIDTH = 40 };
	char bar[WIDTH + 1];
	uint64_t now = clock_mono();
	if (!progress_is_shown(i->cli) || (!last && now - i->shown_at < PROGRESS_NS))
		return;
	i->shown_at = now;
	uint64_t part = i->bytes_total ? i->bytes * WIDTH / i->bytes_total : WIDTH;
	for (uint64_t k = 0; k < WIDTH; k++)
		bar[k] = last || k < part ? '#' : '.';
	bar[WIDTH] = '\0';
	fprintf(stderr, "\r[%s] %llu messages, %llu MB%s", bar, (unsigned long long)i->seen,
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

// --- mailboxes ---

static int commit(struct importer *i)
{
	struct op *op = import_op(i);
	struct span words, word;
	uint64_t n[4];
	if (!i->sending)
		return 0;
	i->sending = false;
	i->pending = 0;
	i->pending_bytes = 0;
	int rc = frame_write(op, i->link.fd, FRAME_END, SPAN(""));
	if (rc == 0)
		rc = link_answer(op, &i->link, &words);
	if (rc < 0)
		return rc;
	for (size_t k = 0; k < countof(n); k++) {
		words = span_split(words, ' ', &word);
		if (!span_to_u64(word, UINT32_MAX, &n[k]))
			return op_fail(op, RC_SYNTAX, "no answer of the admin socket");
	}
	i->counts.imported += n[0];
	i->counts.already += n[1];
	i->counts.doubled += n[2];
	i->counts.lost_keywords += n[3];
	return 0;
}

int import_go_by(struct importer *i)
{
	return i->sending && clock_mono() - i->sent_at > COMMIT_IDLE_NS ? commit(i) : 0;
}

static int mailbox_open(struct importer *i, struct span name)
{
	struct op *op = import_op(i);
	struct span words, limit;
	uint64_t count;
	int rc = commit(i);
	if (rc == 0)
		rc = link_ask(op, &i->link, "import mailbox %s", link_hex(op, name));
	if (rc == 0)
		rc = link_answer(op, &i->link, &words);
	if (rc < 0)
		return rc;
	words = span_split(words, ' ', &limit);
	if (!span_to_u64(limit, UINT64_MAX, &i->limit) || !span_to_u64(words, UINT64_MAX, &count))
		return op_fail(op, RC_SYNTAX, "no answer of the admin socket");
	i->compares = count > 0;
	i->mailbox = name;
	return 0;
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
	if (rc < 0 || span_eq(i->mailbox, canonical))
		return rc;
	return mailbox_open(i, canonical);
}

int import_subscribe(struct importer *i, struct span name)
{
	struct op *op = import_op(i);
	struct span canonical;
	if (account_name_check(op, name, &canonical) < 0)
		return 0; // what cannot be a mailbox cannot be subscribed
	int rc = commit(i);
	if (rc == 0)
		rc = link_ask(op, &i->link, "import subscribe %s", link_hex(op, canonical));
	return rc < 0 ? rc : link_answer(op, &i->link, NULL);
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

static int message_send(struct importer *i, const struct import_message *m, struct span octets)
{
	struct op *op = import_op(i);
	uint8_t digest[IMPORT_DIGEST];
	struct mail_import_message message = { .meta = { .flags = m->flags,
						       .internal_date = m->date,
						       .zone = m->zone,
						       .uidl = m->uidl },
		.size = octets.n,
		.digest = SPAN("") };
	int rc = i->compares ? mail_import_digest(op, octets, digest) : 0;
	if (i->compares)
		message.digest = span_of(digest, sizeof digest);
	buf_reset(&i->head);
	import_head_add(&i->head, &message);
	if (rc == 0 && i->head.failed)
		rc = op_fail(op, RC_NOMEM, "out of memory");
	if (rc == 0 && !i->sending) {
		rc = link_ask(op, &i->link, "import messages");
		i->sending = rc == 0;
	}
	if (rc == 0)
		rc = frame_write(op, i->link.fd, FRAME_HEAD, buf_span(&i->head));
	i->pending++;
	i->pending_bytes += octets.n;
	while (rc == 0 && octets.n) {
		struct span piece = span_cut(octets, 0, FRAME_PIECE);
		rc = frame_write(op, i->link.fd, FRAME_DATA, piece);
		octets = span_skip(octets, piece.n);
	}
	if (rc < 0)
		return rc;
	i->sent_at = clock_mono();
	return i->pending >= COMMIT_MESSAGES || i->pending_bytes >= COMMIT_BYTES ? commit(i) : 0;
}

int import_message(struct importer *i, const struct import_message *m)
{
	int rc = 0;
	if (!i->mailbox.p)
		rc = import_mailbox(i, i->only.n ? i->only : SPAN("INBOX"));
	struct arena_mark mark = arena_mark(&import_op(i)->arena);
	to_crlf(&i->plain, m->octets);
	struct span octets = buf_span(&i->plain);
	i->bytes += m->octets.n;
	if (rc == 0 && i->plain.failed)
		rc = op_fail(import_op(i), RC_NOMEM, "out of memory");
	else if (rc == 0 && octets.n == 0)
		import_unreadable(i, m->where, "empty");
	else if (rc == 0 && octets.n > i->limit)
		import_unreadable(i, m->where,
			"%llu octets, more than the limit of %llu (limits.message_bytes)",
			(unsigned long long)octets.n, (unsigned long long)i->limit);
	else if (rc == 0) {
		i->seen++;
		rc = message_send(i, m, octets);
	}
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
	if (S_ISDIR(st.st_mode))
		return source_is_maildir(path) ? source_maildir(i, path, SPAN(""))
					       : source_folder(i, path);
	if (import_file_open(i, path, &file) != 0)
		return 0;
	bool mbox = source_is_mbox(file.text),
	     message = source_is_message(file.text) || !file.text.n;
	import_file_close(&file);
	if (!mbox && !message)
		return op_fail(
			import_op(i), RC_SYNTAX, "%s is neither a message nor an mbox", path);
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

static int open_all(struct importer *i)
{
	struct op *op = import_op(i);
	struct span user;
	int rc = user_name_canonical(op, span_str(i->cli->user), &user);
	if (rc == 0)
		rc = link_open(i->cli, &i->link, false);
	if (rc == 0)
		user_look_up(i, user);
	if (rc == 0)
		rc = link_ask(op, &i->link, "import begin %s", link_hex(op, user));
	return rc < 0 ? rc : link_answer(op, &i->link, NULL);
}

static int import_all(struct importer *i)
{
	int rc = source_run(i, i->cli->words[0]);
	if (rc == 0)
		rc = commit(i);
	progress_show(i, true);
	if (rc < 0)
		return rc;
	rc = link_ask(import_op(i), &i->link, "import end");
	return rc < 0 ? rc : link_answer(import_op(i), &i->link, NULL);
}

// What is counted is there, whatever came after it.
static void report(const struct importer *i, int rc)
{
	const struct mail_import_counts *n = &i->counts;
	if (!i->cli->quiet || rc < 0)
		printf("%llu messages imported, %llu were there already, %u could not be taken\n",
			(unsigned long long)n->imported, (unsigned long long)n->already,
			i->failures);
	if (rc < 0)
		puts("The same command goes on from there.");
	if (n->doubled && !i->cli->quiet)
		printf("%llu messages have a POP3 unique-id that another one has: clients will "
		       "fetch them again\n",
			(unsigned long long)n->doubled);
	if (n->lost_keywords)
		printf("%llu messages lost keywords: their mailbox cannot have as many\n",
			(unsigned long long)n->lost_keywords);
	if (i->failures || i->skipped)
		printf("Not taken:\n%.*s", SPAN_FMT(buf_span(&i->failed)));
}

int cmd_import(struct cli *c)
{
	struct importer i = { .cli = c, .link.fd = -1, .only = span_str(c->mailbox) };
	if (c->word_count != 1 || !c->user)
		return cli_usage("import needs one path, and --user NAME");
	if (c->uidl_format && !uidl_format_is_valid(c->uidl_format))
		return cli_usage(
			"--uidl-format: \"%s\" is not understood: text with %%u, %%v, %%f and "
			"%%g is",
			c->uidl_format);
	bool is_root = geteuid() == 0;
	if (access(c->words[0], F_OK) != 0)
		return cli_fail("cannot read %s: %s", c->words[0], strerrordesc_np(errno));
	int status = cli_config_beside(c);
	if (status)
		return status;
	int rc = is_root ? import_root_find(&c->op, c->words[0], &i.root) : 0;
	if (rc < 0)
		return cli_fail_op(c, rc);
	// Only for the bar: how much there is. It may take long, and nobody waits for us yet.
	if (progress_is_shown(c))
		(void)nftw(c->words[0], add_size, 16, FTW_PHYS); // a fault is told when it is read
	i.bytes_total = walked_bytes;
	rc = open_all(&i);
	bool begun = rc == 0;
	if (begun)
		rc = import_all(&i);
	if (rc < 0)
		status = cli_fail_op(c, rc);
	else if (i.failures && i.counts.imported + i.counts.already == 0)
		status = EXIT_FAULT; // nothing at all could be taken
	if (begun)
		report(&i, rc);
	link_close(&i.link);
	buf_done(&i.head);
	buf_done(&i.failed);
	buf_done(&i.plain);
	return status;
}
