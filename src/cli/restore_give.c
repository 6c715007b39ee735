// SPDX-License-Identifier: Apache-2.0
// Restoring from a folder of backups (docs/backup.md). Records are sent in the order of their keys; before a chunk's cold records (mail/format.h) go the
// blobs that they name, and the names are replaced by what the store calls them now. What is in the folder is verified by its hashes, and what
// it means by the server (mail/restore.h): nothing becomes visible before all of it is there and sound.
//
// What is known of blobs that were sent is a table of 32 octets each, so that accounts which share a message share it again.
#include "auth/users.h"
#include "backup/catalog.h"
#include "backup/state.h"
#include "base/hash.h"
#include "base/limits.h"
#include "cli/backup.h"
#include "cli/link.h"
#include "cli/names.h"
#include "mail/account.h"
#include "mail/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEND_RECORDS (256u << 10) // octets of records in one request
#define DAMAGE_SHOWN 100u         // lines

struct sent { // a blob, under its id in the backup
	uint64_t id;
	struct blob_ref ref; // in the store
	bool note;           // its octets were lost: a note is in their place
};
struct base { // what the uids of a chunk are relative to
	uint32_t chunk, uid;
};
struct giving {
	struct cli *cli;
	struct op *op;
	struct link link;
	struct backup_folder folder;
	struct manifest m;
	struct pack_reader packs;
	struct catalog catalog;
	struct sent *sent;
	size_t sent_n, sent_cap;
	uint64_t messages, octets;
	// of the account at hand
	const struct manifest_account *account;
	struct names names;
	struct state_cursor main, hot, other;
	struct buf records, value;
	uint32_t data; // whose bases are known
	struct base *bases;
	size_t bases_n, bases_cap;
	bool hot_open;
	struct buf hot_value;
	uint32_t hot_chunk;
	uint64_t damaged;
};

// --- blobs that were sent ---

static struct sent *sent_place(struct sent *v, size_t cap, uint64_t id)
{
	size_t i = (size_t)hash_u64(id) & (cap - 1);
	while (v[i].id && v[i].id != id)
		i = (i + 1) & (cap - 1);
	return &v[i];
}

static int sent_add(struct giving *g, uint64_t id, struct blob_ref ref)
{
	if (2 * (g->sent_n + 1) > g->sent_cap) {
		size_t cap = g->sent_cap ? g->sent_cap * 2 : 1024;
		struct sent *v = calloc(cap, sizeof *v);
		if (!v)
			return op_fail(g->op, RC_NOMEM, "out of memory");
		for (size_t i = 0; i < g->sent_cap; i++)
			if (g->sent[i].id)
				*sent_place(v, cap, g->sent[i].id) = g->sent[i];
		free(g->sent);
		g->sent = v;
		g->sent_cap = cap;
	}
	*sent_place(g->sent, g->sent_cap, id) = (struct sent){ id, ref, false };
	g->sent_n++;
	return 0;
}

static struct sent *sent_find(const struct giving *g, uint64_t id)
{
	if (!g->sent_cap)
		return NULL;
	struct sent *s = sent_place(g->sent, g->sent_cap, id);
	return s->id ? s : NULL;
}

// --- where a message is: its uid, its mailbox ---

static int bases_add(struct giving *g, struct span block)
{
	for (size_t at = 0; at + ENTRY_OCTETS <= block.n; at += ENTRY_OCTETS) {
		if (g->bases_n == g->bases_cap) {
			size_t cap = g->bases_cap ? g->bases_cap * 2 : 256;
			struct base *v = realloc(g->bases, cap * sizeof *v);
			if (!v)
				return op_fail(g->op, RC_NOMEM, "out of memory");
			g->bases = v;
			g->bases_cap = cap;
		}
		g->bases[g->bases_n++] =
			(struct base){ load_u32(block.p + at), load_u32(block.p + at + 4) };
	}
	return 0;
}

static int by_chunk(const void *a, const void *b)
{
	const struct base *x = a, *y = b;
	return (x->chunk > y->chunk) - (x->chunk < y->chunk);
}

