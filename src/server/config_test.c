// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
// cmocka needs the ones above first
#include <cmocka.h>

static int parse(struct op *op, struct config *c, const char *text, char **ret_faults)
{
	struct buf faults = { 0 };
	config_defaults(c);
	int rc = config_parse(op, c, "test.conf", span_str(text), &faults);
	buf_addc(&faults, '\0');
	*ret_faults = faults.p;
	return rc;
}

static const char good_text[] = "data = \"/srv/mail\";\n# a comment\nallow_plaintext = true;\n"
				"listen = {\n  imap = ( \"*:143\", { address = \"127.0.0.1:1143\"; "
				"proxy_protocol = true; } );\n"
				"  imaps = [\"*:993\", \"[::1]:1993\"];\n};\n"
				"limits = { message_bytes = \"10mb\"; stall = \"2min\"; };\n"
				"tls = { certificate = \"/a.pem\"; key = \"/b.pem\"; };\n";

static void test_good(void **state)
{
	(void)state;
	struct op op;
	struct config c;
	char *faults;
	op_init(&op, 0);
	int rc = parse(&op, &c, good_text, &faults);
	assert_string_equal(faults, "");
	assert_int_equal(rc, 0);
	assert_string_equal(c.data, "/srv/mail");
	assert_true(c.allow_plaintext);
	assert_int_equal(c.listener_count, 4);
	assert_int_equal(c.limits.message_bytes, 10 << 20);
	assert_int_equal(c.limits.stall_ms, 120000);
	assert_string_equal(c.tls.key, "/b.pem");
	unsigned proxied = 0;
	for (size_t i = 0; i < c.listener_count; i++)
		proxied += c.listeners[i].proxy_protocol;
	assert_int_equal(proxied, 1);
	free(faults);
	op_done(&op);
}

static const char bad_text[] = "datta = \"/x\";\n"
			       "limits = {\n  message_bytes = 12;\n  stal = \"5s\"; messages = "
			       "999; saved_messages = 0;\n};\n/* more\n lines */\n"
			       "allow_plaintext = \"perhaps\";\n"
			       "listen = { pop9 = \"*:1\"; imap = {}; };\n"
			       "tls = \"yes\";\n"
			       "qwertyuiop = 1;\n"
			       "log_level = 7;\n"
			       "imap = { idle_interval = \"soon\"; };\n";

// All faults at once, each with its line.
static void test_faults(void **state)
{
	(void)state;
	struct op op;
	struct config c;
	char *faults;
	op_init(&op, 0);
	assert_int_equal(parse(&op, &c, bad_text, &faults), RC_CONFIG);
	static const char *const expected[] = {
		"test.conf:1: datta: unknown key; did you mean data?",
		"test.conf:3: limits.message_bytes: must lie between",
		"test.conf:4: limits.stal: unknown key; did you mean limits.stall?",
		"test.conf:4: limits.messages: must lie between 1000 and",
		"test.conf:8: allow_plaintext: true or false",
		"test.conf:9: listen.pop9: unknown protocol",
		"test.conf:9: listen.imap: an address is expected",
		"test.conf:10: tls: a section is expected",
		"test.conf:11: qwertyuiop: unknown key\n",
		"test.conf:12: log_level: a text in quotes",
		"test.conf:13: imap.idle_interval: a time is expected",
	};
	for (size_t i = 0; i < countof(expected); i++)
		if (!strstr(faults, expected[i]))
			fail_msg("no \"%s\" in:\n%s", expected[i], faults);
	free(faults);
	op_done(&op);
}

static void test_syntax(void **state)
{
	(void)state;
	struct op op;
	struct config c;
	char *faults;
	op_init(&op, 0);
	assert_int_equal(parse(&op, &c, "data = \"/x\";\nlimits = {\n", &faults), RC_CONFIG);
	assert_non_null(strstr(faults, "test.conf:"));
	free(faults);
	assert_int_equal(config_add_listener(&op, &c, SPAN("imap=127.0.0.1:0")), 0);
	assert_int_equal(config_add_listener(&op, &c, SPAN("imap")), RC_CONFIG);
	assert_int_equal(config_add_listener(&op, &c, SPAN("gopher=*:70")), RC_CONFIG);
	assert_int_equal(config_add_listener(&op, &c, SPAN("imap=")), RC_CONFIG);
	op_done(&op);
}

