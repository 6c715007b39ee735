// SPDX-License-Identifier: Apache-2.0
#include "smtp/served.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "base/limits.h"

static struct op op;
static struct served *served;

static int setup(void **state)
{
	(void)state;
	op_init(&op, 0);
	return served_new(&op, &served);
}

static int teardown(void **state)
{
	(void)state;
	served_free(served);
	op_done(&op);
	return 0;
}

static struct served_message message(unsigned i)
{
	struct served_message m = { .user = 1 };
	(void)snprintf((char *)m.key, sizeof m.key, "%u", i);
	return m;
}

static bool has(unsigned i, const char *address)
{
	struct served_message m = message(i);
	struct served_list list;
	assert_int_equal(served_find(&op, served, &m, &list), 0);
	return served_has(&list, span_str(address));
}

static void put(unsigned i, const char *address)
{
	struct served_message m = message(i);
	struct span a = span_str(address);
	served_put(served, &m, &a, 1, SERVED_S);
}

static void adds_up(void **state)
{
	(void)state;
	struct served_message m = message(1);
	assert_false(has(1, "a"));
	put(1, "a");
	put(1, "b");
	assert_true(has(1, "a") && has(1, "b") && !has(1, "c") && !has(2, "a"));
	served_drop(served, &m);
	assert_false(has(1, "a"));
}

// The oldest makes room, but not while the relay is at it.
static void many_messages(void **state)
{
	(void)state;
	struct served_message first = message(0);
	struct served_list list;
	struct span a = SPAN("a");
	served_begin(served, &first, &a, 1);
	for (unsigned i = 1; i < SERVED_MESSAGES; i++)
		put(i, "a");
	assert_true(has(1, "a"));
	put(SERVED_MESSAGES, "a");
	assert_false(has(1, "a"));
	assert_true(has(2, "a") && has(SERVED_MESSAGES, "a"));
	assert_int_equal(served_find(&op, served, &first, &list), SERVED_COMING);
	served_settle(served, &first, true, SERVED_S);
	assert_true(has(0, "a"));
}

static void many_addresses(void **state)
{
	(void)state;
	char address[16];
	for (unsigned i = 0; i <= SERVED_ADDRESSES_MAX; i++) {
		(void)snprintf(address, sizeof address, "%u", i);
		put(1, address);
		assert_int_equal(has(1, address), i < SERVED_ADDRESSES_MAX);
	}
	assert_true(has(1, "0"));
}

static void settles(void **state)
{
	(void)state;
	struct served_message m = message(1);
	struct served_list list;
	struct span a = SPAN("a");
	for (unsigned taken = 0; taken < 2; taken++) {
		put(2, "b");
		served_begin(served, &m, &a, 1);
		assert_int_equal(served_find(&op, served, &m, &list), SERVED_COMING);
		served_settle(served, &m, taken, SERVED_S);
		assert_int_equal(has(1, "a"), taken);
		served_settle(served, &m, false, SERVED_S); // of nothing
		assert_int_equal(has(1, "a"), taken);
	}
}

// Of that user's alone, and while the message is known.
static void holds_back(void **state)
{
	(void)state;
	struct served_message m = message(1);
	served_hold(served, &m);
	assert_false(served_is_held(served, 1, SPAN("a")));
	put(1, "a");
	assert_false(served_is_held(served, 1, SPAN("a")));
	served_hold(served, &m);
	assert_true(served_is_held(served, 1, SPAN("a")));
	assert_false(served_is_held(served, 2, SPAN("a")));
	assert_false(served_is_held(served, 1, SPAN("b")));
	served_unhold(served, 2);
	assert_true(served_is_held(served, 1, SPAN("a")));
	served_unhold(served, 1);
	assert_false(served_is_held(served, 1, SPAN("a")));
	assert_true(has(1, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(adds_up, setup, teardown),
		cmocka_unit_test_setup_teardown(many_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(many_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(settles, setup, teardown),
		cmocka_unit_test_setup_teardown(holds_back, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
