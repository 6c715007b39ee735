// SPDX-License-Identifier: Apache-2.0
// OBJECTID (RFC 8474): EMAILID and THREADID in FETCH and SEARCH; MAILBOXID in SELECT, EXAMINE, CREATE and STATUS. mail/ gives the ids and keeps
// them over COPY, MOVE and RENAME.
#include "base/limits.h"
#include "imap/fetch.h"
#include "imap/module.h"
#include "imap/reply.h"
#include "imap/search.h"
#include "mail/view.h"

// --- FETCH ---

static void write_id(struct rope *out, const struct objectid *id, char kind)
{
	char text[OBJECTID_TEXT];
	rope_addc(out, '(');
	rope_add(out, objectid_print(id, kind, text));
	rope_addc(out, ')');
}

static int write_email_id(struct fetch_out *f, void *arg)
{
	(void)arg;
	rope_add(f->out, SPAN("EMAILID "));
	write_id(f->out, &f->msg->cold->emailid, 'M');
	return 0;
}

static int write_thread_id(struct fetch_out *f, void *arg)
{
	static const struct objectid none;
	const struct objectid *id = &f->msg->cold->threadid;
	(void)arg;
	rope_add(f->out, SPAN("THREADID "));
	if (memcmp(id, &none, sizeof none) == 0)
		rope_add(f->out, SPAN("NIL"));
	else
		write_id(f->out, id, 'T');
	return 0;
}

// --- SEARCH ---

static bool is_objectid(struct span text)
{
	if (text.n == 0 || text.n > OBJECTID_MAX)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char ch = text.p[i];
		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
			    (ch >= '0' && ch <= '9') || ch == '_' || ch == '-'))
			return false;
	}
	return true;
}

// SP objectid. Clients that quote it mean the same. An id that this server cannot have given is no error: it matches nothing.
static int take_id(struct cursor *in, struct search_key *key, char kind)
{
	cursor_sp(in);
	size_t at = in->at;
	struct span text = cursor_astring(in);
	if (cursor_is_bad(in))
		return 0;
	if (!is_objectid(text))
		cursor_fail_at(in, at, "an object id");
	else if (!objectid_parse(text, kind, &key->id))
		key->kind = SEARCH_OR; // of nothing
	return 0;
}

static int take_email_id(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	(void)s;
	(void)args;
	return take_id(in, key, 'M');
}

static int take_thread_id(
	struct session *s, struct cursor *in, struct search_args *args, struct search_key *key)
{
	(void)s;
	(void)args;
	return take_id(in, key, 'T');
}

// --- MAILBOXID ---

static void write_status(struct session *s, const struct mailbox_status *st, struct rope *out)
{
	(void)s;
	rope_add(out, SPAN("MAILBOXID "));
	write_id(out, &st->id, 'F');
}

// "MAILBOXID" SP "(" objectid ")"
static const char *code_of(struct session *s, const struct mailbox_status *st)
{
	char text[OBJECTID_TEXT + sizeof "MAILBOXID ()"] = "MAILBOXID (";
	size_t n = strlen(text);
	n += objectid_print(&st->id, 'F', text + n).n;
	text[n++] = ')';
	return arena_str(&s->op.arena, span_of(text, n));
}

static int select_tell(struct session *s)
{
	struct mailbox_status st;
	mailbox_status(view_mailbox(s->view), &st);
	const char *code = code_of(s, &st);
	if (!code)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	reply_ok(s, code, "the mailbox's identity");
	return 0;
}

static const struct fetch_item items[] = {
	{ "EMAILID", FETCH_COLD, NULL, NULL, write_email_id },
	{ "THREADID", FETCH_COLD, NULL, NULL, write_thread_id },
	{ NULL },
};
static const struct search_key_row keys[] = {
	{ "EMAILID", { .kind = SEARCH_EMAILID }, 0, take_email_id, NULL },
	{ "THREADID", { .kind = SEARCH_THREADID }, 0, take_thread_id, NULL },
	{ NULL },
};
static const struct imap_status_item status_items[] = {
	{ "MAILBOXID", NULL, write_status },
	{ NULL },
};
static const struct imap_capability capabilities[] = {
	{ "OBJECTID", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_objectid = {
	.name = "objectid",
	.rfc = "RFC 8474",
	.capabilities = capabilities,
	.status_items = status_items,
	.fetch_items = items,
	.search_keys = keys,
	.select_tell = select_tell,
	.create_code = code_of,
};