// Where libconfig sees the end of the file, nothing may stand behind.
static void test_cut_short(void **state)
{
	(void)state;
	static const struct {
		struct span text;
		const char *fault; // NULL: it is fine
	} rows[] = {
		{ SPAN("data = \"/srv\";\n\0\nsandbox = true;\n"), "c:2: a NUL octet\n" },
		{ SPAN("/* data = \"/srv\";\n"), "c:1: a comment that does not end\n" },
		{ SPAN("\n\n/*/ data = \"/srv\";\n"), "c:3: a comment that does not end\n" },
		{ SPAN("sandbox = true;\n\"data = 1;\n"), "c:2: a string that does not end\n" },
		{ SPAN("data = \"\\\";\n"), "c:1: a string that does not end\n" },
		{ SPAN("data = \"/*\"; # /*\nuser = \"\\\"/*\"; // \"\n/* \" */ /**/"), NULL },
	};
	for (size_t i = 0; i < countof(rows); i++) {
		struct op op;
		struct config c;
		struct buf faults = { 0 };
		op_init(&op, 0);
		config_defaults(&c);
		int rc = config_parse(&op, &c, "c", rows[i].text, &faults);
		assert_int_equal(rc, rows[i].fault ? RC_CONFIG : 0);
		assert_true(span_eq(buf_span(&faults), span_str(rows[i].fault)));
		assert_true(rows[i].fault || strcmp(c.data, "/*") == 0);
		buf_done(&faults);
		op_done(&op);
	}
}

// A fault of a file that is included names that file: its lines are not ours.
static void test_included(void **state)
{
	(void)state;
	struct op op;
	struct config c;
	char path[] = "/tmp/config_test.XXXXXX", text[64], expected[64], *faults;
	static const char *const bad[] = { "\n\ndatta = 1;\n", "\n\ndata = ;\n" };
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	op_init(&op, 0);
	(void)snprintf(text, sizeof text, "@include \"%s\"\n", path);
	(void)snprintf(expected, sizeof expected, "%s:3: ", path);
	for (size_t i = 0; i < countof(bad); i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, bad[i], strlen(bad[i]), 0), strlen(bad[i]));
		assert_int_equal(parse(&op, &c, text, &faults), RC_CONFIG);
		assert_true(span_starts(span_str(faults), span_str(expected)));
		free(faults);
	}
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
	op_done(&op);
}

// As many addresses as there may be, and one more.
static void test_many_listeners(void **state)
{
	(void)state;
	for (unsigned more = 0; more < 2; more++) {
		struct op op;
		struct config c;
		struct buf text = { 0 }, faults = { 0 };
		op_init(&op, 0);
		config_defaults(&c);
		buf_add(&text, SPAN("listen = { imap = [ \"*:1\""));
		for (unsigned i = 1; i < CONFIG_LISTENERS_MAX + more; i++)
			buf_addf(&text, ", \"*:%u\"", i + 1);
		buf_add(&text, SPAN(" ]; };\n"));
		int rc = config_parse(&op, &c, "test.conf", buf_span(&text), &faults);
		assert_int_equal(rc, more ? RC_CONFIG : 0);
		assert_int_equal(c.listener_count, CONFIG_LISTENERS_MAX);
		assert_int_equal(faults.n > 0, more);
		buf_done(&text);
		buf_done(&faults);
		op_done(&op);
	}
}

// A file of as many octets as there may be, and of one more.
static void test_size(void **state)
{
	(void)state;
	struct op op;
	struct config c;
	char path[] = "/tmp/config_test.XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	assert_non_null(f);
	op_init(&op, 0);
	for (unsigned i = 0; i < CONFIG_FILE_MAX; i++)
		assert_true(putc(i % 100 ? ' ' : '\n', f) != EOF);
	for (unsigned more = 0; more < 2; more++) {
		struct buf faults = { 0 };
		assert_int_equal(fflush(f), 0);
		config_defaults(&c);
		assert_int_equal(config_load(&op, &c, path, &faults), more ? RC_CONFIG : 0);
		assert_int_equal(faults.n, 0);
		assert_true(!more || strstr(op.text, "too big"));
		assert_true(putc(' ', f) != EOF);
		buf_done(&faults);
	}
	assert_int_equal(fclose(f), 0);
	(void)unlink(path);
	op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_included),
		cmocka_unit_test(test_many_listeners),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_size),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
