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

static void put_as(unsigned i, const char *address, bool others_lack_it)
{
	struct served_message m = message(i);
	struct span a = span_str(address);
	served_put(served, &m, &a, 1, SERVED_S, others_lack_it);
}

static void put(unsigned i, const char *address)
{
	put_as(i, address, false);
}

// Begins an attempt to that address; 0: it was refused.
static uint64_t begin(unsigned i, const char *address, unsigned flags)
{
	struct served_message m = message(i);
	struct span a = span_str(address);
	uint64_t attempt = 0;
	int rc = served_begin(served, &m, &a, 1, flags, &attempt);
	assert_int_equal(rc, attempt ? 0 : SERVED_ELSEWHERE);
	return attempt;
}

static void finish(unsigned i, uint64_t attempt, enum served_outcome outcome)
{
	struct served_message m = message(i);
	served_settle(served, &m, attempt, outcome, SERVED_S);
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
	uint64_t attempt = begin(0, "a", 0);
	for (unsigned i = 1; i < SERVED_MESSAGES; i++)
		put(i, "a");
	assert_true(has(1, "a"));
	put(SERVED_MESSAGES, "a");
	assert_false(has(1, "a"));
	assert_true(has(2, "a") && has(SERVED_MESSAGES, "a"));
	assert_int_equal(begin(0, "a", 0), 0);
	finish(0, attempt, SERVED_TAKEN);
	assert_true(has(0, "a"));
}

// What somebody lacks is known longer than what all have, however much of that there is; of each the oldest goes first.
static void failures_stay(void **state)
{
	(void)state;
	put_as(0, "a", true);
	finish(1, begin(1, "a", 0), SERVED_TAKEN_ALONE);
	for (unsigned i = 2; i <= 2 * SERVED_MESSAGES; i++)
		put(i, "a");
	assert_true(has(0, "a") && has(1, "a"));
	for (unsigned i = 1; i < SERVED_MESSAGES; i++) {
		assert_true(has(0, "a"));
		put_as(10 * SERVED_MESSAGES + i, "a", true);
	}
	assert_false(has(0, "a")); // 1 and these are as many as there are places
	assert_true(has(1, "a"));
}

// With all places taken by messages that the relay is at, another one is not remembered: none of them is forgotten.
static void all_at_once(void **state)
{
	(void)state;
	struct served_message more = message(SERVED_MESSAGES);
	struct span a = SPAN("a");
	uint64_t attempts[SERVED_MESSAGES], none;
	for (unsigned i = 0; i < SERVED_MESSAGES; i++)
		attempts[i] = begin(i, "a", 0);
	assert_int_equal(served_begin(served, &more, &a, 1, 0, &none), 0);
	assert_int_equal(none, 0);
	put(SERVED_MESSAGES, "a");
	finish(SERVED_MESSAGES, none, SERVED_TAKEN);
	assert_false(has(SERVED_MESSAGES, "a"));
	for (unsigned i = 0; i < SERVED_MESSAGES; i++) {
		finish(i, attempts[i], SERVED_TAKEN);
		assert_true(has(i, "a"));
	}
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
	for (unsigned taken = 0; taken < 2; taken++) {
		put(2, "b");
		uint64_t attempt = begin(1, "a", 0);
		assert_false(has(1, "a"));
		finish(1, attempt, taken ? SERVED_TAKEN : SERVED_NOT_TAKEN);
		assert_int_equal(has(1, "a"), taken);
		finish(1, attempt, SERVED_NOT_TAKEN); // of nothing
		assert_int_equal(has(1, "a"), taken);
	}
}

// Two attempts with one message, at the same time, to different people: each has its own outcome.
static void each_attempt_settles_its_own(void **state)
{
	(void)state;
	put(1, "c");
	for (unsigned i = 0; i < 2; i++) { // in either order
		char a[] = "a0", b[] = "b0";
		a[1] = b[1] = (char)('0' + i);
		uint64_t to_a = begin(1, a, 0), to_b = begin(1, b, 0);
		assert_true(to_a && to_b && to_a != to_b);
		assert_true(has(1, "c")); // what is known is known meanwhile
		if (i)
			finish(1, to_b, SERVED_NOT_TAKEN);
		finish(1, to_a, SERVED_TAKEN);
		if (!i)
			finish(1, to_b, SERVED_NOT_TAKEN);
		assert_true(has(1, a) && !has(1, b));
	}
}

