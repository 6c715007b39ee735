// SPDX-License-Identifier: Apache-2.0
#include "base/op.h"

#include "base/clock.h"

#include <errno.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static void records_why(void **state)
{
	struct op op;
	op_init(&op, 0);
	assert_string_equal(op_text(&op, RC_IO), "input/output error");
	assert_int_equal(op_fail(&op, RC_IO, "reading %s", "x"), RC_IO);
	assert_string_equal(op_text(&op, RC_IO), "reading x");
	assert_string_equal(op_text(&op, RC_NOMEM), "out of memory"); // another fault: not its text
	assert_int_equal(op_fail_errno(&op, RC_IO, ENOENT, "open"), RC_IO);
	assert_string_equal(op.text, "open: No such file or directory");
	assert_int_equal(op_fail(&op, RC_CORRUPT, "again: %s", op_text(&op, RC_IO)),
		RC_CORRUPT); // of itself
	assert_string_equal(op.text, "again: open: No such file or directory");
	op_reset(&op);
	assert_int_equal(op.rc, 0);
	assert_string_equal(op_text(&op, RC_IO), "input/output error");
	op_done(&op);
}

static void keeps_the_text_clean(void **state)
{
	struct op op;
	op_init(&op, 0);
	(void)op_fail(&op, RC_SYNTAX, "a\r\n* BYE\tb\x7f");
	assert_string_equal(op.text, "a??* BYE?b?");
	(void)op_fail(&op, RC_SYNTAX, "caf\xc3\xa9");
	assert_string_equal(op.text, "caf\xc3\xa9");
	(void)op_fail(&op, RC_SYNTAX, "\xff\xfe in the middle of a text");
	assert_string_equal(op.text, "?? in the middle of a text");
	char longer[OP_TEXT_MAX * 2];
	for (size_t lead = 0; lead < 4; lead++) { // cut at every place of a four-byte character
		memset(longer, 'a', lead);
		for (size_t i = lead; i + 4 < sizeof longer; i += 4)
			memcpy(longer + i, "\xf0\x9f\x98\x80", 4);
		longer[lead + (sizeof longer - lead) / 4 * 4 - 4] = '\0';
		(void)op_fail(&op, RC_SYNTAX, "%s", longer);
		assert_true(strlen(op.text) > OP_TEXT_MAX - 6);
		assert_true(span_is_utf8(span_str(op.text)));
		(void)op_fail_errno(&op, RC_IO, EIO, "%s", longer);
		assert_true(span_is_utf8(span_str(op.text)));
	}
	op_done(&op);
}

static void knows_when_to_stop(void **state)
{
	struct op op;
	atomic_bool cancel = false;
	op_init(&op, 0);
	assert_int_equal(op_alive(&op), 0);
	op.cancel = &cancel;
	op.deadline = clock_mono() + 1000 * NS_PER_S;
	assert_int_equal(op_alive(&op), 0);
	op.deadline = clock_mono() - 1;
	assert_int_equal(op_alive(&op), RC_TIMEOUT);
	cancel = true;
	assert_int_equal(op_alive(&op), RC_CANCELLED);
	assert_int_equal(op.rc, RC_CANCELLED);
	op_done(&op);
}

static void allocates_within_its_limit(void **state)
{
	struct op op;
	op_init(&op, 100);
	assert_non_null(op_new(&op, uint64_t));
	assert_null(op_alloc(&op, 1000));
	assert_int_equal(op.rc, RC_NOMEM);
	op_reset(&op);
	assert_non_null(op_alloc(&op, 100));
	op_done(&op);
}

static void names_every_fault(void **state)
{
	for (int rc = RC_first_ + 1; rc < RC_end_; rc++) {
		assert_true(rc < 0);
		assert_string_not_equal(rc_text(rc), "unknown error");
	}
	assert_string_equal(rc_text(RC_end_), "unknown error");
	assert_string_equal(rc_text(0), "done");
	assert_string_equal(rc_text(1), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_why),
		cmocka_unit_test(keeps_the_text_clean),
		cmocka_unit_test(knows_when_to_stop),
		cmocka_unit_test(allocates_within_its_limit),
		cmocka_unit_test(names_every_fault),
	};
	return cmocka_run_group_tests_name("op", tests, NULL, NULL);
}
