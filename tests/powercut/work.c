// SPDX-License-Identifier: Apache-2.0
#include "powercut/work.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/log.h"
#include "mail/check.h"
#include "mail/deliver.h"
#include "mail/metadata.h"
#include "mail/txn.h"
#include "powercut/picture.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SEGMENT_BYTES (4u << 20)
#define RESERVE_BYTES (1u << 20)
#define SYNC_US 60u
#define LOOK_US 15u
#define BOXES_MAX 6u
#define SEEN_MAX 256u
// A message of zeros leaves little of a segment, and costs little in a disk that is made up.
#define FILLER_BYTES (3500u << 10)

struct seen { // what EVENT_SEEN carries
	struct objectid id;
	uint64_t modseq;
	uint32_t uid_next;
};
struct world {
	struct op op;
	struct store *store;
	struct mail *mail;
	struct record *record;
	bool fills; // large messages come and go: the log moves from segment to segment, and sweeps free some
	atomic_bool over;
};
struct actor {
	struct world *world;
	unsigned number;
	struct op op;
	struct account *account;
	char top[8];
	uint64_t random;
	unsigned operations, made;
	struct buf text;
};

static void fail(struct op *op, int rc, const char *what)
{
	(void)fprintf(stderr, "powercut: %s: %s\n", what, op_text(op, rc));
	_exit(1);
}

