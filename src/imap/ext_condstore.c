// SPDX-License-Identifier: Apache-2.0
// CONDSTORE (RFC 7162 section 3.1): the rows. What it changes elsewhere: imap/reply.c (MODSEQ in FETCH responses), imap/dispatch.c (what a client may
// take for its HIGHESTMODSEQ), imap/cmd_store.c (MODIFIED), imap/cmd_search.c (MODSEQ of what was found).
#include "imap/fetch.h"
#include "imap/module.h"
#include "imap/reply.h"
#include "imap/search.h"
#include "imap/store.h"
#include "mail/view.h"

// --- FETCH ---

static int parse_modseq(struct session *s, struct command *c, struct cursor *in, void **ret_arg)
{
	(void)c;
	(void)in;
	(void)ret_arg;
	command_enables(s, ENABLED_CONDSTORE);
	return 0;
}

static int write_modseq(struct fetch_out *f, void *arg)
{
	(void)arg;
	reply_modseq_item(f->s, f->msg->modseq);
	return 0;
}

static const struct fetch_item fetch_items[] = {
	{ "MODSEQ", 0, NULL, parse_modseq, write_modseq },
	{ NULL },
};

// chgsince-fetch-mod = "CHANGEDSINCE" SP mod-sequence-value. 0 is asked for by some clients (users.md section 1.3): all messages.
static int parse_changed_since(
	struct session *s, struct command *c, struct cursor *in, struct fetch_args *args)
{
	(void)c;
	if (args->changed)
		cursor_fail(in, "CHANGEDSINCE only once");
	cursor_sp(in);
	args->changed = true;
	args->changed_since.v = cursor_number64(in);
	fetch_add_wish(s, args, fetch_items, NULL); // implied (section 3.1.4.1)
	command_enables(s, ENABLED_CONDSTORE);
	return 0;
}

int condstore_narrow(struct session *s, struct modseq since, struct numset *uids)
{
	struct numset changed = { 0 };
	if (since.v == 0)
		return 0;
	int rc = view_changed_since(&s->op, s->view, since, &changed);
	if (rc == 0) {
		numset_intersect(uids, &changed);
		if (uids->failed)
			rc = op_fail(&s->op, RC_NOMEM, "out of memory");
	}
	numset_done(&changed);
	return rc;
}

static const struct fetch_modifier fetch_modifiers[] = {
	{ "CHANGEDSINCE", parse_changed_since },
	{ NULL },
};

// --- STORE ---

// store-modifier =/ "UNCHANGEDSINCE" SP mod-sequence-valzer
static int parse_unchanged_since(
	struct session *s, struct command *c, struct cursor *in, struct store_args *args)
{
	(void)c;
	if (args->flags.unchanged_since.v != UINT64_MAX)
		cursor_fail(in, "UNCHANGEDSINCE only once");
	cursor_sp(in);
	args->flags.unchanged_since.v = cursor_number64(in);
	command_enables(s, ENABLED_CONDSTORE);
	return 0;
}

static const struct store_modifier store_modifiers[] = {
	{ "UNCHANGEDSINCE", parse_unchanged_since },
	{ NULL },
};

// --- SEARCH ---

// search-modseq-ext = SP entry-name SP entry-type-req. There is one modseq for a message: both are ignored then (section 3.1.5).
static void parse_entry(struct cursor *in)
{
	static const char *const types[] = { "priv", "shared", "all" };
	const struct span flags = SPAN("/flags/");
	size_t at = in->at;
	struct span entry = cursor_string(in);
	if (!cursor_is_bad(in) &&
		(entry.n <= flags.n || !span_caseeq(span_cut(entry, 0, flags.n), flags)))
		cursor_fail_at(in, at, "\"/flags/...\"");
	cursor_sp(in);
	for (size_t i = 0; i < countof(types); i++)
		if (cursor_try_word(in, types[i]))
			return;
	cursor_fail(in, "priv, shared or all");
}

// search-modsequence = "MODSEQ" [search-modseq-ext] SP mod-sequence-valzer
static int parse_search(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	cursor_sp(in);
	if (cursor_at_string(in)) {
		parse_entry(in);
		cursor_sp(in);
	}
	key->number = cursor_number64(in);
	args->wants_modseq = true;
	command_enables(s, ENABLED_CONDSTORE);
	return 0;
}

static const struct search_key_row search_keys[] = {
	{ "MODSEQ", { .kind = SEARCH_MODSEQ }, 0, parse_search, NULL },
	{ NULL },
};

// --- STATUS, SELECT, ENABLE ---

static void highest_modseq(struct session *s, const struct mailbox_status *st, struct rope *out)
{
	(void)s;
	rope_add(out, SPAN("HIGHESTMODSEQ "));
	rope_addu(out, st->highest_modseq.v);
}

static const struct imap_status_item status_items[] = {
	{ "HIGHESTMODSEQ", NULL, highest_modseq, ENABLED_CONDSTORE },
	{ NULL },
};

// SELECT box (CONDSTORE): the mailbox that was selected before is closed already, and gets no HIGHESTMODSEQ any more.
static int select_condstore(struct session *s, void *arg)
{
	(void)arg;
	session_enable(s, ENABLED_CONDSTORE);
	return 0;
}

// Told by every SELECT, asked for or not (section 3.1.2.1).
static int select_tell(struct session *s)
{
	reply_modseq(s);
	return 0;
}

static const struct imap_select_param select_params[] = {
	{ "CONDSTORE", NULL, select_condstore, NULL, NULL },
	{ NULL },
};
static const struct imap_enable enables[] = {
	{ "CONDSTORE", ENABLED_CONDSTORE, NULL },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "CONDSTORE", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_condstore = {
	.name = "condstore",
	.rfc = "RFC 7162",
	.capabilities = capabilities,
	.enables = enables,
	.status_items = status_items,
	.select_params = select_params,
	.select_tell = select_tell,
	.fetch_items = fetch_items,
	.fetch_modifiers = fetch_modifiers,
	.search_keys = search_keys,
	.store_modifiers = store_modifiers,
};
