// SPDX-License-Identifier: Apache-2.0
// What mail/ keeps in the store, damaged at will: an account that has some of everything is made once; then for each input its records are put into a
// fresh store with the input's changes, and everything that reads and changes mail is done to it. Faults are right, crashes, broken invariants
// and endless loops are not. What was read must hang together: UIDs ascend, numbers follow. And what can be decoded alone is the same after encode(decode()).
//
// A change: kind u8, then by kind: record u8, and offset u8, length u8, octets; a new length u8; nothing; or a key and a value, length u8 and octets each.
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "mail/check.h"
#include "mail/content.h"
#include "mail/deliver.h"
#include "mail/mail_priv.h"
#include "mail/metadata.h"
#include "mail/repair.h"
#include "mail/sent.h"
#include "mail/txn.h"
#include "mail/uidl.h"
#include "mail/url.h"
#include "mail/urlauth.h"
#include "mail/view.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORDS 200u
#define BLOBS 16u
#define WALK 600u // messages looked at in a mailbox

struct record {
	uint64_t partition;
	struct span key, value;
};
struct image {
	struct record r[RECORDS];
	size_t n;
	struct span blob[BLOBS], card[BLOBS]; // with the ids from 1 on
	size_t blobs;
};
struct world {
	struct op op;
	struct store *store;
	struct mail *mail;
	struct account *a;
};
#define ALL UINT32_MAX

static void world_open(struct world *w)
{
	struct store_config sc = { .engine = "memory" };
	*w = (struct world){ 0 };
	op_init(&w->op, 0);
	must(store_open(&w->op, &sc, &w->store) == 0);
}

static int world_mail(struct world *w, bool create)
{
	struct mail_config mc = {
		.create_accounts = create, .append_limit = 1 << 20, .sent_copy = true
	};
	int rc = mail_open(&w->op, w->store, &mc, &w->mail);
	if (rc == 0)
		rc = account_open(&w->op, w->mail, SPAN("alice"), &w->a);
	return rc;
}

static void world_close(struct world *w)
{
	account_unref(w->a);
	if (w->mail)
		mail_close(w->mail);
	store_close(w->store);
	op_done(&w->op);
}

// --- the account that is damaged ---

static int append(
	struct world *w, struct span box, const struct append_meta *meta, struct span text)
{
	struct append *ap;
	struct append_result r = { 0 };
	int rc = append_begin(&w->op, w->a, box, &ap);
	if (rc < 0)
		return rc;
	rc = append_message(&w->op, ap, meta, text.n);
	if (rc == 0)
		rc = append_data(&w->op, ap, text);
	if (rc == 0)
		rc = append_message_end(&w->op, ap);
	if (rc == 0)
		rc = append_commit(&w->op, ap, &r);
	else
		append_abort(ap);
	numset_done(&r.uids);
	return rc;
}

static int deliver(struct world *w, uint8_t which, struct sent *sent)
{
	struct delivery *d;
	struct delivery_slot *slot;
	uint8_t id[DELIVERY_ID] = { which };
	struct delivery_to to = { w->a, SPAN("INBOX"), SPAN("Return-Path: <x@y>\r\n"), id };
	int rc = delivery_begin(&w->op, w->mail, false, &d);
	if (rc < 0)
		return rc;
	if (sent)
		rc = sent_follow(&w->op, sent, d);
	if (rc == 0)
		rc = delivery_data(&w->op, d,
			SPAN("Message-ID: <d@y>\r\nReferences: <1@x>\r\nFrom: a@b\r\nSubject: "
			     "d\r\n\r\nd\r\n"));
	if (rc == 0)
		rc = delivery_end(&w->op, d);
	if (rc == 0)
		rc = delivery_stage(&w->op, d, &to, &slot);
	int staged = rc == 0 && sent ? sent_stage(&w->op, sent, d) : -1;
	if (rc == 0)
		rc = delivery_wait(&w->op, slot);
	if (staged >= 0)
		(void)sent_wait(&w->op, sent); // as that went
	delivery_free(d);
	return rc;
}

