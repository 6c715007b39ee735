// SPDX-License-Identifier: Apache-2.0
#include "auth/found.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"

static struct op op;
static struct found *found;

static int setup(void **state)
{
	(void)state;
	op_init(&op, 0);
	return found_new(&op, &found);
}

static int teardown(void **state)
{
	(void)state;
	found_free(found);
	op_done(&op);
	return 0;
}

static bool has(uint64_t now, struct span request, const char *want, size_t want_which)
{
	struct span user;
	size_t which;
	if (!found_get(&op, found, now, request, &user, &which))
		return false;
	assert_true(span_eq(user, span_str(want)));
	assert_int_equal(which, want_which);
	return true;
}

static void for_a_while(void **state)
{
	(void)state;
	const uint64_t now = 1000, end = now + AUTH_FOUND_MS * NS_PER_MS;
	assert_false(has(now, SPAN("a"), "", 0));
	found_put(found, now, SPAN("a"), SPAN("anna"), 3);
	assert_true(has(now, SPAN("a"), "anna", 3));
	assert_true(has(end - 1, SPAN("a"), "anna", 3));
	assert_false(has(end, SPAN("a"), "", 0));
	assert_false(has(now, SPAN("b"), "", 0));
	found_put(found, end, SPAN("a"), SPAN("berta"), 0);
	assert_true(has(end, SPAN("a"), "berta", 0));
}

// A bounded number, and none that is long.
static void bounded(void **state)
{
	(void)state;
	char text[AUTH_FOUND_OCTETS + 1] = { 0 };
	unsigned kept = 0;
	for (unsigned i = 0; i < 4 * AUTH_FOUND_KEPT; i++)
		found_put(found, 1, span_of(text, (size_t)snprintf(text, sizeof text, "%u", i)),
			SPAN("u"), 0);
	for (unsigned i = 0; i < 4 * AUTH_FOUND_KEPT; i++)
		kept += has(1, span_of(text, (size_t)snprintf(text, sizeof text, "%u", i)), "u", 0);
	assert_true(kept > 0 && kept <= AUTH_FOUND_KEPT);
	found_put(found, 1, span_of(text, AUTH_FOUND_OCTETS), SPAN("u"), 0);
	assert_true(has(1, span_of(text, AUTH_FOUND_OCTETS), "u", 0));
	found_put(found, 1, span_of(text, AUTH_FOUND_OCTETS + 1), SPAN("u"), 0);
	assert_false(has(1, span_of(text, AUTH_FOUND_OCTETS + 1), "u", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(for_a_while, setup, teardown),
		cmocka_unit_test_setup_teardown(bounded, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