// Reads what is needed to tell uids in the mailbox whose records begin.
static int mailbox_begin(struct giving *g, uint32_t data)
{
	struct key from = key_data(data, 'D', 0);
	struct span key, value;
	g->data = data;
	g->bases_n = 0;
	int rc = state_seek(g->op, &g->other, &g->packs, &g->m, g->account, KEY(from));
	while (rc == 0 && (rc = state_next(g->op, &g->other, &key, &value)) == 0) {
		if (key.n != 10 || memcmp(key.p, from.b, 6) != 0)
			break;
		rc = bases_add(g, value);
	}
	if (rc < 0)
		return rc;
	if (g->bases_n)
		qsort(g->bases, g->bases_n, sizeof *g->bases, by_chunk);
	g->hot_open = false;
	g->hot_chunk = 0;
	return 0;
}

// The hot records of a chunk; chunks are asked for in ascending order. Empty: there are none.
static int hot_find(struct giving *g, uint32_t chunk, struct span *ret_hot)
{
	struct key from = key_data(g->data, 'H', chunk);
	struct span key, value;
	*ret_hot = SPAN("");
	int rc = 0;
	if (!g->hot_open)
		rc = state_seek(g->op, &g->hot, &g->packs, &g->m, g->account, KEY(from));
	else if (g->hot_chunk > chunk)
		return 0; // it had been passed over: this chunk has none
	bool again = g->hot_open && g->hot_chunk == chunk;
	while (rc == 0 && !again) {
		rc = state_next(g->op, &g->hot, &key, &value);
		if (rc)
			break;
		g->hot_open = true;
		if (span_cmp(key, KEY(from)) < 0)
			continue;
		if (key.n != 10 || memcmp(key.p, from.b, 6) != 0)
			return 0;
		g->hot_chunk = __builtin_bswap32(load_u32(key.p + 6));
		buf_reset(&g->hot_value);
		buf_add(&g->hot_value, value);
		if (g->hot_value.failed)
			return op_fail(g->op, RC_NOMEM, "out of memory");
		break;
	}
	if (rc < 0)
		return rc;
	if (g->hot_open && g->hot_chunk == chunk)
		*ret_hot = buf_span(&g->hot_value);
	return 0;
}

static uint32_t uid_of(const struct giving *g, uint32_t chunk, struct span hot, size_t i)
{
	struct base key = { chunk, 0 };
	const struct base *b =
		g->bases_n ? bsearch(&key, g->bases, g->bases_n, sizeof key, by_chunk) : NULL;
	return b && (i + 1) * HOT_OCTETS <= hot.n ? b->uid + load_u32(hot.p + i * HOT_OCTETS) : 0;
}

// --- sending blobs ---

struct message { // the one at hand
	uint32_t uid, flags;
	int64_t date;
	bool prefix;
};

static int send_piece(struct op *op, void *ctx, struct span piece)
{
	const struct giving *g = ctx;
	return frame_write(op, g->link.fd, FRAME_DATA, piece);
}

// Ends the request under way as `kind`; the fault that is expected of a client that gives up is none.
static int blob_close_request(
	struct giving *g, enum frame_kind kind, uint64_t id, struct blob_ref *ret_ref)
{
	struct span words, hint;
	int rc = frame_write(g->op, g->link.fd, kind, SPAN(""));
	if (rc == 0)
		rc = link_answer(g->op, &g->link, &words);
	if (kind == FRAME_FAULT)
		return rc == RC_CANCELLED || rc == 0 ? 0 : rc;
	if (rc < 0)
		return rc;
	hint = span_split(words, ' ', &words);
	if (!span_to_u64(words, UINT64_MAX, &ret_ref->id) ||
		!span_to_u64(hint, UINT64_MAX, &ret_ref->hint) || !ret_ref->id)
		return op_fail(g->op, RC_SYNTAX, "no blob on the admin socket");
	return sent_add(g, id, *ret_ref);
}

