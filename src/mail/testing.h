// SPDX-License-Identifier: Apache-2.0
// Starling: what the tests of mail/ share: a store with a mail over it, and short calls that must succeed.
#ifndef MAIL_TESTING_H
#define MAIL_TESTING_H

#include "base/buf.h"
#include "mail/txn.h"
#include "mail/view.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	struct op op;
	const char *engine;
	char dir[64];
	struct store *store;
	struct mail *mail;
	struct account *a;
};

#define ok(f, call) ok_at((f), (call), #call, __LINE__)
static inline void ok_at(struct op *op, int rc, const char *call, int line)
{
	if (rc)
		print_error("line %d: %s: %d %s\n", line, call, rc, rc < 0 ? op_text(op, rc) : "");
	assert_int_equal(rc, 0);
}

static inline void fixture_open_mail(struct fixture *f)
{
	struct mail_config config = { .create_accounts = true };
	ok(&f->op, mail_open(&f->op, f->store, &config, &f->mail));
	ok(&f->op, account_open(&f->op, f->mail, SPAN("alice"), &f->a));
}

static inline void fixture_open_store(struct fixture *f)
{
	struct store_config config = {
		.engine = f->engine, .dir = f->dir, .segment_bytes = 4u << 20, .grace_ms = 1
	};
	ok(&f->op, store_open(&f->op, &config, &f->store));
}

// In memory where possible: it is about what is written, not about the disk. TMPDIR says otherwise.
static inline const char *scratch_folder(void)
{
	const char *dir = getenv("TMPDIR");
	if (dir && strlen(dir) <= 20)
		return dir;
	return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

static inline void fixture_begin(struct fixture *f, const char *engine)
{
	*f = (struct fixture){ .engine = engine };
	op_init(&f->op, 0);
	(void)snprintf(f->dir, sizeof f->dir, "%s/starling-mail-XXXXXX", scratch_folder()); // fits
	assert_non_null(mkdtemp(f->dir));
	fixture_open_store(f);
	fixture_open_mail(f);
}

static inline void fixture_close_mail(struct fixture *f)
{
	account_unref(f->a);
	mail_close(f->mail);
	f->a = NULL;
	f->mail = NULL;
}

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static inline void fixture_end(struct fixture *f)
{
	fixture_close_mail(f);
	store_close(f->store);
	op_done(&f->op);
	assert_int_equal(nftw(f->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

// Appends one message; returns its UID.
static inline uint32_t append_text(
	struct fixture *f, struct span mailbox, struct span text, struct flag_list flags)
{
	struct append *ap;
	struct append_result r;
	struct append_meta meta = { .flags = flags, .internal_date = 1000000 };
	ok(&f->op, append_begin(&f->op, f->a, mailbox, &ap));
	ok(&f->op, append_message(&f->op, ap, &meta, text.n));
	ok(&f->op, append_data(&f->op, ap, text));
	ok(&f->op, append_message_end(&f->op, ap));
	ok(&f->op, append_commit(&f->op, ap, &r));
	assert_int_equal(numset_size(&r.uids), 1);
	uint32_t uid = numset_min(&r.uids);
	numset_done(&r.uids);
	return uid;
}

static inline struct view *open_view(struct fixture *f, struct span mailbox)
{
	struct view *v;
	ok(&f->op, view_open(&f->op, f->a, mailbox, 0, &v));
	return v;
}

static inline struct mailbox_status status_of(struct fixture *f, struct span name)
{
	const struct tree *t = account_tree_ref(f->a);
	bool found;
	size_t i = tree_find(t, name, &found);
	assert_true(found);
	struct mailbox_status st;
	mailbox_status(t->entries[i].mailbox, &st);
	tree_unref(t);
	return st;
}

#endif
