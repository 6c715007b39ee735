// SPDX-License-Identifier: Apache-2.0
// For each mailbox that is touched, the sizes of the messages that it had are kept, 32 octets each, for as long as the import goes on; the digest of one
// is made when one of its size comes for the first time.
#include "mail/import.h"

#include "base/rope.h"
#include "mail/content.h"
#include "mail/mail_priv.h"
#include "mail/uidl.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define DIGEST_KEPT 16u    // octets of a digest that are kept and compared
#define PIECE (256u << 10) // octets of a message that is there, at once

struct existing { // a message that was there before the import
	uint64_t size;
	uint32_t uid;
	bool used;     // stands for one of the source already
	bool digested; // `digest` is set
	uint8_t digest[DIGEST_KEPT];
};
struct target { // a mailbox that the import has touched
	struct target *next;
	struct span name;          // owned
	struct existing *existing; // by size
	size_t count;
};
struct mail_import {
	struct account *account;
	struct target *targets, *target;
	struct view *view;     // of target
	struct append *append; // the batch; NULL: nothing is to be appended yet
	uint64_t left;         // octets of the message at hand that have not come yet
	bool passed_over;      // it is there already
	struct mail_import_counts batch;
	bool uidls_known;
	struct uidl_set uidls; // that are given out in the account
};

static int out_of_memory(struct op *op)
{
	return op_fail(op, RC_NOMEM, "out of memory");
}

// --- digests ---

static bool digest_add(EVP_MD_CTX *h, struct span octets)
{
	bool good = true;
	while (good && octets.n) {
		char shown[4096];
		struct span piece = span_cut(octets, 0, sizeof shown);
		octets = span_skip(octets, piece.n);
		if (memchr(piece.p, 0, piece.n)) {
			for (size_t k = 0; k < piece.n; k++)
				shown[k] = piece.p[k] ? piece.p[k] : (char)0x80;
			piece.p = shown;
		}
		good = EVP_DigestUpdate(h, piece.p, piece.n) == 1;
	}
	return good;
}

static EVP_MD_CTX *digest_new(void)
{
	EVP_MD_CTX *h = EVP_MD_CTX_new();
	if (h && EVP_DigestInit_ex(h, EVP_sha256(), NULL) == 1)
		return h;
	EVP_MD_CTX_free(h);
	return NULL;
}

int mail_import_digest(struct op *op, struct span octets, uint8_t ret_digest[IMPORT_DIGEST])
{
	EVP_MD_CTX *h = digest_new();
	unsigned n;
	bool good = h && digest_add(h, octets) && EVP_DigestFinal_ex(h, ret_digest, &n) == 1;
	EVP_MD_CTX_free(h);
	return good ? 0 : out_of_memory(op);
}

static int stored_digest_add(struct op *op, const struct content *c, EVP_MD_CTX *h)
{
	struct section_ranges ranges;
	struct section all = { 0 };
	struct rope octets;
	uint64_t n = 1;
	int rc = content_section_find(op, c, &all, &ranges);
	rope_init(&octets);
	for (uint64_t at = 0; rc == 0 && n && at < ranges.size; at += n) {
		struct octets_range wanted = { at, at + PIECE };
		rc = content_section_put(op, c, &ranges, wanted, &octets, &n);
		while (rc == 0 && rope_size(&octets)) {
			struct span piece = rope_front(&octets);
			if (!digest_add(h, piece))
				rc = out_of_memory(op);
			rope_consume(&octets, piece.n);
		}
		if (rc == 0)
			rc = op_alive(op);
	}
	rope_done(&octets);
	return rc;
}

// What cannot be read any more is equal to nothing: it stays without a digest.
static int stored_digest(struct op *op, struct mail_import *i, struct existing *e)
{
	struct content content = { 0 };
	struct msg m;
	uint8_t digest[IMPORT_DIGEST];
	unsigned n;
	EVP_MD_CTX *h = digest_new();
	if (!h)
		return out_of_memory(op);
	int rc = view_msg(op, i->view, (struct uid){ e->uid }, &m);
	if (rc == 0)
		rc = content_open(op, i->view, &m, &content);
	if (rc == 0)
		rc = stored_digest_add(op, &content, h);
	if (rc == 0 && EVP_DigestFinal_ex(h, digest, &n) == 1) {
		memcpy(e->digest, digest, sizeof e->digest);
		e->digested = true;
	}
	content_close(&content);
	EVP_MD_CTX_free(h);
	return rc == RC_NOMEM || rc == RC_CANCELLED ? rc : 0;
}

