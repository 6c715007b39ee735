// SPDX-License-Identifier: Apache-2.0
// The user file as people edit it by hand: what is read is what can be changed.
#include "auth/users.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/must.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
// cmocka needs the four above first
#include <cmocka.h>

struct world {
	char dir[64];
	struct op op;
};

static const char *const files[] = { "auth/users.lock", "auth/users", "auth/secret", "passwd",
	"auth", "" };

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	must(w);
	op_init(&w->op, 0);
	(void)snprintf(w->dir, sizeof w->dir, "/tmp/users_test.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	assert_int_equal(users_file_prepare(&w->op, w->dir), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char path[128];
	for (size_t i = 0; i < countof(files); i++) {
		(void)snprintf(path, sizeof path, "%s/%s", w->dir, files[i]);
		(void)remove(path); // not all tests make all of them
	}
	op_done(&w->op);
	free(w);
	return 0;
}

static void write_to(struct world *w, const char *name, const char *text)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", w->dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

static int find(struct world *w, const char *name)
{
	struct users *u;
	struct user user;
	char path[128];
	(void)snprintf(path, sizeof path, "%s/passwd", w->dir);
	assert_int_equal(users_open(&w->op, w->dir, path, &u), 0);
	int rc = users_find(&w->op, u, span_str(name), &user);
	users_close(u);
	return rc;
}

// Blanks around a line do not matter to who reads it, so not to who changes it either: else a user who is removed could still log in.
static void lines_with_blanks(void **state)
{
	struct world *w = *state;
	write_to(w, "auth/users", "  anna:x:\r\n# anna:y:\nbert:x:\n");
	assert_int_equal(find(w, "anna"), 0);
	assert_int_equal(users_file_remove(&w->op, w->dir, SPAN("anna")), 0);
	assert_int_equal(find(w, "anna"), RC_NONEXISTENT);
	assert_int_equal(find(w, "bert"), 0);
	write_to(w, "auth/users", "\tcarl:x:\n");
	assert_int_equal(users_file_set(&w->op, w->dir, SPAN("carl"), SPAN("new"), true, false),
		RC_ALREADYEXISTS);
}

// A word is not a user without a password, who would get mail.
static void lines_without_colon(void **state)
{
	struct world *w = *state;
	write_to(w, "auth/users", "anna\nbert:\n");
	write_to(w, "passwd", "carl\ndora:\n");
	assert_int_equal(find(w, "anna"), RC_NONEXISTENT);
	assert_int_equal(find(w, "bert"), 0);
	assert_int_equal(find(w, "carl"), RC_NONEXISTENT);
	assert_int_equal(find(w, "dora"), 0);
	assert_int_equal(users_file_remove(&w->op, w->dir, SPAN("anna")), RC_NONEXISTENT);
}

// A comment that comes first once the line before it is gone is not taken for the version of the file, which nobody could log in by then.
static void comments_that_come_first(void **state)
{
	struct world *w = *state;
	write_to(w, "auth/users", "anna:x:\n# Starling users, version :x:\nbert:x:\n");
	assert_int_equal(users_file_remove(&w->op, w->dir, SPAN("anna")), 0);
	assert_int_equal(find(w, "anna"), RC_NONEXISTENT);
	assert_int_equal(find(w, "bert"), 0);
	assert_int_equal(users_file_remove(&w->op, w->dir, SPAN("bert")), 0);
	assert_int_equal(find(w, "bert"), RC_NONEXISTENT);
}

// A user who would be a comment could be added and not log in; and comments could be removed as users.
static void names_are_no_comments(void **state)
{
	struct world *w = *state;
	struct span name;
	assert_int_equal(user_name_canonical(&w->op, SPAN("#anna"), &name), RC_BADNAME);
	assert_int_equal(
		users_file_set(&w->op, w->dir, SPAN("#anna"), SPAN("x"), true, false), RC_BADNAME);
	write_to(w, "auth/users", "#anna:x:\n");
	assert_int_equal(users_file_remove(&w->op, w->dir, SPAN("#anna")), RC_BADNAME);
	assert_int_equal(user_name_canonical(&w->op, SPAN("a#"), &name), 0);
}

// A name may be longer once it is canonical: it was added and not read any more.
static void names_that_grow(void **state)
{
	struct world *w = *state;
	struct span name, again;
	struct buf text = { 0 }, line = { 0 };
	for (unsigned i = 0; i < USER_NAME_MAX / 6; i++)
		buf_add(&text, SPAN("\u0958")); // 3 octets, whose composed form has 6
	assert_int_equal(user_name_canonical(&w->op, buf_span(&text), &name), 0);
	assert_int_equal(name.n, 2 * text.n);
	assert_int_equal(user_name_canonical(&w->op, name, &again), 0);
	assert_true(span_eq(name, again));
	buf_addf(&line, "%.*s:\n", SPAN_FMT(buf_span(&text)));
	buf_add(&text, SPAN("\u0958"));
	assert_true(text.n < USER_NAME_MAX);
	assert_int_equal(user_name_canonical(&w->op, buf_span(&text), &again), RC_BADNAME);
	assert_int_equal(users_file_set(&w->op, w->dir, buf_span(&text), SPAN("x"), true, false),
		RC_BADNAME);
	buf_addf(&line, "%.*s:\nbert:\n", SPAN_FMT(buf_span(&text)));
	buf_addc(&line, '\0');
	write_to(w, "passwd", line.p);
	char *wanted = span_to_str_new(name);
	assert_int_equal(find(w, wanted), 0);
	assert_int_equal(find(w, "bert"), 0); // the line before is passed over
	free(wanted);
	buf_done(&text);
	buf_done(&line);
}

static void keys_are_base64(void **state)
{
	struct world *w = *state;
#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	write_to(w, "auth/users",
		"anna::SCRAM-SHA-256$10000$AAECAwQFBgcICQoLDA0ODw==$" KEY "$" KEY "\n"
		"bert::SCRAM-SHA-256$10000$AAECAw\xaf\xb9\xbd\x9a"
		"cICQoLDA0ODw==$" KEY "$" KEY "\n");
	assert_int_equal(find(w, "anna"), 0);
	assert_int_equal(find(w, "bert"), RC_NONEXISTENT); // libsodium alone would decode that
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_with_blanks, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_without_colon, setup, teardown),
		cmocka_unit_test_setup_teardown(comments_that_come_first, setup, teardown),
		cmocka_unit_test_setup_teardown(names_are_no_comments, setup, teardown),
		cmocka_unit_test_setup_teardown(names_that_grow, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_are_base64, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