static int store_flags(
	struct world *w, struct view *v, uint32_t last, uint32_t flags, struct span word)
{
	struct numset uids = { 0 };
	struct flags_result r = { 0 };
	struct flags_args args = { .uids = &uids,
		.change = FLAGS_ADD,
		.list = { .flags = flags, .keywords = &word, .keyword_count = word.n ? 1 : 0 },
		.unchanged_since = { UINT64_MAX } };
	numset_add_range(&uids, 2, last);
	int rc = txn_flags(&w->op, v, &args, &r);
	flags_result_done(&r);
	numset_done(&uids);
	return rc;
}

static int copy(struct world *w, struct view *v, uint32_t last, struct span to, bool move)
{
	struct numset uids = { 0 };
	struct copy_result r = { 0 };
	numset_add_range(&uids, 1, last);
	int rc = txn_copy(&w->op, v, &uids, to, move, &r);
	copy_result_done(&r);
	numset_done(&uids);
	return rc;
}

static int expunge(struct world *w, struct view *v)
{
	struct numset gone = { 0 };
	int rc = txn_expunge(&w->op, v, NULL, &gone);
	numset_done(&gone);
	return rc;
}

static int annotate(struct world *w, struct span box)
{
	struct metadata_change c = { .name = SPAN("/private/comment"), .value = SPAN("hello") };
	return metadata_set(&w->op, w->a, box, &c, 1);
}

static int sign(struct world *w)
{
	struct url url;
	struct buf to = { 0 };
	int rc = url_parse(&w->op, SPAN("imap://alice@h/INBOX/;UID=1;URLAUTH=anonymous"), &url);
	if (rc == 0)
		rc = urlauth_sign(&w->op, w->a, &url, &to);
	buf_done(&to);
	return rc;
}

