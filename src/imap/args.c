// SPDX-License-Identifier: Apache-2.0
// Arguments that mean something only in a session: names of mailboxes, flags, sets of messages. See command.h.
#include "base/buf.h"
#include "imap/command.h"
#include "mail/account.h"
#include "mail/txn.h"
#include "mail/view.h"
#include "wire/mutf7.h"

// --- names ---

int args_mailbox_text(struct session *s, struct span text, struct span *ret_name)
{
	if (session_is_utf8(s)) {
		if (!span_is_utf8(text))
			return op_fail(&s->op, RC_BADNAME, "the mailbox name is not UTF-8");
		*ret_name = text;
		return 0;
	}
	// RFC 9755 section 3: a server with UTF8=ACCEPT accepts UTF-8 names from anybody.
	if (!span_is_ascii(text)) {
		if (!span_is_utf8(text))
			return op_fail(&s->op, RC_BADNAME,
				"the mailbox name is neither modified UTF-7 nor UTF-8");
		*ret_name = text;
		return 0;
	}
	if (span_find_char(text, '&') == text.n) {
		*ret_name = text;
		return 0;
	}
	struct buf b = { 0 };
	const char *why = "out of memory";
	bool fine = mutf7_decode(text, &b, &why) && !b.failed;
	*ret_name = arena_dup(&s->op.arena, buf_span(&b));
	buf_done(&b);
	if (!fine)
		return op_fail(&s->op, RC_BADNAME, "the mailbox name is not valid: %s", why);
	return ret_name->p ? 0 : op_fail(&s->op, RC_NOMEM, "out of memory");
}

int args_mailbox_name(struct session *s, struct span text, struct span *ret_name)
{
	struct span name;
	int rc = args_mailbox_text(s, text, &name);
	return rc < 0 ? rc : account_name_check(&s->op, name, ret_name);
}

int args_mailbox(struct session *s, struct cursor *in, struct span *ret_name)
{
	struct span text = cursor_astring(in);
	*ret_name = SPAN_NONE;
	return cursor_is_bad(in) ? 0 : args_mailbox_name(s, text, ret_name);
}

// --- flags ---

// The bit of a system flag, 0 for a keyword.
static uint32_t flag_bit(struct span flag)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} rows[] = {
		{ "\\Seen", FLAG_SEEN },
		{ "\\Answered", FLAG_ANSWERED },
		{ "\\Flagged", FLAG_FLAGGED },
		{ "\\Deleted", FLAG_DELETED },
		{ "\\Draft", FLAG_DRAFT },
	};
	if (flag.n == 0 || flag.p[0] != '\\')
		return 0;
	for (size_t i = 0; i < countof(rows); i++)
		if (span_caseeq(flag, span_str(rows[i].name)))
			return rows[i].bit;
	return 0;
}

int args_flags(
	struct session *s, const struct span *flags, size_t count, struct flag_list *ret_flags)
{
	struct flag_list list = { 0 };
	struct span *keywords = arena_array(&s->op.arena, count ? count : 1, sizeof *keywords);
	if (!keywords)
		return op_fail(&s->op, RC_LIMIT, "too many flags");
	for (size_t i = 0; i < count; i++) {
		uint32_t bit = flag_bit(flags[i]);
		list.flags |= bit;
		if (bit)
			continue;
		if (!keyword_is_valid(flags[i]))
			return op_fail(&s->op, RC_LIMIT, "the keyword \"%.*s\" cannot be stored",
				(int)(flags[i].n > 60 ? 60 : flags[i].n), flags[i].p);
		keywords[list.keyword_count++] = flags[i];
	}
	list.keywords = keywords;
	*ret_flags = list;
	return 0;
}

// --- messages ---

// Message numbers into UIDs. All must exist (RFC 9051 section 9 "seq-number").
static int numbers_to_uids(struct session *s, const struct seqset *set, struct numset *ret_uids)
{
	uint32_t exists = view_exists(s->view);
	uint32_t beyond = seqset_max(set);
	if (beyond > exists)
		return op_fail(&s->op, RC_SYNTAX, "there is no message %u: the mailbox has %u",
			beyond, exists);
	if (exists == 0)
		return op_fail(&s->op, RC_SYNTAX, "there is no message *: the mailbox is empty");
	struct numset numbers = { 0 };
	seqset_resolve(set, exists, &numbers);
	int rc = numbers.failed ? op_fail(&s->op, RC_NOMEM, "out of memory")
				: view_uids_of(&s->op, s->view, &numbers, ret_uids);
	numset_done(&numbers);
	return rc;
}

int args_messages(struct session *s, const struct seqset *set, bool uid, struct numset *ret_uids)
{
	*ret_uids = (struct numset){ 0 };
	if (set->saved) {
		numset_copy(ret_uids, &s->saved);
	} else if (!uid) {
		int rc = numbers_to_uids(s, set, ret_uids);
		if (rc < 0) {
			numset_done(ret_uids);
			return rc;
		}
	} else {
		// "*" is the UID of the last message, or UIDNEXT's value in an empty mailbox.
		struct uid last = view_uid_next(s->view);
		if (view_exists(s->view) && seqset_has_star(set)) {
			int rc = view_uid_of(
				&s->op, s->view, (struct seq){ view_exists(s->view) }, &last);
			if (rc < 0)
				return rc;
		}
		seqset_resolve(set, last.v, ret_uids);
	}
	if (ret_uids->failed) {
		numset_done(ret_uids);
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	}
	return 0;
}
