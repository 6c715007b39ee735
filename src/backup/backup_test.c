// SPDX-License-Identifier: Apache-2.0
// The format of a folder of backups: what was written is read, what was changed is refused, what did not change is the same octets.
#include "backup/catalog.h"
#include "backup/state.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	struct op op;
	char dir[64];
	struct backup_folder folder;
};

static void ok(struct op *op, int rc)
{
	if (rc)
		print_error("%d %s\n", rc, op_text(op, rc));
	assert_int_equal(rc, 0);
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	op_init(&f->op, 0);
	(void)snprintf(f->dir, sizeof f->dir, "/tmp/starling-backup-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	ok(&f->op, backup_open(&f->op, f->dir, BACKUP_MAKE, &f->folder));
	*state = f;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static int end(void **state)
{
	struct fixture *f = *state;
	backup_close(&f->folder);
	op_done(&f->op);
	assert_int_equal(nftw(f->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(f);
	return 0;
}

// One octet of a file of the folder, changed.
static void flip(struct fixture *f, const char *name, off_t at)
{
	char c;
	int fd = openat(f->folder.fd, name, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 0x10;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

// --- the folder ---

// In place of the C library's: a file system without hard links.
static bool no_links;
int linkat(int from, const char *name, int to, const char *as, int flags)
{
	errno = EPERM;
	return no_links ? -1 : (int)syscall(SYS_linkat, from, name, to, as, flags);
}

// Likewise: folders whose names were made durable.
static ino_t synced[16];
static size_t synced_n;
int fsync(int fd)
{
	struct stat st;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && synced_n < 16)
		synced[synced_n++] = st.st_ino;
	return (int)syscall(SYS_fsync, fd);
}

static bool was_synced(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	for (size_t i = 0; i < synced_n; i++)
		if (synced[i] == st.st_ino)
			return true;
	return false;
}

// A power cut after the first backup leaves the folder's name, too.
static void test_new_folder(void **state)
{
	struct fixture *f = *state;
	struct backup_folder made;
	char path[96];
	(void)snprintf(path, sizeof path, "%s/made", f->dir);
	synced_n = 0;
	ok(&f->op, backup_open(&f->op, path, BACKUP_MAKE, &made));
	assert_true(was_synced(path));
	assert_true(was_synced(f->dir));
	backup_close(&made);
}

// Who reads packs is not robbed of them.
static void test_hold(void **state)
{
	struct fixture *f = *state;
	struct backup_folder one, two;
	ok(&f->op, backup_open(&f->op, f->dir, BACKUP_READ, &one));
	ok(&f->op, backup_open(&f->op, f->dir, BACKUP_READ, &two));
	ok(&f->op, backup_hold(&f->op, &one, false));
	ok(&f->op, backup_hold(&f->op, &two, false));
	assert_int_equal(backup_hold(&f->op, &f->folder, true), RC_LOCKED);
	backup_close(&one);
	assert_int_equal(backup_hold(&f->op, &f->folder, true), RC_LOCKED);
	backup_close(&two);
	ok(&f->op, backup_hold(&f->op, &f->folder, true));
	ok(&f->op, backup_open(&f->op, f->dir, BACKUP_READ, &one));
	assert_int_equal(backup_hold(&f->op, &one, false), RC_LOCKED);
	backup_close(&one);
}

// No name is taken twice there either.
static void test_no_links(void **state)
{
	struct fixture *f = *state;
	struct buf text = { 0 };
	no_links = true;
	ok(&f->op, backup_file_put(&f->op, &f->folder, "claims/a", SPAN("one")));
	assert_int_equal(
		backup_file_put(&f->op, &f->folder, "claims/a", SPAN("two")), RC_ALREADYEXISTS);
	no_links = false;
	ok(&f->op, backup_file_get(&f->op, &f->folder, "claims/a", 3, &text));
	assert_true(span_eq(buf_span(&text), SPAN("one")));
	buf_done(&text);
}

static void test_folder(void **state)
{
	struct fixture *f = *state;
	struct backup_folder other;
	struct buf text = { 0 };
	assert_int_equal(backup_open(&f->op, f->dir, BACKUP_WRITE, &other), RC_LOCKED);
	ok(&f->op, backup_open(&f->op, f->dir, BACKUP_READ, &other));
	backup_close(&other);
	ok(&f->op, backup_file_put(&f->op, &f->folder, "claims/a", SPAN("one")));
	assert_int_equal(
		backup_file_put(&f->op, &f->folder, "claims/a", SPAN("two")), RC_ALREADYEXISTS);
	ok(&f->op, backup_file_get(&f->op, &f->folder, "claims/a", 3, &text));
	assert_true(span_eq(buf_span(&text), SPAN("one")));
	assert_int_equal(backup_file_get(&f->op, &f->folder, "claims/a", 2, &text), RC_TOOBIG);
	assert_int_equal(backup_file_get(&f->op, &f->folder, "claims/b", 9, &text), RC_NONEXISTENT);
	assert_int_equal(backup_file_get(&f->op, &f->folder, "claims", 9999, &text), RC_CORRUPT);
	buf_done(&text);
	assert_int_equal(backup_open(&f->op, "/dev", BACKUP_MAKE, &other), RC_CANNOT);
	assert_int_equal(backup_open(&f->op, "/dev", BACKUP_READ, &other), RC_NONEXISTENT);
}

// --- packs ---

// One number is one pack; what is not there as it was is forgotten when asked.
static void check_list(struct fixture *f, const struct pack *p)
{
	struct packs list = { 0 };
	struct pack other = *p;
	other.hash[PACK_HASH - 1] ^= 1;
	ok(&f->op, packs_add(&f->op, &list, p));
	ok(&f->op, packs_add(&f->op, &list, p));
	assert_int_equal(packs_add(&f->op, &list, &other), RC_CORRUPT);
	assert_int_equal(list.n, 1);
	assert_true(packs_have(&list, p));
	assert_false(packs_have(&list, &other));
	assert_int_equal(packs_drop_missing(&f->folder, &list), 0);
	other.number++;
	ok(&f->op, packs_add(&f->op, &list, &other));
	assert_int_equal(packs_drop_missing(&f->folder, &list), 1);
	assert_non_null(packs_find(&list, p->number));
	list.v[0].size++;
	assert_int_equal(packs_drop_missing(&f->folder, &list), 1);
	assert_int_equal(list.n, 0);
	packs_done(&list);
}

static void test_packs(void **state)
{
	struct fixture *f = *state;
	struct pack_writer w;
	struct pack_ref refs[40], empty, long_one;
	char octets[1000];
	struct buf got = { 0 }, large = { 0 };
	pack_writer_init(&w, &f->folder, 7);
	for (size_t i = 0; i < 40; i++) {
		memset(octets, (int)i, sizeof octets);
		ok(&f->op, pack_put(&f->op, &w, PACK_BLOB, i, span_of(octets, i * 25), &refs[i]));
		if (i % 10)
			continue;
		// One that breaks off in the middle leaves no trace.
		ok(&f->op, pack_begin(&f->op, &w, PACK_BLOB, 99, 500));
		ok(&f->op, pack_data(&f->op, &w, span_of(octets, 300)));
		ok(&f->op, pack_drop(&f->op, &w));
	}
	ok(&f->op, pack_put(&f->op, &w, PACK_BLOB, 50, SPAN(""), &empty));
	while (large.n < 700000)
		buf_add(&large, SPAN("some words, again and again "));
	ok(&f->op, pack_put(&f->op, &w, PACK_BLOB, 51, buf_span(&large), &long_one));
	ok(&f->op, pack_writer_finish(&f->op, &w));
	assert_int_equal(w.done.n, 1);
	ok(&f->op, pack_verify(&f->op, &f->folder, &w.done.v[0]));
	check_list(f, &w.done.v[0]);

	struct pack_reader r;
	pack_reader_init(&r, &f->folder, &w.done);
	for (size_t i = 0; i < 40; i++) {
		memset(octets, (int)i, sizeof octets);
		ok(&f->op, pack_read_whole(&f->op, &r, &refs[i], 1000, &got));
		assert_true(span_eq(buf_span(&got), span_of(octets, i * 25)));
	}
	ok(&f->op, pack_read_whole(&f->op, &r, &empty, 0, &got));
	ok(&f->op, pack_read_whole(&f->op, &r, &long_one, 1 << 20, &got));
	assert_true(span_eq(buf_span(&got), buf_span(&large)));
	assert_int_equal(pack_read_whole(&f->op, &r, &long_one, 1000, &got), RC_TOOBIG);
	// References that make no sense.
	struct pack_ref bad = refs[9];
	bad.pack = 8;
	assert_int_equal(pack_read_whole(&f->op, &r, &bad, 1000, &got), RC_CORRUPT);
	bad = refs[9];
	bad.offset++;
	assert_int_equal(pack_read_whole(&f->op, &r, &bad, 1000, &got), RC_CORRUPT);
	bad = refs[9];
	bad.offset = UINT64_MAX - 3;
	assert_int_equal(pack_read_whole(&f->op, &r, &bad, 1000, &got), RC_CORRUPT);
	bad = refs[9];
	bad.size = UINT64_MAX;
	assert_int_equal(pack_read_whole(&f->op, &r, &bad, UINT64_MAX, &got), RC_CORRUPT);
	bad = refs[9];
	bad.hash[31] ^= 1;
	assert_int_equal(pack_read_whole(&f->op, &r, &bad, 1000, &got), RC_CORRUPT);
	// Every octet of an object's head, body and of the hash behind it counts, for its reader or for who verifies the pack.
	char name[PACK_NAME];
	pack_name(&w.done.v[0], name);
	for (off_t at = 0; at < 32 + 25 + 32; at++) {
		flip(f, name, (off_t)refs[1].offset + at);
		assert_int_equal(pack_verify(&f->op, &f->folder, &w.done.v[0]), RC_CORRUPT);
		int rc = pack_read_whole(&f->op, &r, &refs[1], 1000, &got);
		assert_true(rc == RC_CORRUPT || (rc == 0 && (at >= 32 + 25 || at >= 28)));
		if (at >= 32 && at < 32 + 25)
			assert_int_equal(rc, RC_CORRUPT);
		flip(f, name, (off_t)refs[1].offset + at);
	}
	ok(&f->op, pack_verify(&f->op, &f->folder, &w.done.v[0]));
	assert_int_equal(unlinkat(f->folder.fd, name, 0), 0);
	pack_reader_done(&r);
	pack_reader_init(&r, &f->folder, &w.done);
	assert_int_equal(pack_read_whole(&f->op, &r, &refs[1], 1000, &got), RC_NONEXISTENT);
	pack_reader_done(&r);
	pack_writer_done(&w);
	buf_done(&got);
	buf_done(&large);
}

// What is longer or shorter than it said is refused.
static void test_object_sizes(void **state)
{
	struct fixture *f = *state;
	struct pack_writer w;
	struct pack_ref ref;
	pack_writer_init(&w, &f->folder, 1);
	ok(&f->op, pack_begin(&f->op, &w, PACK_BLOB, 1, 3));
	assert_int_equal(pack_data(&f->op, &w, SPAN("four")), RC_CORRUPT);
	ok(&f->op, pack_data(&f->op, &w, SPAN("ab")));
	assert_int_equal(pack_end(&f->op, &w, &ref), RC_CORRUPT);
	pack_writer_done(&w);
	uint64_t number;
	assert_true(pack_name_parse("00000000000000ff-0123456789abcdef.pack", &number));
	assert_int_equal(number, 255);
	assert_false(pack_name_parse("0000000000000fF-x", &number));
	assert_false(pack_name_parse("short", &number));
}

// --- manifests ---

static void example(struct fixture *f, struct manifest *m)
{
	struct pack_ref ref = { 3, 40, 500, { 1, 2, 3 } };
	struct pack p = { 3, 1000, { 9, 8 } };
	manifest_init(m);
	m->number = 12;
	memset(m->token, 0xab, sizeof m->token);
	m->time = 1700000000;
	m->scope = SCOPE_ACCOUNT;
	m->final = true;
	ok(&f->op, manifest_add_account(&f->op, m, SPAN("anna@example.org"), 7));
	m->accounts[0].messages = 42;
	ok(&f->op, manifest_add_page(&f->op, m, SPAN("A"), &ref));
	ok(&f->op, manifest_add_page(&f->op, m, SPAN("M\0\0\0\1"), &ref));
	ok(&f->op, manifest_add_account(&f->op, m, SPAN("bert"), 8));
	ok(&f->op, manifest_add_catalog(&f->op, m, 0, &ref));
	ok(&f->op, manifest_add_catalog(&f->op, m, 5, &ref));
	ok(&f->op, manifest_add_damaged(&f->op, m, 17));
	ok(&f->op, packs_add(&f->op, &m->packs, &p));
}

static void test_manifest(void **state)
{
	struct fixture *f = *state;
	struct manifest m, again;
	struct buf text = { 0 }, second = { 0 };
	example(f, &m);
	manifest_print(&m, &text);
	ok(&f->op, manifest_parse(&f->op, buf_span(&text), &again));
	manifest_print(&again, &second);
	assert_true(span_eq(buf_span(&text), buf_span(&second)));
	assert_int_equal(again.accounts[0].pages, 2);
	assert_true(span_eq(again.pages[1].first, SPAN("M\0\0\0\1")));
	assert_true(manifest_account(&again, SPAN("bert")) == &again.accounts[1]);
	assert_null(manifest_account(&again, SPAN("carl")));
	assert_true(manifest_is_damaged(&again, 17));
	assert_false(manifest_is_damaged(&again, 18));
	manifest_done(&again);
	for (size_t i = 0; i < text.n; i++) {
		assert_true(manifest_parse(&f->op, span_cut(buf_span(&text), 0, i), &again) < 0);
		text.p[i] ^= 1;
		assert_true(manifest_parse(&f->op, buf_span(&text), &again) < 0);
		text.p[i] ^= 1;
	}
	ok(&f->op, manifest_write(&f->op, &f->folder, &m));
	assert_int_equal(manifest_write(&f->op, &f->folder, &m), RC_ALREADYEXISTS);
	m.number = 3;
	ok(&f->op, manifest_write(&f->op, &f->folder, &m));
	uint64_t *numbers;
	size_t count;
	ok(&f->op, manifest_list(&f->op, &f->folder, &numbers, &count));
	assert_int_equal(count, 2);
	assert_true(numbers[0] == 3 && numbers[1] == 12);
	ok(&f->op, manifest_read(&f->op, &f->folder, 12, &again));
	manifest_done(&again);
	assert_int_equal(manifest_read(&f->op, &f->folder, 4, &again), RC_NONEXISTENT);
	manifest_done(&m);
	buf_done(&text);
	buf_done(&second);
}

// Lines that only somebody who wanted to could write: their hash is right.
static void test_hostile_manifest(void **state)
{
	struct fixture *f = *state;
	static const char *const lines[] = {
		"page 41 1 2 3 00\n",
		"account 61 1\n",
		"account 6 1 1\n",
		"account zz 1 1\n",
		"account 61 1 1 1\n",
		"account 61 -1 1\n",
		"account 61 99999999999999999999999 1\n",
		"catalog 1\n",
		"damaged 5\ndamaged 5\n",
		"damaged 6\ndamaged 5\n",
		"pack 1 1 .\n",
		"nonsense\n",
		"backup 1 00 1 full kept\n",
		"backup 1 00000000000000000000000000000000 1 most kept\n",
		"\n",
		" \n",
		"account 61 1 1\npage",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct buf text = { 0 };
		struct manifest m;
		uint8_t hash[PACK_HASH];
		buf_addf(&text, "starling-backup-manifest 1\n%s", lines[i]);
		pack_hash(buf_span(&text), hash);
		buf_add(&text, SPAN("end "));
		for (size_t k = 0; k < PACK_HASH; k++)
			buf_addf(&text, "%02x", hash[k]);
		buf_addc(&text, '\n');
		assert_int_equal(manifest_parse(&f->op, buf_span(&text), &m), RC_CORRUPT);
		buf_done(&text);
	}
	struct manifest m;
	assert_int_equal(
		manifest_parse(&f->op, SPAN("starling-backup-manifest 2\n"), &m), RC_VERSION);
	assert_int_equal(manifest_parse(&f->op, SPAN("letter\n"), &m), RC_CORRUPT);
}

// --- pages of records ---

struct paging {
	struct fixture *f;
	struct pack_writer w;
	struct manifest m;
};

static int emit(struct op *op, void *ctx, struct span first, struct span page)
{
	struct paging *p = ctx;
	struct pack_ref ref;
	int rc = pack_put(op, &p->w, PACK_STATE, 0, page, &ref);
	return rc < 0 ? rc : manifest_add_page(op, &p->m, first, &ref);
}

#define RECORDS 3000u

static struct span record_key(char to[8], uint32_t i)
{
	to[0] = 'B';
	i = __builtin_bswap32(i * 3);
	memcpy(to + 1, &i, 4);
	return span_of(to, 5);
}

static void pages_write(struct paging *p, struct fixture *f, uint32_t changed)
{
	struct state_pager pager;
	char key[8], value[600];
	manifest_init(&p->m);
	p->f = f;
	ok(&f->op, manifest_add_account(&f->op, &p->m, SPAN("anna"), 2));
	state_pager_init(&pager, emit, p);
	for (uint32_t i = 0; i < RECORDS; i++) {
		memset(value, (int)(i % 200) + (i == changed), sizeof value);
		ok(&f->op, state_add(&f->op, &pager, record_key(key, i), span_of(value, i % 600)));
	}
	ok(&f->op, state_end(&f->op, &pager));
	state_pager_done(&pager);
}

static void test_state(void **state)
{
	struct fixture *f = *state;
	struct paging one, two;
	pack_writer_init(&one.w, &f->folder, 1);
	pack_writer_init(&two.w, &f->folder, 2);
	pages_write(&one, f, UINT32_MAX);
	pages_write(&two, f, 1999);
	ok(&f->op, pack_writer_finish(&f->op, &one.w));
	assert_true(one.m.page_count > 20);
	assert_int_equal(one.m.page_count, two.m.page_count);
	size_t differ = 0;
	for (size_t i = 0; i < one.m.page_count; i++)
		differ += memcmp(one.m.pages[i].ref.hash, two.m.pages[i].ref.hash, PACK_HASH) != 0;
	assert_int_equal(differ, 1);

	struct pack_reader r;
	struct state_cursor c = { 0 };
	struct span got_key, got_value;
	char key[8];
	pack_reader_init(&r, &f->folder, &one.w.done);
	for (uint32_t from = 0; from < RECORDS + 2; from += 7) {
		record_key(key, from);
		if (from % 2)
			key[4]--; // between two keys
		ok(&f->op, state_seek(&f->op, &c, &r, &one.m, &one.m.accounts[0], span_of(key, 5)));
		for (uint32_t i = from; i < from + 40 || i == RECORDS; i++) {
			int rc = state_next(&f->op, &c, &got_key, &got_value);
			assert_int_equal(rc, i < RECORDS ? 0 : STATE_END);
			if (rc)
				break;
			char want[8];
			assert_true(span_eq(got_key, record_key(want, i)));
			assert_int_equal(got_value.n, i % 600);
		}
	}
	ok(&f->op, state_seek(&f->op, &c, &r, &one.m, &one.m.accounts[0], SPAN("")));
	uint32_t n = 0;
	while (state_next(&f->op, &c, &got_key, &got_value) == 0)
		n++;
	assert_int_equal(n, RECORDS);
	// Pages in another order than their keys are damage.
	struct manifest_page page = one.m.pages[3];
	one.m.pages[3].ref = one.m.pages[4].ref;
	one.m.pages[4].ref = page.ref;
	ok(&f->op, state_seek(&f->op, &c, &r, &one.m, &one.m.accounts[0], SPAN("")));
	int rc;
	while ((rc = state_next(&f->op, &c, &got_key, &got_value)) == 0)
		;
	assert_int_equal(rc, RC_CORRUPT);
	state_cursor_done(&c);
	pack_reader_done(&r);
	manifest_done(&one.m);
	manifest_done(&two.m);
	pack_writer_done(&one.w);
	pack_writer_done(&two.w);
}

// --- catalogs ---

static void test_catalog(void **state)
{
	struct fixture *f = *state;
	struct pack_writer w;
	struct manifest m;
	manifest_init(&m);
	pack_writer_init(&w, &f->folder, 1);
	static const uint64_t pages[] = { 0, 1, 16, 17, 33 };
	for (size_t i = 0; i < 5; i++) {
		struct buf page = { 0 };
		struct pack_ref ref;
		for (uint64_t id = pages[i] * CATALOG_IDS; id < (pages[i] + 1) * CATALOG_IDS;
			id += 3)
			catalog_add(&page, id, &(struct pack_ref){ 1, id * 2, id + 5, { 7 } });
		ok(&f->op, pack_put(&f->op, &w, PACK_CATALOG, i, buf_span(&page), &ref));
		ok(&f->op, manifest_add_catalog(&f->op, &m, pages[i], &ref));
		buf_done(&page);
	}
	ok(&f->op, pack_writer_finish(&f->op, &w));
	ok(&f->op, packs_add(&f->op, &m.packs, &w.done.v[0]));
	struct catalog c;
	struct pack_ref got;
	catalog_init(&c, &f->folder, &m);
	for (size_t i = 0; i < 5; i++) {
		uint64_t first = pages[i] * CATALOG_IDS;
		for (uint64_t id = first; id < first + CATALOG_IDS; id++) {
			int rc = catalog_get(&f->op, &c, id, &got);
			assert_int_equal(rc, (id - first) % 3 ? CATALOG_NONE : 0);
			if (rc == 0)
				assert_true(got.offset == id * 2 && got.size == id + 5);
		}
	}
	assert_int_equal(catalog_get(&f->op, &c, 2 * CATALOG_IDS, &got), CATALOG_NONE);
	assert_int_equal(catalog_get(&f->op, &c, UINT64_MAX, &got), CATALOG_NONE);
	assert_false(catalog_find(SPAN("short"), 1, &got));
	catalog_done(&c);
	manifest_done(&m);
	pack_writer_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_folder, begin, end),
		cmocka_unit_test_setup_teardown(test_no_links, begin, end),
		cmocka_unit_test_setup_teardown(test_new_folder, begin, end),
		cmocka_unit_test_setup_teardown(test_hold, begin, end),
		cmocka_unit_test_setup_teardown(test_packs, begin, end),
		cmocka_unit_test_setup_teardown(test_object_sizes, begin, end),
		cmocka_unit_test_setup_teardown(test_manifest, begin, end),
		cmocka_unit_test_setup_teardown(test_hostile_manifest, begin, end),
		cmocka_unit_test_setup_teardown(test_state, begin, end),
		cmocka_unit_test_setup_teardown(test_catalog, begin, end),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