static void seed_fill(struct world *w)
{
	static const char *const text[] = { "Message-ID: <1@x>\r\nSubject: one\r\n\r\none\r\n",
		"Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\nSubject: Re: one\r\n\r\ntwo",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\np\r\n--b--\r\n" };
	struct view *v;
	struct mailbox_status st;
	struct sent *sent;
	for (size_t i = 0; i < countof(text); i++) {
		struct append_meta meta = { .internal_date = 1000000, .zone = 60 };
		meta.uidl = i == 0 ? SPAN("uidl-1") : SPAN("");
		must(append(w, SPAN("INBOX"), &meta, span_str(text[i])) == 0);
	}
	must(mailbox_create(&w->op, w->a, SPAN("Work/2026"), 0, &st) == 0);
	must(mailbox_subscribe(&w->op, w->a, SPAN("nowhere"), true) == 0);
	must(view_open(&w->op, w->a, SPAN("INBOX"), 0, &v) == 0);
	for (uint32_t n = 3; n < 150; n *= 2) { // two chunks and more
		must(view_refresh(&w->op, v) == 0);
		must(copy(w, v, ALL, SPAN("INBOX"), false) == 0);
	}
	must(view_refresh(&w->op, v) == 0);
	must(store_flags(w, v, 100, FLAG_FLAGGED, SPAN("work")) == 0);
	must(store_flags(w, v, 5, FLAG_DELETED, SPAN("Later")) == 0 && expunge(w, v) == 0);
	must(copy(w, v, 20, SPAN("Work/2026"), true) == 0);
	view_close(v);
	must(annotate(w, SPAN("")) == 0 && annotate(w, SPAN("Work/2026")) == 0 && sign(w) == 0);
	must(sent_begin(&w->op, w->a, &sent) == 0 && deliver(w, 1, sent) == 0);
	sent_free(sent);
}

static struct span keep(struct span s)
{
	char *p = malloc(s.n ? s.n : 1);
	must(p);
	memcpy(p, s.p, s.n);
	return span_of(p, s.n);
}

static void image_take(struct image *im, struct world *w)
{
	struct store_cursor *c;
	struct span key, value, piece;
	for (uint64_t p = 1; store_next_partition(&w->op, w->store, NULL, p, &p) == 0; p++) {
		must(store_cursor_open(&w->op, w->store, NULL, p, SPAN(""), SPAN_NONE, &c) == 0);
		while (store_cursor_next(&w->op, c, &key, &value) == 0) {
			must(im->n < RECORDS);
			im->r[im->n++] = (struct record){ p, keep(key), keep(value) };
		}
		store_cursor_close(c);
	}
	for (uint64_t id = 1; id <= BLOBS; id++) {
		struct blob b;
		if (blob_open(&w->op, w->store, (struct blob_ref){ id, 0 }, &b) < 0)
			break;
		must(blob_piece(&w->op, &b, 0, b.size, &piece) == 0 && piece.n == b.size);
		im->blob[im->blobs] = keep(piece);
		im->card[im->blobs++] = keep(b.card);
		blob_close(&b);
	}
	must(im->blobs > 0 && im->blobs < BLOBS);
}

static const struct image *seed(void)
{
	static struct image im;
	struct world w;
	if (im.n)
		return &im;
	world_open(&w);
	must(world_mail(&w, true) == 0);
	seed_fill(&w);
	image_take(&im, &w);
	world_close(&w);
	return &im;
}

// --- the damage ---

static void record_change(struct op *op, struct record *r, unsigned kind, struct reader *in)
{
	if (kind < 4) { // octets
		size_t at = reader_u8(in);
		struct span octets = reader_bytes(in, reader_u8(in) % 17);
		struct span copied = arena_dup(&op->arena, r->value);
		char *p = (char *)(uintptr_t)copied.p;
		at = kind == 3 ? at * 24 : at; // further in: the next records of a list
		for (size_t i = 0; p && i < octets.n && at + i < copied.n; i++)
			p[at + i] = octets.p[i];
		r->value = copied;
	} else if (kind < 6) { // the length
		size_t n = reader_u8(in);
		n = kind == 5 && r->value.n > n ? r->value.n - n : n;
		r->value = span_cut(r->value, 0, n < r->value.n ? n : r->value.n);
	} else if (kind == 6) {
		r->partition = 0; // gone
	} else {                  // all of it
		r->value = reader_bytes(in, reader_u8(in));
	}
}

static void damage(struct op *op, struct record *list, size_t *n, struct reader *in)
{
	while (!reader_at_end(in)) {
		unsigned kind = reader_u8(in) % 10;
		struct record *r = &list[reader_u8(in) % *n];
		if (kind < 8) {
			record_change(op, r, kind, in);
		} else if (*n < RECORDS + 20) {
			struct record add = { r->partition, r->key, r->value };
			if (kind == 9)
				add.key = reader_bytes(in, reader_u8(in));
			else
				add.value = reader_bytes(in, reader_u8(in));
			list[(*n)++] = add;
		}
	}
}

static void put_all(struct world *w, const struct image *im, const struct record *list, size_t n)
{
	struct store_ticket t;
	for (size_t i = 0; i < im->blobs; i++) {
		struct blob_writer *writer;
		struct blob_owner owner = { .partition = 2 };
		struct blob_ref ref;
		must(blob_begin(&w->op, w->store, &writer) == 0);
		must(blob_write(&w->op, writer, im->blob[i]) == 0);
		must(blob_finish(&w->op, writer, &owner, im->card[i], &ref) == 0 &&
			ref.id == i + 1);
	}
	for (size_t i = 0; i < n; i++) {
		struct store_batch b;
		if (list[i].partition == 0)
			continue;
		batch_init(&b, list[i].partition);
		for (; i < n && list[i].partition == b.partition; i++)
			batch_put(&b, list[i].key, list[i].value);
		i--;
		int rc = store_submit(&w->op, w->store, &b, &t);
		if (rc == 0)
			rc = store_wait(&w->op, w->store, t);
		must(rc == 0 || rc == RC_TOOBIG || rc == RC_SYNTAX);
		batch_done(&b);
	}
}

// --- everything that is done to it ---

static int see_annotation(void *ctx, struct span name, struct span value)
{
	size_t *sum = ctx;
	*sum += name.n + value.n;
	return 0;
}

static void look_at_message(struct world *w, struct view *v, const struct msg *m)
{
	struct content c = { 0 };
	struct rope to;
	uint64_t n;
	const struct section all = { .what = SECTION_ALL };
	rope_init(&to);
	if (content_open(&w->op, v, m, &c) == 0) {
		(void)content_envelope(&c, FORM_ASCII); // its reading alone matters here
		if (content_section(&w->op, &c, &all, 0, 2000, &to, &n) == 0)
			must(n <= 2000 && rope_size(&to) == n);
	}
	content_close(&c);
	rope_done(&to);
}

static void look_at_mailbox(struct world *w, const struct tree_entry *e)
{
	struct view *v;
	struct view_cursor *c;
	struct seq unseen;
	struct msg m;
	struct numset uids = { 0 };
	uint32_t n = 0, last = 0;
	int rc;
	if (view_open(&w->op, w->a, e->name, VIEW_READONLY, &v) < 0)
		return;
	(void)view_first_unseen(&w->op, v, &unseen); // faults are right, here and below
	(void)view_expunged_since(&w->op, v, (struct modseq){ 1 }, &uids);
	(void)view_changed_since(&w->op, v, (struct modseq){ 3 }, &uids);
	numset_done(&uids);
	if (view_cursor_open(&w->op, v, NULL, CURSOR_COLD, &c) == 0) {
		while (n < WALK && (rc = view_cursor_next(&w->op, c, &m)) == 0) {
			must(m.uid.v > last && m.cold);
			last = m.uid.v;
			(void)keywords_set_text(view_cursor_keywords(c), m.kwset);
			if (n++ < 3)
				look_at_message(w, v, &m);
		}
		view_cursor_close(c);
	}
	view_close(v);
}

static void look(struct world *w)
{
	const struct tree *t = account_tree_ref(w->a);
	struct uidls *u;
	size_t sum = 0;
	for (size_t i = 0; i < t->count && i < 12; i++) {
		must(i == 0 || span_cmp(t->entries[i - 1].name, t->entries[i].name) < 0);
		if (t->entries[i].mailbox)
			look_at_mailbox(w, &t->entries[i]);
		(void)metadata_read(&w->op, w->a, t->entries[i].mailbox ? &t->entries[i] : NULL,
			SPAN("/private"), METADATA_ALL, see_annotation, &sum);
	}
	tree_unref(t);
	if (uidls_load(&w->op, w->a, &u) == 0)
		uidls_free(u);
}

// Whatever fails is a fault that was told.
static void change(struct world *w)
{
	struct append_meta meta = { .internal_date = 5, .uidl = SPAN("new") };
	struct mailbox_status st;
	struct sent *sent = NULL;
	struct view *v;
	if (view_open(&w->op, w->a, SPAN("INBOX"), 0, &v) == 0) {
		(void)append(w, SPAN("INBOX"), &meta, SPAN("In-Reply-To: <1@x>\r\n\r\nnew"));
		(void)view_refresh(&w->op, v);
		(void)store_flags(w, v, ALL, FLAG_SEEN, SPAN("third"));
		(void)copy(w, v, 30, SPAN("Work/2026"), false);
		(void)copy(w, v, 3, SPAN("Trash"), true);
		(void)store_flags(w, v, 40, FLAG_DELETED, SPAN(""));
		(void)expunge(w, v);
		view_close(v);
	}
	if (sent_begin(&w->op, w->a, &sent) == 0)
		(void)deliver(w, 1, sent);
	sent_free(sent);
	(void)append(w, SPAN("Sent"), &meta,
		SPAN("Message-ID: <d@y>\r\nFrom: a@b\r\nSubject: d\r\n\r\nd\r\n"));
	(void)deliver(w, 2, NULL);
	(void)annotate(w, SPAN("INBOX"));
	(void)sign(w);
	(void)urlauth_reset(&w->op, w->a, SPAN_NONE);
	(void)mailbox_create(&w->op, w->a, SPAN("Work/2026/new"), 0, &st);
	(void)mailbox_rename(&w->op, w->a, SPAN("INBOX"), SPAN("Old"));
	(void)mailbox_rename(&w->op, w->a, SPAN("Work"), SPAN("Play"));
	(void)mailbox_delete(&w->op, w->a, SPAN("Old"));
}

static void found(void *ctx, const struct store_finding *f)
{
	size_t *count = ctx;
	must(f->text && f->text[0]);
	++*count;
}

static void alone(struct op *op, struct span value)
{
	struct header h;
	struct span name;
	char header[HEADER_OCTETS], cold[COLD_OCTETS], again[COLD_OCTETS], text[OBJECTID_TEXT];
	struct msg_cold c;
	struct objectid id, back;
	struct keywords *k;
	if (header_decode(op, value, &h, &name) == 0) {
		header_encode(&h, header);
		must(memcmp(header + 4, value.p + 4, HEADER_OCTETS - 4) == 0 &&
			name.n == value.n - HEADER_OCTETS);
	}
	if (value.n >= COLD_OCTETS) {
		cold_decode(value.p, &c);
		cold_encode(&c, cold);
		cold_decode(cold, &c);
		cold_encode(&c, again);
		must(memcmp(cold, value.p, COLD_OCTETS) == 0 &&
			memcmp(cold, again, COLD_OCTETS) == 0);
	}
	if (value.n >= sizeof id) {
		memcpy(&id, value.p, sizeof id);
		must(objectid_parse(objectid_print(&id, 'M', text), 'M', &back));
		must(memcmp(&id, &back, sizeof id) == 0);
	}
	if (objectid_parse(value, 'T', &id))
		must(span_eq(objectid_print(&id, 'T', text), value));
	if (keywords_decode(op, value, &k) == 0) {
		for (uint32_t i = 0; i < keywords_count(k); i++)
			must(keywords_find(k, keywords_name(k, i)) == i);
		keywords_unref(k);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record list[RECORDS + 20];
	struct world w;
	struct repaired repaired;
	uint64_t messages;
	size_t count = 0, n;
	log_level_set(LOG_ERROR_ + 1);
	const struct image *im = seed();
	struct reader in = reader_of(span_of(data, size));
	n = im->n;
	memcpy(list, im->r, n * sizeof *list);
	world_open(&w);
	if (size && data[0] == 0xff) {
		alone(&w.op, span_of(data + 1, size - 1));
		world_close(&w);
		return 0;
	}
	damage(&w.op, list, &n, &in);
	put_all(&w, im, list, n);
	int rc = world_mail(&w, false);
	if (w.mail)
		(void)mail_check(&w.op, w.mail, found, &count, &messages);
	must(size || (rc == 0 && count == 0)); // what is whole is
	if (rc == 0) {
		look(&w);
		change(&w);
		look(&w);
		(void)mail_check(&w.op, w.mail, found, &count, &messages);
	}
	must(size || count == 0);
	if (w.mail) {
		(void)mail_sweep(&w.op, w.mail);
		account_unref(w.a);
		mail_close(w.mail);
		w.a = NULL;
		w.mail = NULL;
	}
	(void)mail_repair(&w.op, w.store, &repaired);
	world_close(&w);
	return 0;
}
