// SPDX-License-Identifier: Apache-2.0
#include "auth/seats.h"
#include "base/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
// cmocka needs the ones above first
#include <cmocka.h>

// The places of a front end are its own; a user's memory is one, whichever way he came in.
static void one_memory(void **state)
{
	(void)state;
	struct op op;
	struct budget *all = budget_new(NULL, 1000), *imap, *pop3, *other;
	struct purse *imap_purse, *pop3_purse, *other_purse;
	struct seats *seats, *same, *own;
	op_init(&op, 0);
	assert_int_equal(seats_new(&op, all, 100, &seats), 0);
	assert_int_equal(seats_share(&op, seats, &same), 0);
	assert_ptr_equal(seats, same);
	assert_int_equal(seats_share(&op, NULL, &own), 0);
	assert_ptr_not_equal(seats, own);
	assert_true(seats_take(seats, SEAT_IMAP, SPAN("anna"), 1, &imap, &imap_purse));
	assert_true(seats_take(same, SEAT_POP3, SPAN("anna"), 1, &pop3, &pop3_purse));
	assert_ptr_equal(imap, pop3);
	assert_false(seats_take(seats, SEAT_IMAP, SPAN("anna"), 1, &other, &other_purse));
	assert_true(seats_take(seats, SEAT_SUBMISSION, SPAN("anna"), 1, &other, &other_purse));
	assert_ptr_equal(imap, other);
	assert_ptr_equal(imap_purse, pop3_purse); // and what he has of the threads in front
	assert_ptr_equal(imap_purse, other_purse);
	assert_true(seats_take(seats, SEAT_IMAP, SPAN("bert"), 1, &other, &other_purse));
	assert_ptr_not_equal(imap, other);
	assert_ptr_not_equal(imap_purse, other_purse);
	assert_true(budget_take(imap, 60));
	assert_false(budget_take(pop3, 60));
	assert_true(budget_take(other, 60));
	budget_give(imap, 60);
	budget_give(other, 60);
	seats_give(seats, SEAT_IMAP, SPAN("bert"));
	seats_give(seats, SEAT_IMAP, SPAN("anna"));
	assert_true(seats_take(seats, SEAT_IMAP, SPAN("anna"), 1, &imap, &imap_purse));
	assert_ptr_equal(imap, pop3); // the others kept it
	seats_give(seats, SEAT_IMAP, SPAN("anna"));
	seats_give(seats, SEAT_POP3, SPAN("anna"));
	seats_give(seats, SEAT_SUBMISSION, SPAN("anna"));
	seats_unref(own);
	seats_unref(same);
	seats_unref(seats);
	seats_unref(NULL);
	budget_unref(all);
	op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