static int blob_request(struct giving *g, const struct message *m)
{
	return link_ask(g->op, &g->link, "restore blob %s %u %u %" PRIu64 " %u",
		m->prefix ? "prefix" : "message", g->data, m->uid, (uint64_t)m->date, m->flags);
}

// A text of the same length in the place of octets that are lost: sizes that clients know stay true.
static int send_note(struct giving *g, const struct message *m, uint64_t id, uint64_t size,
	struct blob_ref *ret_ref)
{
	static const char text[] =
		"From: Mail store <MAILER-DAEMON>\r\nSubject: This message was lost\r\n\r\n"
		"The backup that this message was restored from holds it no more, or not "
		"whole.\r\n";
	char filler[4096];
	struct span next = SPAN_NONE;
	memset(filler, ' ', sizeof filler);
	int rc = blob_request(g, m);
	if (!m->prefix)
		next = span_of(text, sizeof text - 1);
	while (rc == 0 && size) {
		next = span_cut(next.n ? next : span_of(filler, sizeof filler), 0,
			size < SIZE_MAX ? (size_t)size : SIZE_MAX);
		rc = frame_write(g->op, g->link.fd, FRAME_DATA, next);
		size -= next.n;
		next = SPAN_NONE;
	}
	return rc < 0 ? rc : blob_close_request(g, FRAME_END, id, ret_ref);
}

static void damage_show(struct giving *g, const struct message *m, const char *text)
{
	struct arena_mark mark = arena_mark(&g->op->arena);
	struct span box = names_of(g->op, &g->names, g->data);
	if (g->damaged++ < DAMAGE_SHOWN)
		fprintf(stderr, "starling: account %.*s, mailbox %.*s, UID %u: %s\n",
			SPAN_FMT(g->account->name), SPAN_FMT(box), m->uid, text);
	arena_release(&g->op->arena, mark);
}

// The octets are not to be had: says whose they are. With --despite-damage a note takes their place, else the restore will not be committed.
static int lost(struct giving *g, const struct message *m, uint64_t id, uint64_t size,
	const char *why, struct blob_ref *ret_ref)
{
	char text[OP_TEXT_MAX];
	(void)snprintf(text, sizeof text, "%s", why); // it may be op's
	damage_show(g, m, text);
	*ret_ref = (struct blob_ref){ 0 };
	if (!g->cli->despite_damage)
		return 0;
	if (size > BLOB_MAX)
		return op_fail(g->op, RC_CORRUPT,
			"a record tells of a message of %" PRIu64 " octets", size);
	int rc = send_note(g, m, id, size, ret_ref);
	struct sent *s = rc == 0 ? sent_find(g, id) : NULL;
	if (s)
		s->note = true;
	return rc;
}

static int send_blob(struct giving *g, const struct message *m, uint64_t id, uint64_t size,
	struct blob_ref *ret_ref)
{
	const struct sent *known = sent_find(g, id);
	struct pack_ref ref;
	if (known) {
		if (known->note) // a copy of it is as lost
			damage_show(g, m, "it was lost, as said before");
		*ret_ref = known->ref;
		return 0;
	}
	if (manifest_is_damaged(&g->m, id))
		return lost(g, m, id, size, "it was damaged when the backup was taken", ret_ref);
	int rc = catalog_get(g->op, &g->catalog, id, &ref);
	if (rc == CATALOG_NONE)
		return lost(g, m, id, size, "the backup does not have it", ret_ref);
	if (rc == RC_CORRUPT || rc == RC_NONEXISTENT || rc == RC_TOOBIG)
		return lost(g, m, id, size, op_text(g->op, rc), ret_ref);
	if (rc == 0)
		rc = blob_request(g, m);
	if (rc < 0)
		return rc;
	// What cannot be sent is a fault of the socket, what cannot be read one of the folder: only the latter is damage.
	rc = pack_read(g->op, &g->packs, &ref, send_piece, g);
	if (rc == 0) {
		g->octets += ref.size;
		return blob_close_request(g, FRAME_END, id, ret_ref);
	}
	if (rc != RC_CORRUPT && rc != RC_NONEXISTENT && rc != RC_IO)
		return rc;
	char text[OP_TEXT_MAX];
	(void)snprintf(text, sizeof text, "%s", op_text(g->op, rc));
	rc = blob_close_request(g, FRAME_FAULT, id, NULL);
	return rc < 0 ? rc : lost(g, m, id, size, text, ret_ref);
}

