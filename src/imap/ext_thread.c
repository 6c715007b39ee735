// SPDX-License-Identifier: Apache-2.0
// THREAD and UID THREAD (RFC 5256; REFS of draft-ietf-morg-inthread-01). The keys are those of SEARCH (imap/search.h). The response is one line,
// whatever its length: it is put together beside the output, and moved there when it is complete.
#include "base/limits.h"
#include "imap/module.h"
#include "imap/progress.h"
#include "imap/search.h"
#include "mail/threads.h"

struct thread_args {
	struct search_args search; // first: imap/search.h
	enum thread_algorithm algorithm;
	bool found; // the search is over
	struct threads *threads;
	struct rope text;
};

// thread-alg = "ORDEREDSUBJECT" / "REFERENCES" / thread-alg-ext
static void take_algorithm(struct cursor *in, enum thread_algorithm *ret_algorithm)
{
	static const struct span names[] = {
		[THREAD_ORDEREDSUBJECT] = SPAN("ORDEREDSUBJECT"),
		[THREAD_REFERENCES] = SPAN("REFERENCES"),
		[THREAD_REFS] = SPAN("REFS"),
	};
	size_t at = in->at;
	struct span name = cursor_name(in, "a threading algorithm");
	for (size_t i = 0; i < countof(names); i++)
		if (span_caseeq(name, names[i])) {
			*ret_algorithm = (enum thread_algorithm)i;
			return;
		}
	cursor_fail_at(in, at, "ORDEREDSUBJECT, REFERENCES or REFS");
}

// thread = ["UID" SP] "THREAD" SP thread-alg SP charset 1*(SP search-key)
static int thread_parse(struct session *s, struct command *c, struct cursor *in)
{
	struct thread_args *a = op_new(&s->op, struct thread_args);
	if (!a)
		return RC_NOMEM;
	c->args = a;
	search_args_init(&a->search);
	rope_init(&a->text);
	cursor_sp(in);
	take_algorithm(in, &a->algorithm);
	cursor_sp(in);
	search_charset_parse(s, in, &a->search);
	cursor_sp(in);
	return cursor_is_bad(in) ? 0 : search_keys_parse(s, in, &a->search);
}

// thread-data = "THREAD" [SP 1*thread-list]. MODSEQ among the keys adds nothing (RFC 7162 section 3.1.9).
static int thread_command_run(struct session *s, struct command *c)
{
	struct thread_args *a = c->args;
	int rc = 0;
	if (a->search.charset_unknown)
		return search_bad_charset(s, &a->search);
	if (!a->found) {
		rc = search_find(s, c);
		if (rc != 0)
			return rc;
		a->found = true;
		struct threads_wish wish = { a->algorithm, s->collation, c->uid };
		rc = threads_open(&s->op, s->view, &a->search.found, &wish, &a->threads);
	}
	if (rc == 0)
		rc = threads_run(&s->op, a->threads, RUN_SLICE_NS, &a->text);
	if (rc < 0)
		return rc;
	if (rc == THREADS_MORE) {
		progress_tell(s, c, 0, 0);
		return IMAP_MORE;
	}
	struct rope *out = session_out(s);
	rope_add(out, SPAN("* THREAD"));
	if (rope_size(&a->text) > 0)
		rope_addc(out, ' ');
	rope_move(out, &a->text);
	rope_add(out, SPAN("\r\n"));
	return search_ok(s, c);
}

static void thread_command_done(struct session *s, struct command *c)
{
	struct thread_args *a = c->args;
	(void)s;
	if (!a)
		return;
	threads_close(a->threads);
	rope_done(&a->text);
	search_args_done(&a->search);
}

static const struct imap_command commands[] = {
	{ "THREAD", STATE_SELECTED | CMD_NUMBERS | CMD_KEEPS_NUMBERS, thread_parse,
		thread_command_run, thread_command_done, NULL, NULL },
	{ "UID THREAD", STATE_SELECTED | CMD_UID, thread_parse, thread_command_run,
		thread_command_done, NULL, NULL },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "THREAD=ORDEREDSUBJECT", CAP_AFTER_LOGIN, NULL, NULL },
	{ "THREAD=REFERENCES", CAP_AFTER_LOGIN, NULL, NULL },
	{ "THREAD=REFS", CAP_AFTER_LOGIN, NULL, NULL, "draft-ietf-morg-inthread-01" },
	{ NULL },
};

const struct imap_module imap_module_thread = {
	.name = "thread",
	.rfc = "RFC 5256",
	.capabilities = capabilities,
	.commands = commands,
};
