// SPDX-License-Identifier: Apache-2.0
// Many threads on one account; a disk that fails; large copies; sweeps. After each, `mail_check` must find nothing, and what was visible must
// be what is there after opening again.
#include "mail/testing.h"

#include "base/clock.h"
#include "mail/check.h"
#include "store/local/faults.h"

#include <errno.h>
#include <pthread.h>

#define THREADS 6
#define BOXES 3

static const char *engine = "memory";
static const struct span box_name[BOXES] = { { "INBOX", 5 }, { "Archive", 7 }, { "Trash", 5 } };
static const struct span text = { "Subject: s\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n", 39 };

static void print_finding(void *ctx, const struct store_finding *f)
{
	print_error("partition %lu, mailbox %u, uid %u: %s\n", f->owner.partition, f->owner.mailbox,
		f->owner.uid, f->text);
	++*(int *)ctx;
}

static void check_finds_nothing(struct fixture *f, uint64_t messages)
{
	int found = 0;
	uint64_t n = 0;
	ok(&f->op, mail_check(&f->op, f->mail, print_finding, &found, &n));
	assert_int_equal(found, 0);
	if (messages != UINT64_MAX)
		assert_int_equal(n, messages);
}

static uint64_t total(struct fixture *f)
{
	uint64_t n = 0;
	for (size_t i = 0; i < BOXES; i++)
		n += status_of(f, box_name[i]).messages;
	return n;
}

// `n` messages in one APPEND.
static int append_many(struct op *op, struct account *a, struct span box, uint32_t n)
{
	struct append *ap;
	struct append_result r;
	struct append_meta meta = { .internal_date = 1000000 };
	int rc = append_begin(op, a, box, &ap);
	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		rc = append_message(op, ap, &meta, text.n);
		if (rc == 0)
			rc = append_data(op, ap, text);
		if (rc == 0)
			rc = append_message_end(op, ap);
		if (rc < 0)
			append_abort(ap);
	}
	if (rc == 0)
		rc = append_commit(op, ap, &r);
	if (rc == 0)
		numset_done(&r.uids);
	return rc;
}

// --- one thread's life: a client with a view that checks that what it is told fits together ---

struct worker {
	struct fixture *f;
	pthread_t thread;
	uint64_t random;
	int steps;
	uint32_t exists;
	int faults; // commands that failed
};

static uint32_t below(struct worker *w, uint32_t n)
{
	w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((w->random >> 33) % n);
}

static int sync_view(struct op *op, struct worker *w, struct view *v)
{
	struct view_change c;
	int rc;
	while ((rc = view_sync_next(op, v, SYNC_EXPUNGE | SYNC_REST, &c)) == 0) {
		if (c.kind == CHANGE_EXPUNGE) {
			must(c.msg.seq.v >= 1 && c.msg.seq.v <= w->exists);
			w->exists--;
		} else if (c.kind == CHANGE_EXISTS) {
			must(c.count > w->exists);
			w->exists = c.count;
		}
		must(w->exists == view_exists(v));
	}
	return rc < 0 ? rc : 0;
}

static int change(struct op *op, struct worker *w, struct view *v)
{
	struct numset uids = { 0 };
	struct flags_result fr;
	struct copy_result cr;
	struct numset gone;
	uint32_t first = 1 + below(w, view_uid_next(v).v);
	numset_add_range(&uids, first, first + below(w, 40));
	struct span word = SPAN("busy");
	struct flags_args args = { .uids = &uids,
		.change = (enum flag_change)below(w, 3),
		.list = { below(w, 32), &word, below(w, 2) },
		.unchanged_since = { UINT64_MAX },
		.silent = below(w, 2) };
	int rc = 0;
	switch (below(w, 8)) {
	case 0:
	case 1:
		rc = append_many(op, w->f->a, box_name[below(w, BOXES)], 1 + below(w, 4));
		break;
	case 2:
		rc = txn_expunge(op, v, below(w, 2) ? &uids : NULL, &gone);
		if (rc == 0)
			numset_done(&gone);
		break;
	case 3:
		rc = txn_copy(op, v, &uids, box_name[below(w, BOXES)], below(w, 2), &cr);
		if (rc == 0)
			copy_result_done(&cr);
		break;
	case 4:
		rc = mailbox_subscribe(op, w->f->a, SPAN("some/where"), below(w, 2));
		break;
	default:
		rc = txn_flags(op, v, &args, &fr);
		if (rc == 0)
			flags_result_done(&fr);
	}
	numset_done(&uids);
	return rc;
}