// --- records ---

static int records_flush(struct giving *g)
{
	if (g->records.failed)
		return op_fail(g->op, RC_NOMEM, "out of memory");
	if (!g->records.n)
		return 0;
	int rc = link_ask(g->op, &g->link, "restore records");
	if (rc == 0)
		rc = frame_write(g->op, g->link.fd, FRAME_DATA, buf_span(&g->records));
	if (rc == 0)
		rc = frame_write(g->op, g->link.fd, FRAME_END, SPAN(""));
	if (rc == 0)
		rc = link_answer(g->op, &g->link, NULL);
	buf_shrink(&g->records, 4 * SEND_RECORDS);
	return rc;
}

static int record_send(struct giving *g, struct span key, struct span value)
{
	if (g->records.n && g->records.n + key.n + value.n > SEND_RECORDS) {
		int rc = records_flush(g);
		if (rc < 0)
			return rc;
	}
	frame_add_record(&g->records, key, value);
	return 0;
}

// POP3 clients know it by a name of its own.
static int uidl_send(struct giving *g, const struct objectid *emailid)
{
	struct key k = key_uidl(emailid);
	struct span key, value;
	int rc = state_seek(g->op, &g->other, &g->packs, &g->m, g->account, KEY(k));
	if (rc == 0)
		rc = state_next(g->op, &g->other, &key, &value);
	if (rc == 0 && span_eq(key, KEY(k)))
		return record_send(g, key, value);
	return rc < 0 ? rc : 0;
}

// One cold record: its blobs go, and get their new names.
static int cold_send(
	struct giving *g, char *cold, uint32_t chunk, struct span hot, size_t i, bool with_uidl)
{
	struct msg_cold c;
	cold_decode(cold, &c);
	if (!c.blob.id)
		return 0; // the message is gone
	struct message m = { .uid = uid_of(g, chunk, hot, i), .date = c.internal_date };
	if ((i + 1) * HOT_OCTETS <= hot.n)
		m.flags = (uint8_t)hot.p[i * HOT_OCTETS + 4] & FLAG_SYSTEM;
	uint64_t size = c.size > c.prefix_size ? c.size - c.prefix_size : 0, damaged = g->damaged;
	int rc = send_blob(g, &m, c.blob.id, size, &c.blob);
	m.prefix = true;
	if (rc == 0 && c.prefix.id)
		rc = send_blob(g, &m, c.prefix.id, c.prefix_size, &c.prefix);
	// Other octets are another message: RFC 8474 section 5.1.
	if (g->damaged > damaged)
		random_bytes(c.emailid.b, sizeof c.emailid.b);
	cold_encode(&c, cold);
	g->messages++;
	return rc == 0 && with_uidl && c.kind & MSG_UIDL ? uidl_send(g, &c.emailid) : rc;
}

static int chunk_send(struct giving *g, struct span key, struct span value, bool with_uidl)
{
	uint32_t data = __builtin_bswap32(load_u32(key.p + 1));
	uint32_t chunk = __builtin_bswap32(load_u32(key.p + 6));
	char key_copy[10];
	memcpy(key_copy, key.p, sizeof key_copy); // the cursor that gave them may move
	buf_reset(&g->value);
	buf_add(&g->value, value);
	if (g->value.failed)
		return op_fail(g->op, RC_NOMEM, "out of memory");
	struct span hot;
	int rc = data != g->data ? mailbox_begin(g, data) : 0;
	if (rc == 0)
		rc = hot_find(g, chunk, &hot);
	for (size_t i = 0; rc == 0 && (i + 1) * COLD_OCTETS <= g->value.n; i++)
		rc = cold_send(g, g->value.p + i * COLD_OCTETS, chunk, hot, i, with_uidl);
	return rc < 0 ? rc
		      : record_send(g, span_of(key_copy, sizeof key_copy), buf_span(&g->value));
}

