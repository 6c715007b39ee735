// SPDX-License-Identifier: Apache-2.0
#include "imap/list.h"

#include "base/buf.h"
#include "imap/command.h"
#include "mail/account.h"
#include "wire/write.h"

int list_name_take(struct session *s, struct span text, struct list_name *ret_name)
{
	struct span given, name;
	int rc = args_mailbox_text(s, text, &given);
	if (rc >= 0)
		rc = account_name_check(&s->op, given, &name);
	if (rc < 0)
		return rc;
	// INBOX in other letters and a trailing "/" are no other form of Unicode.
	bool other = !span_is_ascii(given) && !span_eq(given, name) &&
		!(given.n == name.n + 1 && span_starts(given, name));
	*ret_name = (struct list_name){ name, other ? given : SPAN_NONE };
	return 0;
}

static const struct {
	unsigned use;
	const char *attribute;
} use_rows[] = {
	{ USE_ALL, "\\All" },
	{ USE_ARCHIVE, "\\Archive" },
	{ USE_DRAFTS, "\\Drafts" },
	{ USE_FLAGGED, "\\Flagged" },
	{ USE_JUNK, "\\Junk" },
	{ USE_SENT, "\\Sent" },
	{ USE_TRASH, "\\Trash" },
	{ USE_IMPORTANT, "\\Important" },
	// No backslash: RFC 9979 section 9.2.
	{ USE_SNOOZED, "Snoozed" },
	{ USE_SCHEDULED, "Scheduled" },
	{ USE_MEMOS, "Memos" },
};

unsigned list_use_of(struct span attribute)
{
	for (size_t i = 0; i < countof(use_rows); i++) {
		struct span name = span_str(use_rows[i].attribute);
		// Clients that put a backslash before all of them are understood.
		size_t skip = span_starts(attribute, SPAN("\\")) && name.p[0] != '\\';
		if (span_caseeq(span_skip(attribute, skip), name))
			return use_rows[i].use;
	}
	return 0;
}

void list_uses_add(unsigned uses, struct buf *to)
{
	for (size_t i = 0; i < countof(use_rows); i++)
		if (uses & use_rows[i].use) {
			if (to->n)
				buf_addc(to, ' ');
			buf_add(to, span_str(use_rows[i].attribute));
		}
}

static void attribute(struct rope *out, const char *name, bool *first)
{
	if (!*first)
		rope_addc(out, ' ');
	rope_add(out, span_str(name));
	*first = false;
}

static void attributes(struct rope *out, const struct tree_entry *e, unsigned flags)
{
	bool first = true;
	bool exists = e->mailbox != NULL;
	if (flags & LIST_LSUB) {
		if (!exists && !e->subscribed)
			attribute(out, "\\Noselect", &first);
		return;
	}
	if (!exists)
		attribute(out, flags & LIST_BASIC_REV1 ? "\\Noselect" : "\\NonExistent", &first);
	attribute(out, e->has_children ? "\\HasChildren" : "\\HasNoChildren", &first);
	if ((flags & LIST_SUBSCRIBED) && e->subscribed)
		attribute(out, "\\Subscribed", &first);
	for (size_t i = 0; i < countof(use_rows) && e->uses; i++)
		if (e->uses & use_rows[i].use)
			attribute(out, use_rows[i].attribute, &first);
}

// mbox-list-extended
static void extended(struct session *s, const struct list_line *line)
{
	struct rope *out = session_out(s);
	bool childinfo = line->flags & LIST_CHILDINFO, oldname = line->oldname.p;
	if (!childinfo && !oldname)
		return;
	rope_add(out, SPAN(" ("));
	if (childinfo)
		rope_addf(out, "\"CHILDINFO\" (%s)", line->criteria);
	if (oldname) {
		rope_add(out, childinfo ? SPAN(" \"OLDNAME\" (") : SPAN("\"OLDNAME\" ("));
		write_mailbox(out, line->oldname, session_is_utf8(s));
		rope_addc(out, ')');
	}
	rope_addc(out, ')');
}

void list_write(struct session *s, const struct tree_entry *entry, const struct list_line *line)
{
	struct rope *out = session_out(s);
	rope_add(out, line->flags & LIST_LSUB ? SPAN("* LSUB (") : SPAN("* LIST ("));
	attributes(out, entry, line->flags);
	rope_add(out, SPAN(") \"/\" "));
	write_mailbox(out, entry->name, session_is_utf8(s));
	extended(s, line);
	rope_add(out, SPAN("\r\n"));
}

int list_tell(struct session *s, const struct list_name *name)
{
	const struct tree *t = account_tree_ref(s->account);
	bool found;
	size_t at = tree_find(t, name->name, &found);
	if (found)
		list_write(s, &t->entries[at],
			&(struct list_line){ .flags = LIST_SUBSCRIBED, .oldname = name->given });
	tree_unref(t);
	return 0;
}