#define OK(op, call)                                                                               \
	do {                                                                                       \
		int rc_ = (call);                                                                  \
		if (rc_)                                                                           \
			fail((op), rc_, #call);                                                    \
	} while (0)

static int world_open(struct world *w, const char *folder, const char *page_cache)
{
	char dir[300];
	(void)snprintf(dir, sizeof dir, "%s/" VOLUME, folder); // short
	struct store_config config = { .engine = "local",
		.dir = dir,
		.segment_bytes = SEGMENT_BYTES,
		.page_cache = page_cache,
		.reserve_bytes = RESERVE_BYTES,
		.cache_bytes = 1u << 20,
		.grace_ms = 1 };
	struct mail_config mail = { .create_accounts = true };
	op_init(&w->op, 0);
	int rc = store_open(&w->op, &config, &w->store);
	return rc ? rc : mail_open(&w->op, w->store, &mail, &w->mail);
}

// Of which account the actor's mailboxes are: two share one.
static struct span user_of(unsigned actor)
{
	return actor < 2 ? SPAN("alice") : SPAN("bob");
}

static void actor_init(struct actor *a, struct world *w, unsigned number, uint64_t seed)
{
	*a = (struct actor){ .world = w, .number = number, .random = hash_u64(seed * 64 + number) };
	op_init(&a->op, 0);
	(void)snprintf(a->top, sizeof a->top, "t%u", number); // fits
	OK(&a->op, account_open(&a->op, w->mail, user_of(number), &a->account));
}

static uint32_t below(struct actor *a, uint32_t n)
{
	a->random = a->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((a->random >> 33) % n);
}

// --- what there is ---

// The name of one of the actor's mailboxes, in op's arena; absent: it has none.
static struct span some_box(struct actor *a)
{
	const struct tree *t = account_tree_ref(a->account);
	struct span found = SPAN_NONE;
	uint32_t n = 0;
	for (size_t i = 0; i < t->count; i++)
		if (t->entries[i].mailbox && picture_has(t->entries[i].name, span_str(a->top)) &&
			below(a, ++n) == 0)
			found = t->entries[i].name;
	if (found.p)
		found = arena_dup(&a->op.arena, found);
	tree_unref(t);
	return found;
}

static uint32_t count_boxes(struct actor *a)
{
	const struct tree *t = account_tree_ref(a->account);
	uint32_t n = 0;
	for (size_t i = 0; i < t->count; i++)
		n += t->entries[i].mailbox && picture_has(t->entries[i].name, span_str(a->top));
	tree_unref(t);
	return n;
}

static struct span new_name(struct actor *a)
{
	char room[40];
	struct span parent = below(a, 3) ? span_str(a->top) : some_box(a);
	if (!parent.p || parent.n > 24)
		parent = span_str(a->top);
	// Few names: those of deleted mailboxes come again.
	(void)snprintf(
		room, sizeof room, "%.*s/%c", SPAN_FMT(parent), 'a' + (int)below(a, 6)); // fits
	return arena_dup(&a->op.arena, span_str(room));
}

static struct numset some_uids(struct actor *a, struct view *v)
{
	struct numset s = { 0 };
	uint32_t next = view_uid_next(v).v;
	for (uint32_t n = 1 + below(a, 3); n > 0; n--) {
		uint32_t first = 1 + below(a, next);
		numset_add_range(&s, first, first + below(a, 4));
	}
	return s;
}

static struct span message(struct actor *a)
{
	uint32_t kind = below(a, 24);
	size_t n = kind == 0 ? 270000 + below(a, 300000)
		: kind < 4   ? 5000 + below(a, 20000)
			     : 60 + below(a, 1500);
	char *p = arena_bytes(&a->op.arena, n);
	int head = snprintf(p, n, "Message-ID: <%u.%u.%u@x>\r\nSubject: s%u\r\n\r\n", a->number,
		a->made, below(a, 1u << 30), below(a, 5));
	a->made++;
	for (size_t i = (size_t)head < n ? (size_t)head : n; i < n; i++)
		p[i] = (char)('a' + (i * 7 + a->made + (i >> 8)) % 26);
	return span_of(p, n);
}

static const struct span words[] = { { "$Forwarded", 10 }, { "work", 4 }, { "later", 5 } };

static struct flag_list some_flags(struct actor *a)
{
	struct flag_list l = { .flags = below(a, 32) & below(a, 32) };
	if (below(a, 2)) {
		l.keywords = &words[below(a, 2)];
		l.keyword_count = 1 + below(a, 2);
	}
	return l;
}

// --- operations: each returns 0 or a fault; some faults are fine ---

static struct append *append_new(
	struct actor *a, struct span box, uint32_t messages, struct span text)
{
	struct append *ap;
	OK(&a->op, append_begin(&a->op, a->account, box, &ap));
	for (uint32_t i = 0; i < messages; i++) {
		struct append_meta meta = { .flags = some_flags(a),
			.internal_date = below(a, 1u << 30) };
		struct span one = text.p ? text : message(a);
		OK(&a->op, append_message(&a->op, ap, &meta, one.n));
		OK(&a->op, append_data(&a->op, ap, one));
		OK(&a->op, append_message_end(&a->op, ap));
	}
	return ap;
}

static int do_append(struct actor *a, struct span box)
{
	struct append_result r = { 0 };
	struct append *ap = append_new(a, box, below(a, 4) ? 1 : 1 + below(a, 4), SPAN_NONE);
	int rc = append_commit(&a->op, ap, &r);
	numset_done(&r.uids);
	return rc;
}

static int do_filler(struct actor *a, struct span box)
{
	struct append_result r = { 0 };
	char *zeros = calloc(1, FILLER_BYTES);
	if (!zeros)
		return op_fail(&a->op, RC_NOMEM, "out of memory");
	struct append *ap = append_new(a, box, 1, span_of(zeros, FILLER_BYTES));
	int rc = append_commit(&a->op, ap, &r);
	numset_done(&r.uids);
	free(zeros);
	return rc;
}

// `deletes`: it sets \Deleted, for a later EXPUNGE.
static int do_flags(struct actor *a, struct view *v, bool deletes)
{
	struct numset uids = some_uids(a, v);
	struct flags_args args = { .uids = &uids,
		.change = FLAGS_ADD,
		.list = { .flags = FLAG_DELETED },
		.unchanged_since = { UINT64_MAX } };
	if (!deletes) {
		args.change = (enum flag_change)below(a, 3);
		args.list = some_flags(a);
		args.unchanged_since.v = below(a, 5) ? UINT64_MAX : view_modseq(v).v;
	}
	struct flags_result r = { 0 };
	int rc = txn_flags(&a->op, v, &args, &r);
	flags_result_done(&r);
	numset_done(&uids);
	return rc;
}

static int do_expunge(struct actor *a, struct view *v)
{
	struct numset uids = some_uids(a, v), gone = { 0 };
	int rc = below(a, 3) ? txn_expunge(&a->op, v, NULL, &gone)
			     : txn_remove(&a->op, v, &uids, &gone);
	numset_done(&uids);
	numset_done(&gone);
	return rc;
}

static int do_copy(struct actor *a, struct view *v, bool move)
{
	struct numset uids = some_uids(a, v);
	struct copy_result r = { 0 };
	int rc = txn_copy(&a->op, v, &uids, some_box(a), move, &r);
	copy_result_done(&r);
	numset_done(&uids);
	return rc;
}

static int do_replace(struct actor *a, struct view *v)
{
	struct append_result r = { 0 };
	struct uid uid = { 1 + below(a, view_uid_next(v).v) };
	struct append *ap = append_new(a, some_box(a), 1, SPAN_NONE);
	int rc = append_commit_replacing(&a->op, ap, v, uid, &r);
	numset_done(&r.uids);
	return rc;
}

static int do_deliver(struct actor *a, struct span box)
{
	struct delivery *d;
	struct delivery_slot *slot;
	uint8_t id[DELIVERY_ID];
	random_bytes(id, sizeof id);
	struct delivery_to to = { .account = a->account,
		.mailbox = box,
		.prefix = SPAN("Delivered-To: x\r\n"),
		.id = below(a, 2) ? id : NULL };
	OK(&a->op, delivery_begin(&a->op, a->world->mail, false, &d));
	OK(&a->op, delivery_data(&a->op, d, message(a)));
	OK(&a->op, delivery_end(&a->op, d));
	int rc = delivery_stage(&a->op, d, &to, &slot);
	if (rc == 0)
		rc = delivery_wait(&a->op, slot);
	delivery_free(d);
	return rc;
}

static int do_metadata(struct actor *a, struct span box)
{
	char value[20];
	(void)snprintf(value, sizeof value, "%u", below(a, 1u << 30)); // fits
	struct metadata_change change = { .name = below(a, 2) ? SPAN("/private/comment")
							      : SPAN("/private/vendor/x"),
		.value = below(a, 4) ? span_str(value) : SPAN_NONE };
	return metadata_set(&a->op, a->account, box, &change, 1);
}

static int do_names(struct actor *a, struct span box)
{
	struct mailbox_status st;
	switch (below(a, count_boxes(a) < BOXES_MAX ? 4 : 3)) {
	case 0:
		return mailbox_rename(&a->op, a->account, box, new_name(a));
	case 1:
		return mailbox_delete(&a->op, a->account, box);
	case 2:
		return mailbox_subscribe(&a->op, a->account, box, below(a, 2));
	default:
		return mailbox_create(&a->op, a->account, new_name(a), 0, &st);
	}
}

static int do_selected(struct actor *a, struct span box)
{
	struct view *v;
	int rc = view_open(&a->op, a->account, box, 0, &v);
	if (rc)
		return rc;
	switch (below(a, 9)) {
	case 0:
		rc = do_expunge(a, v);
		break;
	case 1:
		rc = do_flags(a, v, true);
		break;
	case 2:
		rc = do_copy(a, v, false);
		break;
	case 3:
	case 8:
		rc = do_copy(a, v, true);
		break;
	case 4:
		rc = do_replace(a, v);
		break;
	default:
		rc = do_flags(a, v, false);
	}
	view_close(v);
	return rc;
}

static int do_empty(struct actor *a, struct span box)
{
	struct view *v;
	struct numset all = { 0 }, gone = { 0 };
	int rc = view_open(&a->op, a->account, box, 0, &v);
	if (rc)
		return rc;
	numset_add_range(&all, 1, UINT32_MAX);
	rc = txn_remove(&a->op, v, &all, &gone);
	numset_done(&all);
	numset_done(&gone);
	view_close(v);
	return rc;
}

static int operation(struct actor *a, unsigned number)
{
	struct span box = some_box(a);
	struct mailbox_status st;
	if (!box.p)
		return mailbox_create(&a->op, a->account, span_str(a->top), 0, &st);
	uint32_t kind = below(a, 32);
	bool fills = a->world->fills;
	if (a->number == 0 && (kind == 31 || (fills && number % 5 == 0)))
		return mail_sweep(&a->op, a->world->mail); // flushes the tables as well
	if (a->number == 1 && fills && number % 8 == 4)
		return do_filler(a, box);
	if (a->number == 1 && fills && number % 8 == 7)
		return do_empty(a, box);
	if (kind < 10)
		return do_append(a, box);
	if (kind < 13)
		return do_deliver(a, box);
	if (kind < 16)
		return do_names(a, box);
	if (kind < 18)
		return do_metadata(a, box);
	return do_selected(a, box);
}

static void note_picture(struct actor *a, unsigned number)
{
	buf_reset(&a->text);
	OK(&a->op, picture_add(&a->op, a->account, span_str(a->top), &a->text));
	if (a->text.failed)
		_exit(1);
	record_note(a->world->record,
		(struct event){ .kind = EVENT_PICTURE,
			.actor = a->number,
			.begin = number,
			.n = a->text.n,
			.data = a->text.n ? a->text.p : "" });
}

static void *act(void *arg)
{
	struct actor *a = arg;
	note_picture(a, 0);
	for (unsigned i = 1; i <= a->operations; i++) {
		op_reset(&a->op);
		record_note(a->world->record,
			(struct event){ .kind = EVENT_BEGIN, .actor = a->number, .begin = i });
		int rc = operation(a, i);
		if (rc < 0 && rc != RC_NONEXISTENT && rc != RC_TRYCREATE &&
			rc != RC_ALREADYEXISTS && rc != RC_EXPUNGED && rc != RC_BADNAME &&
			rc != RC_CANNOT)
			fail(&a->op, rc, "operation");
		note_picture(a, i);
	}
	return NULL;
}

// --- who looks on ---

struct looker {
	struct world *world;
	struct seen last[SEEN_MAX];
	size_t count;
};

static bool is_news(struct looker *l, const struct seen *s)
{
	size_t i = 0;
	while (i < l->count && memcmp(&l->last[i].id, &s->id, sizeof s->id) != 0)
		i++;
	if (i == SEEN_MAX)
		return true;
	if (i < l->count && l->last[i].modseq == s->modseq && l->last[i].uid_next == s->uid_next)
		return false;
	l->last[i] = *s;
	l->count += i == l->count;
	return true;
}

static void look_at(struct looker *l, struct account *account, unsigned first, unsigned last)
{
	uint32_t begin = record_now(l->world->record);
	const struct tree *t = account_tree_ref(account);
	for (size_t i = 0; i < t->count; i++) {
		struct span name = t->entries[i].name;
		struct mailbox_status st;
		if (!t->entries[i].mailbox || name.n < 2 || name.p[0] != 't' ||
			(unsigned)(name.p[1] - '0') < first || (unsigned)(name.p[1] - '0') > last)
			continue;
		mailbox_status(t->entries[i].mailbox, &st);
		struct seen s = {
			.id = st.id, .modseq = st.highest_modseq.v, .uid_next = st.uid_next.v
		};
		if (is_news(l, &s))
			record_note(l->world->record,
				(struct event){ .kind = EVENT_SEEN,
					.actor = (unsigned)(name.p[1] - '0'),
					.begin = begin,
					.n = sizeof s,
					.data = (const char *)&s });
	}
	tree_unref(t);
}

static void *look_on(void *arg)
{
	struct looker *l = arg;
	struct op op;
	struct account *alice, *bob;
	op_init(&op, 0);
	OK(&op, account_open(&op, l->world->mail, user_of(0), &alice));
	OK(&op, account_open(&op, l->world->mail, user_of(2), &bob));
	while (!atomic_load(&l->world->over)) {
		look_at(l, alice, 0, 1);
		look_at(l, bob, 2, 2);
		(void)usleep(LOOK_US); // shorter is fine
	}
	account_unref(alice);
	account_unref(bob);
	op_done(&op);
	return NULL;
}

void work_live(struct record *r, const char *folder, uint64_t seed, unsigned operations, bool fills)
{
	static struct world w; // of this process, which ends with it
	static struct actor actors[ACTORS];
	static struct looker looker;
	pthread_t threads[ACTORS], looking;
	log_level_set(LOG_ERROR_);
	record_start(r, folder, SYNC_US);
	w.record = r;
	w.fills = fills || seed % 5 == 0;
	// What is flushed, and when, is another matter in the page cache.
	static const char *const caches[] = { "yes", "no", "no", "auto" };
	OK(&w.op, world_open(&w, folder, caches[(seed >> 16) % countof(caches)]));
	for (unsigned i = 0; i < ACTORS; i++) {
		actor_init(&actors[i], &w, i, seed);
		actors[i].operations = operations;
	}
	looker.world = &w;
	if (pthread_create(&looking, NULL, look_on, &looker))
		_exit(1);
	for (unsigned i = 0; i < ACTORS; i++)
		if (pthread_create(&threads[i], NULL, act, &actors[i]))
			_exit(1);
	for (unsigned i = 0; i < ACTORS; i++)
		(void)pthread_join(threads[i], NULL); // ours
	atomic_store(&w.over, true);
	(void)pthread_join(looking, NULL); // ours
	if (seed % 2) {
		for (unsigned i = 0; i < ACTORS; i++)
			account_unref(actors[i].account);
		mail_close(w.mail);
		store_close(w.store);
	}
	record_stop();
	_exit(0);
}

// --- verifying ---

static int complain(const char *what, struct span a, struct span b)
{
	size_t i = 0;
	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	while (i > 0 && a.p[i - 1] != '\n')
		i--;
	struct span x = span_cut(a, i, i + 700), y = span_cut(b, i, i + 700);
	(void)fprintf(
		stderr, "%s:\n%.*s\n--- there is:\n%.*s\n---\n", what, SPAN_FMT(x), SPAN_FMT(y));
	return 1;
}

static int verify_actor(
	struct world *w, unsigned actor, const struct expected *e, unsigned *ret_next)
{
	struct actor a;
	actor_init(&a, w, actor, 1);
	OK(&a.op, picture_add(&a.op, a.account, span_str(a.top), &a.text));
	struct span is = buf_span(&a.text);
	int rc = 0;
	if (span_eq(is, e->is))
		;
	else if (e->next.p && span_eq(is, e->next))
		*ret_next |= 1u << actor;
	else
		rc = complain("what was acknowledged is not there", e->is, is);
	if (rc && e->next.p)
		(void)complain("nor what was under way", e->next, is);
	buf_done(&a.text);
	account_unref(a.account);
	op_done(&a.op);
	return rc;
}

static bool find_box(
	struct world *w, unsigned actor, const struct objectid *id, struct mailbox_status *st)
{
	struct account *a;
	OK(&w->op, account_open(&w->op, w->mail, user_of(actor), &a));
	const struct tree *t = account_tree_ref(a);
	bool found = false;
	for (size_t i = 0; i < t->count && !found; i++) {
		if (!t->entries[i].mailbox)
			continue;
		mailbox_status(t->entries[i].mailbox, st);
		found = memcmp(&st->id, id, sizeof *id) == 0;
	}
	tree_unref(t);
	account_unref(a);
	return found;
}

static int verify_seen(
	struct world *w, const struct event *e, const struct expected *x, bool has_next)
{
	struct seen s;
	struct mailbox_status st;
	memcpy(&s, e->data, sizeof s);
	bool found = find_box(w, e->actor, &s.id, &st);
	if (found && st.highest_modseq.v >= s.modseq && st.uid_next.v >= s.uid_next)
		return 0;
	if (!found && (has_next || e->begin <= x->since))
		return 0; // it was deleted
	char id[OBJECTID_TEXT];
	struct span text = objectid_print(&s.id, 'F', id);
	(void)fprintf(stderr,
		"somebody was shown mailbox %.*s with modseq %" PRIu64 " next %" PRIu32
		"; there is %s modseq %" PRIu64 " next %" PRIu32 "\n",
		SPAN_FMT(text), s.modseq, s.uid_next,
		found ? "" : "none, but not deleted:", found ? st.highest_modseq.v : 0,
		found ? st.uid_next.v : 0);
	return 1;
}

static void finding(void *ctx, const struct store_finding *f)
{
	(void)fprintf(stderr, "check: %s\n", f->text);
	++*(unsigned *)ctx;
}

// It goes on: the next message of each mailbox gets the UID that was promised.
static int verify_goes_on(struct world *w)
{
	for (unsigned i = 0; i < ACTORS; i++) {
		struct actor a;
		actor_init(&a, w, i, 1);
		struct span box = some_box(&a);
		struct append_result r = { 0 };
		bool found = false;
		struct mailbox_status st;
		const struct tree *t = account_tree_ref(a.account);
		size_t at = box.p ? tree_find(t, box, &found) : 0;
		if (found)
			mailbox_status(t->entries[at].mailbox, &st);
		tree_unref(t);
		if (found)
			OK(&a.op,
				append_commit(
					&a.op, append_new(&a, box, 1, SPAN("x: y\r\n\r\n")), &r));
		if (found && numset_min(&r.uids) != st.uid_next.v) {
			(void)fprintf(stderr, "the next message did not get the UID %" PRIu32 "\n",
				st.uid_next.v);
			return 1;
		}
		numset_done(&r.uids);
		account_unref(a.account);
		op_done(&a.op);
	}
	return 0;
}

static int verify_check(struct world *w)
{
	unsigned findings = 0;
	uint64_t frames, messages;
	OK(&w->op, store_check(&w->op, w->store, finding, &findings, &frames));
	OK(&w->op, mail_check(&w->op, w->mail, finding, &findings, &messages));
	return findings > 0;
}

int work_verify(const struct record *r, uint32_t cut, const char *folder,
	const struct expected expected[ACTORS], bool lenient, unsigned *ret_next)
{
	static struct world w; // of this process, which ends with it
	struct store_stats st;
	log_level_set(lenient ? LOG_ERROR_ + 1 : LOG_ERROR_);
	record_hurry();
	int rc = world_open(&w, folder, "auto");
	if (rc == RC_CORRUPT && lenient)
		return 0;
	if (rc)
		fail(&w.op, rc, "open");
	store_stats(w.store, &st);
	if (st.read_only && !lenient)
		(void)fprintf(stderr, "the store is read-only: %s\n", st.reason);
	if (st.read_only)
		return lenient ? 0 : 1;
	*ret_next = 0;
	for (unsigned i = 0; i < ACTORS; i++)
		if (verify_actor(&w, i, &expected[i], ret_next))
			return 1;
	for (uint32_t i = 0; i < cut; i++) {
		const struct event *e = record_event(r, i);
		if (e->kind == EVENT_SEEN &&
			verify_seen(&w, e, &expected[e->actor], *ret_next >> e->actor & 1))
			return 1;
	}
	return verify_check(&w) || verify_goes_on(&w);
}