// Sends the records from <= key < to (absent: the end).
static int range_send(struct giving *g, struct span from, struct span to, bool with_uidl)
{
	struct span key, value;
	int rc = state_seek(g->op, &g->main, &g->packs, &g->m, g->account, from);
	while (rc == 0 && (rc = state_next(g->op, &g->main, &key, &value)) == 0) {
		if (to.p && span_cmp(key, to) >= 0)
			break;
		bool cold = key.n == 10 && key.p[0] == 'B' && key.p[5] == 'C';
		rc = cold ? chunk_send(g, key, value, with_uidl) : record_send(g, key, value);
	}
	return rc < 0 ? rc : 0;
}

static int names_load(struct giving *g)
{
	struct span key, value;
	names_done(&g->names);
	names_init(&g->names);
	int rc = state_seek(g->op, &g->other, &g->packs, &g->m, g->account, SPAN("M"));
	while (rc == 0 && (rc = state_next(g->op, &g->other, &key, &value)) == 0) {
		if (span_cmp(key, SPAN("N")) >= 0)
			break;
		rc = names_add(g->op, &g->names, key, value);
	}
	return rc < 0 ? rc : 0;
}

// --- restores ---

static int commit(struct giving *g)
{
	int rc = records_flush(g);
	if (rc == 0 && g->damaged && !g->cli->despite_damage)
		rc = op_fail(g->op, RC_CORRUPT,
			"%" PRIu64
			" messages of %.*s are damaged: nothing of it was restored (an older "
			"backup may have them; --despite-damage puts a note in their place)",
			g->damaged, SPAN_FMT(g->account->name));
	if (rc == 0)
		rc = link_ask(g->op, &g->link, "restore commit");
	return rc < 0 ? rc : link_answer(g->op, &g->link, NULL);
}

static int begin(struct giving *g, struct span user, struct span mailbox, bool latest)
{
	g->data = 0;
	g->damaged = 0;
	int rc = link_ask(g->op, &g->link, "restore begin %s %s%s%s", link_hex(g->op, user),
		link_hex(g->op, mailbox), g->cli->replace ? " replace" : "",
		latest ? " latest" : "");
	return rc < 0 ? rc : link_answer(g->op, &g->link, NULL);
}

static void claim_name(const struct giving *g, char to[96])
{
	(void)snprintf(to, 96, "claims/%s-%016" PRIx64,
		link_hex(g->op, span_of(g->m.token, sizeof g->m.token)),
		hash_stable(g->account->name));
}

// A final backup is the latest state there was until somebody goes on from it: whoever is first.
static bool claim(struct giving *g, bool *ret_latest)
{
	char name[96];
	claim_name(g, name);
	(void)mkdirat(g->folder.fd, "claims", 0700); // object stores carry no empty folders
	// A note in the place of a message is another message under its UID.
	int rc = g->m.final && !g->cli->replace && !g->cli->into && !g->cli->despite_damage
		? backup_file_put(g->op, &g->folder, name, SPAN("restored as the latest state\n"))
		: RC_CANNOT;
	*ret_latest = rc == 0;
	if (rc < 0 && g->m.final)
		fprintf(stderr,
			"note: %.*s gets new UIDVALIDITYs, as after any backup that was not the "
			"last "
			"one (%s)\n",
			SPAN_FMT(g->account->name), op_text(g->op, rc));
	return rc == 0;
}

