// SPDX-License-Identifier: Apache-2.0
// MESSAGELIMIT and SAVELIMIT (RFC 9738), and the search keys UIDAFTER and UIDBEFORE, which are there with a limit and without.
#include "base/buf.h"
#include "imap/message_limit.h"
#include "imap/module.h"
#include "imap/reply.h"
#include "imap/search.h"
#include "imap/session_priv.h"
#include "mail/view.h"

uint32_t message_limit(const struct session *s)
{
	return s->config->message_limit;
}

uint32_t save_limit(const struct session *s)
{
	uint32_t all = s->config->message_limit, saved = s->config->save_limit;
	return all && (!saved || all < saved) ? all : saved;
}

int message_limit_cut(struct session *s, uint32_t limit, struct numset *uids, struct uid *ret_last)
{
	struct numset seqs = { 0 };
	struct uid last = { 0 };
	int rc = 0;
	ret_last->v = 0;
	if (!limit || numset_size(uids) <= limit)
		return 0;
	rc = view_seqs_of(&s->op, s->view, uids, &seqs);
	uint64_t size = numset_size(&seqs);
	if (rc == 0 && size > limit)
		rc = view_uid_of(
			&s->op, s->view, (struct seq){ numset_nth(&seqs, size - limit) }, &last);
	numset_done(&seqs);
	if (rc == 0 && last.v) {
		numset_remove_range(uids, 1, last.v - 1);
		if (uids->failed)
			rc = op_fail(&s->op, RC_NOMEM, "out of memory");
	}
	*ret_last = last;
	return rc;
}

// "MESSAGELIMIT" SP message-limit [SP uniqueid]
static const char *code_of(struct session *s, uint32_t limit, struct uid last)
{
	struct buf b = { 0 };
	buf_addf(&b, "MESSAGELIMIT %u", limit);
	if (last.v)
		buf_addf(&b, " %u", last.v);
	const char *code = b.failed ? NULL : arena_str(&s->op.arena, buf_span(&b));
	buf_done(&b);
	return code;
}

int message_limit_end(struct session *s, struct uid last, int outcome)
{
	static const char text[] = "only the last messages were looked at: repeat it for the rest";
	struct command *c = &s->priv->cmd;
	if (!last.v)
		return outcome;
	const char *code = code_of(s, message_limit(s), last);
	if (!code)
		return c->row->flags & CMD_CHANGES ? command_untold(s, RC_NOMEM)
						   : op_fail(&s->op, RC_NOMEM, "out of memory");
	if (outcome == IMAP_DONE && !c->code)
		return command_ok(s, code, "%s", text);
	reply_no(s, code, text);
	return outcome == RC_EXPUNGED
		? command_ok(s, "EXPUNGEISSUED", "some of the messages were expunged meanwhile")
		: outcome;
}

int message_limit_refuse(struct session *s, uint32_t limit, struct uid last)
{
	s->priv->cmd.code = code_of(s, limit, last);
	return op_fail(&s->op, RC_MESSAGELIMIT,
		"more than %u messages: nothing was done, try with fewer", limit);
}

// --- SEARCH ---

static int take_uids(struct session *s, struct cursor *in, struct search_args *args,
	struct search_key *key, bool after)
{
	struct search_set *set = op_new(&s->op, struct search_set);
	if (!set)
		return RC_NOMEM;
	cursor_sp(in);
	uint32_t uid = cursor_nz_number(in);
	set->uid = set->resolved = true;
	set->key = key;
	set->next = args->sets;
	args->sets = set;
	key->set = &set->uids;
	if (after && uid < UINT32_MAX)
		numset_add_range(&set->uids, uid + 1, UINT32_MAX);
	if (!after && uid > 1)
		numset_add_range(&set->uids, 1, uid - 1);
	return set->uids.failed ? op_fail(&s->op, RC_NOMEM, "out of memory") : 0;
}

// "UIDAFTER" SP uniqueid
static int take_after(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	return take_uids(s, in, args, key, true);
}

// "UIDBEFORE" SP uniqueid
static int take_before(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	return take_uids(s, in, args, key, false);
}

static const struct search_key_row search_keys[] = {
	{ "UIDAFTER", { .kind = SEARCH_UIDS }, 0, take_after, NULL },
	{ "UIDBEFORE", { .kind = SEARCH_UIDS }, 0, take_before, NULL },
	{ NULL },
};

// --- CAPABILITY ---

static bool has_message_limit(const struct session *s)
{
	return message_limit(s);
}

static bool has_save_limit(const struct session *s)
{
	return save_limit(s) && !message_limit(s);
}

static void write_message_limit(struct session *s, struct buf *to)
{
	buf_addf(to, " MESSAGELIMIT=%u", message_limit(s));
}

static void write_save_limit(struct session *s, struct buf *to)
{
	buf_addf(to, " SAVELIMIT=%u", save_limit(s));
}

static const struct imap_capability capabilities[] = {
	{ "MESSAGELIMIT", CAP_AFTER_LOGIN, has_message_limit, write_message_limit },
	{ "SAVELIMIT", CAP_AFTER_LOGIN, has_save_limit, write_save_limit },
	{ NULL },
};

const struct imap_module imap_module_messagelimit = {
	.name = "messagelimit",
	.rfc = "RFC 9738",
	.capabilities = capabilities,
	.search_keys = search_keys,
};