// --- mailboxes ---

static int by_size(const void *a, const void *b)
{
	const struct existing *x = a, *y = b;
	return x->size != y->size  ? (x->size < y->size ? -1 : 1)
		: x->uid != y->uid ? (x->uid < y->uid ? -1 : 1)
				   : 0;
}

static int existing_load(struct op *op, struct mail_import *i, struct target *t)
{
	struct view_cursor *cursor = NULL;
	struct msg m;
	size_t cap = view_exists(i->view), n = 0;
	if (cap == 0)
		return 0;
	t->existing = calloc(cap, sizeof *t->existing);
	if (!t->existing)
		return out_of_memory(op);
	int rc = view_cursor_open(op, i->view, NULL, CURSOR_COLD, &cursor);
	while (rc == 0 && n < cap && (rc = view_cursor_next(op, cursor, &m)) == 0)
		t->existing[n++] = (struct existing){ .size = m.cold->size, .uid = m.uid.v };
	view_cursor_close(cursor);
	t->count = n;
	qsort(t->existing, n, sizeof *t->existing, by_size);
	return rc < 0 ? rc : 0;
}

static void target_free(struct target *t)
{
	if (!t)
		return;
	free((char *)(uintptr_t)t->name.p); // it is owned
	free(t->existing);
	free(t);
}

// With the view of that mailbox open.
static int target_new(
	struct op *op, struct mail_import *i, struct span name, struct target **ret_target)
{
	struct target *t = calloc(1, sizeof *t);
	char *own = t ? span_to_str_new(name) : NULL;
	if (!own) {
		free(t);
		return out_of_memory(op);
	}
	t->name = span_of(own, name.n);
	int rc = existing_load(op, i, t);
	if (rc < 0) {
		target_free(t);
		return rc;
	}
	t->next = i->targets;
	i->targets = t;
	*ret_target = t;
	return 0;
}

static int target_open(
	struct op *op, struct mail_import *i, struct span name, struct target **ret_target)
{
	struct mailbox_status made;
	struct target *t = i->targets;
	int rc = mailbox_create(op, i->account, name, 0, &made);
	if (rc == 0)
		rc = mailbox_subscribe(op, i->account, name, true);
	else if (rc == RC_ALREADYEXISTS)
		rc = 0;
	while (t && !span_eq(t->name, name))
		t = t->next;
	view_close(i->view);
	i->view = NULL;
	i->target = NULL;
	if (rc == 0)
		rc = view_open(op, i->account, name, VIEW_READONLY, &i->view);
	if (rc == 0 && !t)
		rc = target_new(op, i, name, &t);
	if (rc == 0)
		*ret_target = t;
	return rc;
}

int mail_import_mailbox(struct op *op, struct mail_import *i, struct span name, uint64_t *ret_limit,
	uint64_t *ret_count)
{
	struct mailbox_status st;
	struct span canonical;
	int rc = i->append || i->left ? op_fail(op, RC_SYNTAX, "a batch is under way")
				      : account_name_check(op, name, &canonical);
	if (rc == 0 && !(i->target && span_eq(i->target->name, canonical)))
		rc = target_open(op, i, canonical, &i->target);
	if (rc < 0)
		return rc;
	mailbox_status(view_mailbox(i->view), &st);
	*ret_limit = st.append_limit;
	*ret_count = i->target->count;
	return 0;
}

int mail_import_subscribe(struct op *op, struct mail_import *i, struct span name)
{
	struct span canonical;
	int rc = account_name_check(op, name, &canonical);
	return rc < 0 ? rc : mailbox_subscribe(op, i->account, canonical, true);
}

// --- messages ---

static int is_there(
	struct op *op, struct mail_import *i, const struct mail_import_message *m, bool *ret_there)
{
	struct target *t = i->target;
	size_t low = 0, high = m->digest.n ? t->count : 0, count = high;
	int rc = 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (t->existing[mid].size < m->size)
			low = mid + 1;
		else
			high = mid;
	}
	*ret_there = false;
	for (; rc == 0 && low < count && t->existing[low].size == m->size; low++) {
		struct existing *e = &t->existing[low];
		if (e->used)
			continue;
		if (!e->digested)
			rc = stored_digest(op, i, e);
		if (rc == 0 && e->digested &&
			memcmp(e->digest, m->digest.p, sizeof e->digest) == 0) {
			e->used = *ret_there = true;
			return 0;
		}
	}
	return rc;
}