// A recipient who has it, or will have it by another attempt, is not given it once more; unless that does not matter.
static void looks_and_begins(void **state)
{
	(void)state;
	struct served_message m = message(1);
	const struct span both[] = { SPAN("b"), SPAN("a") };
	uint64_t attempt = begin(1, "a", 0), more = 0;
	assert_int_equal(served_begin(served, &m, both, 2, 0, &more), SERVED_ELSEWHERE);
	assert_int_equal(
		served_begin(served, &m, both, 2, SERVED_EVEN_HAD, &more), SERVED_ELSEWHERE);
	assert_int_equal(
		served_begin(served, &m, both, 2, SERVED_EVEN_HAD, NULL), SERVED_ELSEWHERE);
	assert_int_equal(served_begin(served, &m, both, 1, 0, NULL), 0); // looks, begins nothing
	finish(1, begin(1, "b", 0), SERVED_NOT_TAKEN);
	finish(1, begin(1, "a", SERVED_EVEN_COMING), SERVED_NOT_TAKEN);
	assert_int_equal(begin(1, "a", 0), 0); // the first one goes on
	finish(1, attempt, SERVED_TAKEN);
	assert_int_equal(begin(1, "a", SERVED_EVEN_COMING), 0);
	finish(1, begin(1, "a", SERVED_EVEN_HAD), SERVED_NOT_TAKEN);
	assert_true(has(1, "a"));
	served_drop(served, &m);
	attempt = begin(1, "a", 0);
	assert_true(attempt);
	finish(1, attempt, SERVED_NOT_TAKEN);
}

static bool hold(unsigned i, const char *address)
{
	struct served_message m = message(i);
	struct span a = span_str(address);
	return served_hold(served, &m, &a, 1, SERVED_S);
}

// Of that user's alone, of that message's alone.
static void holds_back(void **state)
{
	(void)state;
	struct served_message m = message(1);
	put(1, "a");
	put(1, "b");
	assert_false(served_is_held(served, 1, SPAN("a")));
	assert_true(hold(1, "a") && hold(2, "a") && hold(3, "c"));
	assert_true(served_is_held(served, 1, SPAN("a")) && served_is_held(served, 1, SPAN("c")));
	assert_false(served_is_held(served, 2, SPAN("a")));
	assert_false(served_is_held(served, 1, SPAN("b")));
	served_unhold(served, &m);
	assert_true(served_is_held(served, 1, SPAN("a"))); // for the other
	served_unhold_address(served, 2, SPAN("a"));
	assert_true(served_is_held(served, 1, SPAN("a")));
	served_unhold_address(served, 1, SPAN("a"));
	assert_false(served_is_held(served, 1, SPAN("a")));
	assert_true(served_is_held(served, 1, SPAN("c")));
	assert_true(has(1, "a") && !has(2, "a"));
}

// Who was let go all the same, and comes mixed again and again, is not sent away for ever.
static void holds_back_so_often(void **state)
{
	(void)state;
	struct served_message m = message(1);
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned k = 0; k < SERVED_HOLDS; k++) {
			assert_true(hold(1, "a"));
			if (i)
				served_unhold_address(served, 1, SPAN("a"));
		}
		assert_false(hold(1, "a"));
		assert_false(served_is_held(served, 1, SPAN("a")));
		served_unhold(served, &m); // it was sent
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(adds_up, setup, teardown),
		cmocka_unit_test_setup_teardown(many_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(failures_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(all_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(many_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(settles, setup, teardown),
		cmocka_unit_test_setup_teardown(each_attempt_settles_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(looks_and_begins, setup, teardown),
		cmocka_unit_test_setup_teardown(holds_back, setup, teardown),
		cmocka_unit_test_setup_teardown(holds_back_so_often, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
