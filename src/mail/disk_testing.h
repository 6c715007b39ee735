// SPDX-License-Identifier: Apache-2.0
// Starling: for tests of mail/ on the local engine: a disk that fails when the test says so.
#ifndef MAIL_DISK_TESTING_H
#define MAIL_DISK_TESTING_H

#include "mail/testing.h"
#include "store/local/faults.h"

static _Atomic int disk_error; // the errno that every write fails with; 0: none does

static inline int disk_fault(void *ctx, enum file_call call, size_t *n)
{
	(void)ctx, (void)n;
	return call == FILE_WRITE ? atomic_load(&disk_error) : 0;
}

// What the fixture has, opened again on that disk, which is sound so far.
static inline void fixture_reopen_on_disk(struct fixture *f)
{
	static const struct files files = { disk_fault, NULL };
	struct store_config config = { .engine = f->engine, .dir = f->dir };
	disk_error = 0;
	fixture_close_mail(f);
	store_close(f->store);
	ok(&f->op, local_open_with(&f->op, &config, &files, &f->store));
	fixture_open_mail(f);
}

#endif