// Those of an import before.
static int uidls_learn(struct op *op, struct mail_import *i)
{
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
static int uidl_claim(struct op *op, struct mail_import *i, struct span uidl, struct span *ret_uidl)
{
	bool is_new = false;
	*ret_uidl = SPAN("");
	if (!uidl_is_valid(uidl) || !span_eq(i->target->name, SPAN("INBOX")))
		return 0;
	int rc = i->uidls_known ? 0 : uidls_learn(op, i);
	if (rc == 0)
		rc = uidl_set_add(op, &i->uidls, uidl, &is_new);
	if (rc < 0)
		return rc;
	if (is_new)
		*ret_uidl = uidl;
	i->batch.doubled += !is_new;
	return 0;
}

int mail_import_message(struct op *op, struct mail_import *i, const struct mail_import_message *m)
{
	struct append_meta meta = m->meta;
	meta.may_lose_keywords = true; // one that cannot be had would end every import there
	if (!i->target || i->left || m->size == 0 || (m->digest.n && m->digest.n != IMPORT_DIGEST))
		return op_fail(op, RC_SYNTAX, "a message that makes no sense");
	int rc = is_there(op, i, m, &i->passed_over);
	if (rc == 0 && !i->passed_over) {
		rc = uidl_claim(op, i, meta.uidl, &meta.uidl);
		if (rc == 0 && !i->append)
			rc = append_begin(op, i->account, i->target->name, &i->append);
		if (rc == 0)
			rc = append_message(op, i->append, &meta, m->size);
	}
	if (rc == 0)
		i->left = m->size;
	return rc;
}

int mail_import_data(struct op *op, struct mail_import *i, struct span bytes)
{
	if (bytes.n > i->left || !i->left) // nothing is awaited: not even an empty piece
		return op_fail(op, RC_SYNTAX, "more octets than were said");
	int rc = i->passed_over ? 0 : append_data(op, i->append, bytes);
	i->left -= bytes.n;
	if (rc < 0 || i->left)
		return rc;
	if (!i->passed_over)
		rc = append_message_end(op, i->append);
	if (rc == 0 && i->passed_over)
		i->batch.already++;
	else if (rc == 0)
		i->batch.imported++;
	return rc;
}

int mail_import_commit(struct op *op, struct mail_import *i, struct mail_import_counts *ret_counts)
{
	struct append_result result = { 0 };
	struct append *a = i->append;
	int rc = i->left ? op_fail(op, RC_SYNTAX, "a message is not whole") : 0;
	if (rc == 0 && a) {
		i->append = NULL;
		rc = append_commit(op, a, &result);
		i->batch.lost_keywords = result.lost_keywords;
		numset_done(&result.uids);
	}
	if (rc == 0)
		*ret_counts = i->batch;
	mail_import_drop(i);
	return rc;
}

void mail_import_drop(struct mail_import *i)
{
	append_abort(i->append);
	i->append = NULL;
	i->left = 0;
	i->batch = (struct mail_import_counts){ 0 };
}

// --- the import ---

int mail_import_begin(
	struct op *op, struct mail *m, struct span user, struct mail_import **ret_import)
{
	struct mail_import *i = calloc(1, sizeof *i);
	if (!i)
		return out_of_memory(op);
	int rc = account_open(op, m, user, &i->account);
	if (rc == 0 && atomic_exchange(&i->account->importing, true)) {
		account_unref(i->account);
		i->account = NULL;
		rc = op_fail(op, RC_INUSE, "another import into this account is under way");
	}
	if (rc < 0) {
		mail_import_end(i);
		return rc;
	}
	*ret_import = i;
	return 0;
}

void mail_import_end(struct mail_import *i)
{
	if (!i)
		return;
	mail_import_drop(i);
	view_close(i->view);
	while (i->targets) {
		struct target *next = i->targets->next;
		target_free(i->targets);
		i->targets = next;
	}
	if (i->account)
		atomic_store(&i->account->importing, false);
	account_unref(i->account);
	uidl_set_done(&i->uidls);
	free(i);
}