static void *worker_run(void *arg)
{
	struct worker *w = arg;
	struct op op;
	struct view *v = NULL;
	op_init(&op, 0);
	for (int i = 0; i < w->steps; i++) {
		if (!v || below(w, 50) == 0) {
			view_close(v);
			v = NULL;
			if (view_open(&op, w->f->a, box_name[below(w, BOXES)], 0, &v) < 0)
				continue;
			w->exists = view_exists(v);
		}
		w->faults += change(&op, w, v) < 0;
		int rc = sync_view(&op, w, v);
		if (rc < 0)
			print_error("sync: %s\n", op_text(&op, rc));
		must(rc == 0);
		op_reset(&op);
	}
	view_close(v);
	op_done(&op);
	return NULL;
}

static int run_workers(struct fixture *f, int steps, uint64_t seed)
{
	struct worker w[THREADS];
	int faults = 0;
	for (int i = 0; i < THREADS; i++) {
		w[i] = (struct worker){
			.f = f, .random = seed * 100 + (uint64_t)i, .steps = steps
		};
		assert_int_equal(pthread_create(&w[i].thread, NULL, worker_run, &w[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
		faults += w[i].faults;
	}
	return faults;
}

// What is visible now is what is there after opening again.
static void same_after_reopen(struct fixture *f)
{
	struct mailbox_status was[BOXES];
	for (size_t i = 0; i < BOXES; i++)
		was[i] = status_of(f, box_name[i]);
	fixture_close_mail(f);
	if (strcmp(engine, "memory") != 0) {
		store_close(f->store);
		fixture_open_store(f);
	}
	fixture_open_mail(f);
	for (size_t i = 0; i < BOXES; i++) {
		struct mailbox_status is = status_of(f, box_name[i]);
		assert_int_equal(is.messages, was[i].messages);
		assert_int_equal(is.unseen, was[i].unseen);
		assert_int_equal(is.deleted, was[i].deleted);
		assert_int_equal(is.size, was[i].size);
		assert_int_equal(is.uid_next.v, was[i].uid_next.v);
		assert_int_equal(is.highest_modseq.v, was[i].highest_modseq.v);
	}
	check_finds_nothing(f, total(f));
}

static void test_threads(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	assert_int_equal(run_workers(&f, 200, 1), 0);
	check_finds_nothing(&f, total(&f));
	ok(&f.op, mail_sweep(&f.op, f.mail));
	check_finds_nothing(&f, total(&f));
	same_after_reopen(&f);
	fixture_end(&f);
}

// --- a disk that fails now and then ---

struct bad_disk {
	_Atomic int calls;
	_Atomic int every; // 0: sound
	int error;
	enum file_call call;
	struct files files; // the store keeps a pointer to it
};

static int bad_disk_fault(void *ctx, enum file_call call, size_t *n)
{
	struct bad_disk *d = ctx;
	(void)n;
	int every = atomic_load(&d->every);
	if (!every || call != d->call)
		return 0;
	return atomic_fetch_add(&d->calls, 1) % every == every - 1 ? d->error : 0;
}

static void open_on(struct fixture *f, struct bad_disk *d)
{
	d->files = (struct files){ bad_disk_fault, d };
	fixture_close_mail(f);
	store_close(f->store);
	struct store_config config = {
		.engine = "local", .dir = f->dir, .segment_bytes = 4u << 20, .grace_ms = 1
	};
	ok(&f->op, local_open_with(&f->op, &config, &d->files, &f->store));
	fixture_open_mail(f);
}

static void test_disk_full(void **state)
{
	(void)state;
	struct fixture f;
	if (strcmp(engine, "local") != 0)
		skip();
	struct bad_disk d = { .error = ENOSPC, .call = FILE_WRITE };
	fixture_begin(&f, engine);
	assert_int_equal(run_workers(&f, 20, 2), 0);
	open_on(&f, &d);
	atomic_store(&d.every, 7);
	assert_true(run_workers(&f, 150, 3) > 0);
	atomic_store(&d.every, 0);
	check_finds_nothing(&f, total(&f));
	assert_int_equal(run_workers(&f, 20, 4), 0); // the disk is sound: all goes on
	same_after_reopen(&f);
	fixture_end(&f);
}

static void test_disk_broken(void **state)
{
	(void)state;
	struct fixture f;
	if (strcmp(engine, "local") != 0)
		skip();
	for (int every = 20; every < 200; every += 45) {
		struct bad_disk d = { .error = EIO, .call = FILE_SYNC };
		fixture_begin(&f, engine);
		open_on(&f, &d);
		atomic_store(&d.every, every);
		assert_true(run_workers(&f, 400, (uint64_t)every) > 0);
		check_finds_nothing(&f, total(&f));
		struct mailbox_status was = status_of(&f, box_name[0]);
		fixture_close_mail(&f);
		store_close(f.store);
		fixture_open_store(&f);
		fixture_open_mail(&f);
		// What was answered is there; what failed may be there.
		assert_true(status_of(&f, box_name[0]).uid_next.v >= was.uid_next.v);
		check_finds_nothing(&f, total(&f));
		assert_int_equal(run_workers(&f, 20, 5), 0);
		check_finds_nothing(&f, total(&f));
		fixture_end(&f);
	}
}

// --- large ---

static uint32_t chunks_stored(struct fixture *f)
{
	uint32_t n = 0;
	struct store_cursor *c;
	struct span key, value;
	ok(&f->op, store_cursor_open(&f->op, f->store, NULL, 2, SPAN("B"), SPAN("C"), &c));
	while (store_cursor_next(&f->op, c, &key, &value) == 0)
		n += key.n == 10 && key.p[5] == 'H';
	store_cursor_close(c);
	return n;
}

#define LARGE 26000 // more than one batch for STORE, MOVE and EXPUNGE

static void test_large(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	struct numset all = { 0 }, gone;
	struct copy_result r;
	numset_add_range(&all, 1, UINT32_MAX - 1);
	for (int i = 0; i < LARGE / 2000; i++)
		ok(&f.op, append_many(&f.op, f.a, box_name[0], 2000));
	struct view *v = open_view(&f, box_name[0]), *w = open_view(&f, box_name[1]);
	assert_int_equal(view_exists(v), LARGE);
	ok(&f.op, txn_copy(&f.op, v, &all, box_name[1], false, &r));
	assert_int_equal(numset_size(&r.from), LARGE);
	assert_int_equal(numset_size(&r.to), LARGE);
	copy_result_done(&r);
	struct flags_args args = { .uids = &all,
		.change = FLAGS_ADD,
		.list = { .flags = FLAG_DELETED },
		.unchanged_since = { UINT64_MAX } };
	struct flags_result fr;
	struct view_change c;
	while (view_sync_next(&f.op, w, SYNC_REST, &c) == 0)
		;
	ok(&f.op, txn_flags(&f.op, w, &args, &fr));
	assert_int_equal(numset_size(&fr.changed), LARGE);
	flags_result_done(&fr);
	uint32_t changes = 0;
	while (view_sync_next(&f.op, w, SYNC_REST, &c) == 0)
		changes += c.kind == CHANGE_FLAGS;
	assert_int_equal(changes, LARGE);
	// A move that is given up leaves nothing behind.
	atomic_bool cancel = true;
	uint32_t chunks = chunks_stored(&f);
	f.op.cancel = &cancel;
	assert_int_equal(txn_copy(&f.op, w, &all, box_name[2], true, &r), RC_CANCELLED);
	f.op.cancel = NULL;
	assert_int_equal(chunks_stored(&f), chunks);
	ok(&f.op, txn_copy(&f.op, w, &all, box_name[2], true, &r));
	assert_int_equal(numset_size(&r.from), LARGE);
	copy_result_done(&r);
	assert_int_equal(status_of(&f, box_name[1]).messages, 0);
	assert_int_equal(status_of(&f, box_name[2]).deleted, LARGE);
	ok(&f.op, append_many(&f.op, f.a, box_name[2], 5));
	view_close(w);
	w = open_view(&f, box_name[2]);
	ok(&f.op, txn_expunge(&f.op, w, NULL, &gone));
	assert_int_equal(numset_size(&gone), LARGE);
	numset_done(&gone);
	uint32_t told = 0;
	while (view_sync_next(&f.op, w, SYNC_EXPUNGE | SYNC_REST, &c) == 0)
		told += c.kind == CHANGE_EXPUNGE;
	assert_int_equal(told, LARGE);
	view_close(w);
	view_close(v);
	numset_done(&all);
	check_finds_nothing(&f, LARGE + 5);
	same_after_reopen(&f);
	fixture_end(&f);
}

// A copy that a crash cuts short leaves chunks that nobody lists; the next change removes them.
static void test_copy_cut_short(void **state)
{
	(void)state;
	struct fixture f;
	if (strcmp(engine, "local") != 0)
		skip();
	fixture_begin(&f, engine);
	struct bad_disk d = { .error = EIO, .call = FILE_SYNC };
	struct numset all = { 0 };
	struct copy_result r;
	numset_add_range(&all, 1, UINT32_MAX - 1);
	for (int i = 0; i < 6; i++)
		ok(&f.op, append_many(&f.op, f.a, box_name[0], 2000));
	uint32_t chunks = chunks_stored(&f);
	open_on(&f, &d);
	struct view *v = open_view(&f, box_name[0]);
	atomic_store(&d.every, 4);
	assert_true(txn_copy(&f.op, v, &all, box_name[1], false, &r) < 0);
	view_close(v);
	atomic_store(&d.every, 0);
	fixture_close_mail(&f);
	store_close(f.store);
	fixture_open_store(&f);
	fixture_open_mail(&f);
	assert_true(chunks_stored(&f) > chunks);
	assert_int_equal(status_of(&f, box_name[1]).messages, 0);
	ok(&f.op, append_many(&f.op, f.a, box_name[1], 1));
	assert_int_equal(chunks_stored(&f), chunks + 1);
	check_finds_nothing(&f, 12001);
	numset_done(&all);
	fixture_end(&f);
}

static void test_check_finds(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	ok(&f.op, append_many(&f.op, f.a, box_name[0], 200));
	fixture_close_mail(&f);
	struct store_batch b;
	struct store_ticket t;
	batch_init(&b, 2);
	// INBOX: node 1, data 2; chunk 1: one message is \Seen though nobody counted it.
	batch_patch(&b, span_of("B\0\0\0\2H\0\0\0\1", 10), 24 * 5 + 4, SPAN("\1"));
	ok(&f.op, store_submit(&f.op, f.store, &b, &t));
	batch_done(&b);
	ok(&f.op, store_wait(&f.op, f.store, t));
	fixture_open_mail(&f);
	int found = 0;
	uint64_t n;
	ok(&f.op, mail_check(&f.op, f.mail, print_finding, &found, &n));
	assert_true(found >= 2);
	assert_int_equal(n, 200);
	fixture_end(&f);
}

static void test_sweep(void **state)
{
	(void)state;
	struct fixture f;
	fixture_begin(&f, engine);
	ok(&f.op, append_many(&f.op, f.a, box_name[0], 300));
	struct view *v = open_view(&f, box_name[0]);
	struct numset some = { 0 }, gone, all = { 0 };
	struct copy_result r;
	numset_add_range(&some, 50, 100);
	ok(&f.op, txn_copy(&f.op, v, &some, box_name[1], false, &r));
	copy_result_done(&r);
	numset_add_range(&all, 1, 290);
	struct flags_args args = { .uids = &all,
		.change = FLAGS_ADD,
		.list = { .flags = FLAG_DELETED },
		.unchanged_since = { UINT64_MAX } };
	struct flags_result fr;
	ok(&f.op, txn_flags(&f.op, v, &args, &fr));
	flags_result_done(&fr);
	ok(&f.op, txn_expunge(&f.op, v, NULL, &gone));
	numset_done(&gone);
	view_close(v);
	struct store_stats stats;
	ok(&f.op, mail_sweep(&f.op, f.mail));
	usleep(5000);
	ok(&f.op, mail_sweep(&f.op, f.mail));
	store_stats(f.store, &stats);
	assert_int_equal(stats.blobs, 10 + 51);
	check_finds_nothing(&f, 10 + 51);
	numset_done(&some);
	numset_done(&all);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		engine = argv[1];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_finds),
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_copy_cut_short),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_disk_broken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