static int account_give(struct giving *g, struct span user)
{
	bool latest;
	bool claimed = claim(g, &latest);
	int rc = begin(g, user, SPAN_NONE, latest);
	if (rc == 0)
		rc = names_load(g);
	if (rc == 0)
		rc = range_send(g, SPAN(""), SPAN_NONE, false);
	if (rc == 0)
		rc = commit(g);
	// After a clear No nothing of it is there: the next try may claim it.
	if (rc < 0 && claimed && rc != RC_CLOSED && rc != RC_TIMEOUT && rc != RC_IO) {
		char name[96];
		claim_name(g, name);
		(void)unlinkat(g->folder.fd, name, 0);
	}
	return rc;
}

// The backup of one mailbox has the headers of all, but the messages of that one alone.
static int mailbox_is_in(struct giving *g, struct span name, bool *ret_in)
{
	struct span key, value;
	int rc = names_load(g);
	const struct name_node *n = rc == 0 ? names_find(&g->names, name) : NULL;
	*ret_in = n && g->m.scope != SCOPE_MAILBOX;
	if (!n || *ret_in)
		return rc;
	rc = state_seek(g->op, &g->main, &g->packs, &g->m, g->account, SPAN("B"));
	if (rc == 0)
		rc = state_next(g->op, &g->main, &key, &value);
	*ret_in = rc == 0 && key.n == 10 && key.p[0] == 'B'
		? __builtin_bswap32(load_u32(key.p + 1)) == n->data
		: n->messages == 0;
	return rc < 0 ? rc : 0;
}

static int mailbox_give(struct giving *g, struct span name, struct span user, struct span into)
{
	bool in;
	int rc = mailbox_is_in(g, name, &in);
	const struct name_node *n = rc == 0 && in ? names_find(&g->names, name) : NULL;
	if (rc == 0 && !n)
		rc = op_fail(g->op, RC_NONEXISTENT, "the backup has no mailbox %.*s of %.*s",
			SPAN_FMT(name), SPAN_FMT(g->account->name));
	if (rc == 0)
		rc = begin(g, user, into, false);
	if (rc < 0)
		return rc;
	struct key header = key_header(n->id), header_end = key_header(n->id + 1);
	struct key data = key_data_begin(n->data), data_end = key_data_begin(n->data + 1);
	struct key notes = key_metadata(n->id), notes_end = key_metadata(n->id + 1);
	rc = range_send(g, KEY(header), KEY(header_end), false);
	if (rc == 0)
		rc = range_send(g, KEY(data), KEY(data_end), true);
	if (rc == 0)
		rc = range_send(g, KEY(notes), KEY(notes_end), false);
	char from[1 + MAILBOX_NAME_MAX] = { 'S' }, to[2 + MAILBOX_NAME_MAX] = { 'S' };
	if (rc == 0 && name.n <= MAILBOX_NAME_MAX) {
		memcpy(from + 1, name.p, name.n);
		memcpy(to + 1, name.p, name.n);
		rc = range_send(g, span_of(from, 1 + name.n), span_of(to, 2 + name.n), false);
	}
	return rc < 0 ? rc : commit(g);
}

// --- the command ---

// What is asked for is in the manifest at hand.
static int fits(struct giving *g, struct span account, bool *ret_fits)
{
	struct span name;
	g->account = account.p ? manifest_account(&g->m, account) : NULL;
	*ret_fits =
		account.p ? g->account && g->m.scope != SCOPE_MAILBOX : g->m.scope == SCOPE_FULL;
	if (*ret_fits || !g->account || !g->cli->mailbox)
		return 0;
	int rc = account_name_check(g->op, span_str(g->cli->mailbox), &name);
	if (rc == 0)
		rc = mailbox_is_in(g, name, ret_fits);
	pack_reader_done(&g->packs); // the next manifest may call other packs so
	return rc;
}

