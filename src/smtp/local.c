// SPDX-License-Identifier: Apache-2.0
// Recipients that have accounts here: whose mail an address is, and delivery to them.
#include "base/must.h"
#include "mail/deliver.h"
#include "mail/txn.h"
#include "smtp/session_priv.h"

#include <openssl/evp.h>

// The whole address as a name of a user, then the local part alone; each as it is, then without "+folder".
int smtp_resolve(struct op *op, struct smtp_session *s, const struct smtp_path *p, bool bare,
	struct recipient *ret)
{
	struct span names[4], base = SPAN_NONE, detail = SPAN_NONE;
	size_t plus = span_find_char(p->local, '+'), n = 0, detailed = 0;
	size_t room = p->local.n + p->domain.n + 2;
	if (plus > 0 && plus < p->local.n) {
		base = span_cut(p->local, 0, plus);
		detail = span_skip(p->local, plus + 1);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct span local = i ? base : p->local;
		char *whole = arena_bytes(&op->arena, room);
		if (!whole)
			return op_fail(op, RC_NOMEM, "out of memory");
		if (i == 1)
			detailed = n;
		if (!local.p)
			continue;
		if (p->domain.p) {
			memcpy(whole, local.p, local.n);
			whole[local.n] = '@';
			memcpy(whole + local.n + 1, p->domain.p, p->domain.n);
			names[n++] = span_of(whole, local.n + 1 + p->domain.n);
		}
		if (bare)
			names[n++] = local;
	}
	if (n == 0)
		return op_fail(op, RC_NONEXISTENT, "no such user");
	size_t which;
	int rc = auth_find(op, &s->finder, names, n, &ret->user, &which);
	if (rc == 0 && which >= detailed)
		ret->folder = detail;
	return rc == AUTH_WAIT ? RESOLVE_WAIT : rc;
}

// Names this envelope with this content for this recipient: mail/deliver.h. The message's hash is done with: begun anew, it need not look for SHA-256 again.
static bool id_of(const struct smtp_session *s, const struct recipient *r, uint8_t id[32])
{
	unsigned n;
	EVP_MD_CTX *h = s->hash;
	return h && EVP_DigestInit_ex(h, NULL, NULL) == 1 &&
		EVP_DigestUpdate(h, s->digest, sizeof s->digest) == 1 &&
		EVP_DigestUpdate(h, s->envelope.sender.p, s->envelope.sender.n) == 1 &&
		EVP_DigestUpdate(h, "", 1) == 1 &&
		EVP_DigestUpdate(h, r->address.p, r->address.n) == 1 &&
		EVP_DigestFinal_ex(h, id, &n) == 1;
}

// The mailbox of a sub-address (RFC 5233 calls it detail): if it exists, by this name or one that differs in the case of letters only.
static struct span folder_of(struct op *op, struct account *a, struct span detail)
{
	struct span name, found = SPAN("INBOX");
	bool exact;
	if (!detail.n || account_name_check(op, detail, &name) < 0)
		return found;
	const struct tree *t = account_tree_ref(a);
	size_t at = tree_find(t, name, &exact);
	if (exact && t->entries[at].mailbox) {
		found = name;
	} else {
		for (size_t i = 0; i < t->count; i++)
			if (t->entries[i].mailbox && span_caseeq(t->entries[i].name, name)) {
				found = arena_dup(&op->arena, t->entries[i].name);
				break;
			}
	}
	tree_unref(t);
	return found.p ? found : SPAN("INBOX");
}

// Who in front of `r` leads to this mailbox of the same user; NULL: nobody.
static const struct recipient *first_to(
	const struct smtp_session *s, const struct recipient *r, struct span mailbox)
{
	for (const struct recipient *one = s->envelope.recipients; one < r; one++)
		if (one->mailbox.p && span_eq(one->mailbox, mailbox) && span_eq(one->user, r->user))
			return one;
	return NULL;
}

static int stage_into(
	struct smtp_session *s, struct local_one *one, struct account *a, struct span mailbox)
{
	struct recipient *r = one->r;
	uint8_t id[32];
	one->first = first_to(s, r, mailbox);
	if (one->first) // smtp_wait() tells
		return 0;
	r->mailbox = arena_dup(&s->tx.arena, mailbox);
	if (!r->mailbox.p)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	struct delivery_to to = { .account = a,
		.mailbox = mailbox,
		.prefix = one->prefix,
		.id = s->has_own_id && id_of(s, r, id) ? id : NULL };
	return delivery_stage(&s->op, s->delivery, &to, &one->slot);
}

static int stage(struct smtp_session *s, struct local_one *one)
{
	struct account *a;
	if (!one->prefix.p)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	int rc = account_open(&s->op, s->host->mail, one->r->user, &a);
	if (rc < 0)
		return rc;
	rc = stage_into(s, one, a, folder_of(&s->op, a, one->r->folder));
	if (rc == RC_TRYCREATE) // the folder was deleted just now
		rc = stage_into(s, one, a, SPAN("INBOX"));
	account_unref(a);
	return rc;
}

static void note(struct smtp_session *s, struct local_one *one)
{
	one->text = SPAN("");
	if (one->rc < 0)
		one->text = arena_dup(&s->op.arena, span_str(op_text(&s->op, one->rc)));
	if (!one->text.p)
		one->text = SPAN("out of memory");
}

void smtp_stage(struct smtp_session *s, struct local_one *group, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		group[i].slot = NULL;
		group[i].first = NULL;
		group[i].rc = group[i].r->rc = stage(s, &group[i]);
		note(s, &group[i]);
	}
}

static void later_hold(void *ctx)
{
	waker_ref(ctx);
}

static void later_wake(void *ctx)
{
	waker_wake(ctx);
	waker_unref(ctx);
}

static void later_drop(void *ctx)
{
	waker_unref(ctx);
}

struct decision *smtp_wait_later(struct smtp_session *s, const struct local_one *group, size_t n)
{
	struct delivery_slot *slots[LMTP_GROUP];
	size_t count = 0;
	must(n <= LMTP_GROUP);
	for (size_t i = 0; i < n; i++)
		if (group[i].slot)
			slots[count++] = group[i].slot;
	struct waker *waker = count ? conn_waker_ref(s->conn) : NULL;
	if (!waker)
		return NULL; // the thread waits
	struct later later = {
		.ctx = waker, .hold = later_hold, .wake = later_wake, .drop = later_drop
	};
	struct decision *d = delivery_wait_later(&s->op, slots, count, &later);
	waker_unref(waker);
	return d;
}

// What the first recipient of a mailbox was told is true of the others.
static int shared(struct op *op, const struct recipient *first)
{
	if (first->rc >= 0)
		return DELIVERY_DUPLICATE;
	return op_fail(op, first->rc, "it leads to the mailbox of <%.*s>, which did not get it",
		SPAN_FMT(first->address));
}

void smtp_wait(struct smtp_session *s, struct local_one *group, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct local_one *one = &group[i];
		if (!one->slot && !one->first)
			continue;
		one->rc = one->slot ? delivery_wait(&s->op, one->slot) : shared(&s->op, one->first);
		one->r->rc = one->rc;
		one->slot = NULL;
		note(s, one);
	}
}