static int choose(struct giving *g, struct span account)
{
	uint64_t *numbers;
	size_t count;
	struct cli *c = g->cli;
	if (c->backup_number)
		return manifest_read(g->op, &g->folder, c->backup_number, &g->m);
	int rc = manifest_list(g->op, &g->folder, &numbers, &count);
	while (rc == 0 && count--) {
		bool found = false;
		rc = manifest_read(g->op, &g->folder, numbers[count], &g->m);
		if (rc == 0)
			rc = fits(g, account, &found);
		if (rc < 0)
			return op_fail(g->op, rc,
				"backup %" PRIu64 " is damaged: name another one (--backup)",
				numbers[count]);
		if (found)
			return 0;
		manifest_done(&g->m);
	}
	return rc < 0 ? rc : op_fail(g->op, RC_NONEXISTENT, "the folder has no such backup");
}

static int words_check(const struct cli *c)
{
	if (c->mailbox && !c->account)
		return cli_usage("--mailbox needs --account");
	if ((c->into || c->user) && !c->account)
		return cli_usage("--into and --user need --account");
	if (c->user && !c->mailbox)
		return cli_usage("--user says into whose account a mailbox goes; an account goes "
				 "--into another");
	return 0;
}

static int give_one(struct giving *g, struct span account)
{
	struct cli *c = g->cli;
	struct span user = account, name, into;
	int rc = 0;
	g->account = manifest_account(&g->m, account);
	if (!g->account)
		return op_fail(g->op, RC_NONEXISTENT, "the backup has no account %s", c->account);
	const char *other = c->mailbox ? c->user : c->into;
	if (other)
		rc = user_name_canonical(g->op, span_str(other), &user);
	if (rc == 0 && !c->mailbox && g->m.scope == SCOPE_MAILBOX)
		rc = op_fail(g->op, RC_CANNOT, "that backup is of one mailbox");
	if (rc < 0 || !c->mailbox)
		return rc < 0 ? rc : account_give(g, user);
	rc = account_name_check(g->op, span_str(c->mailbox), &name);
	if (rc == 0)
		rc = account_name_check(g->op, span_str(c->into ? c->into : c->mailbox), &into);
	return rc < 0 ? rc : mailbox_give(g, name, user, into);
}

// All accounts, one after the other; each is there or not.
static int give_all(struct giving *g)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < g->m.account_count; i++) {
		g->account = &g->m.accounts[i];
		rc = account_give(g, g->account->name);
		if (rc == 0)
			op_reset(g->op);
	}
	return rc;
}

static void giving_done(struct giving *g)
{
	state_cursor_done(&g->main);
	state_cursor_done(&g->hot);
	state_cursor_done(&g->other);
	buf_done(&g->records);
	buf_done(&g->value);
	buf_done(&g->hot_value);
	names_done(&g->names);
	catalog_done(&g->catalog);
	pack_reader_done(&g->packs);
	manifest_done(&g->m);
	free(g->sent);
	free(g->bases);
	link_close(&g->link);
	backup_close(&g->folder);
}

int restore_give(struct cli *c, const char *dir)
{
	struct giving g = { .cli = c, .op = &c->op, .link.fd = -1, .folder.fd = -1 };
	struct span account = SPAN_NONE;
	int status = words_check(c);
	if (status)
		return status;
	names_init(&g.names);
	pack_reader_init(&g.packs, &g.folder, &g.m.packs);
	catalog_init(&g.catalog, &g.folder, &g.m);
	int rc = c->account ? user_name_canonical(&c->op, span_str(c->account), &account) : 0;
	if (account.p)
		account = arena_dup(&c->op.arena, account);
	if (rc == 0)
		rc = backup_open(&c->op, dir, BACKUP_READ, &g.folder);
	if (rc == 0)
		rc = backup_hold(&c->op, &g.folder, false);
	if (rc == 0)
		rc = choose(&g, account);
	if (rc == 0)
		rc = link_open(c, &g.link, false);
	if (rc == 0)
		rc = account.p ? give_one(&g, account) : give_all(&g);
	if (rc == 0 && !c->quiet)
		printf("backup %" PRIu64 ": %" PRIu64 " messages, %" PRIu64 " octets restored\n",
			g.m.number, g.messages, g.octets);
	status = rc < 0 ? cli_fail_op(c, rc) : EXIT_FINE;
	giving_done(&g);
	return status;
}
