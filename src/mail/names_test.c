// SPDX-License-Identifier: Apache-2.0
// Random CREATE, DELETE, RENAME and SUBSCRIBE over few names, so that they meet: what the account has in memory is what it has when it is opened
// again, which refuses two nodes of one name and names of no sense; and every mailbox keeps its identity, whatever it is called.
#include "mail/testing.h"

#include "mail/tree.h"

#define STEPS 1000u
#define LEVELS 4u

struct chance {
	uint64_t v;
};

static uint32_t below(struct chance *c, uint32_t n)
{
	c->v = c->v * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((c->v >> 33) % n);
}

static struct span any_name(struct chance *c, char *to)
{
	size_t n = 0;
	uint32_t levels = 1 + below(c, LEVELS);
	if (below(c, 40) == 0)
		return SPAN("INBOX");
	for (uint32_t i = 0; i < levels; i++) {
		if (i)
			to[n++] = '/';
		to[n++] = (char)('a' + below(c, 3));
	}
	return span_of(to, n);
}

// All that clients see of the names, a line each.
static void tell(struct fixture *f, struct buf *to)
{
	const struct tree *t = account_tree_ref(f->a);
	for (size_t i = 0; i < t->count; i++) {
		const struct tree_entry *e = &t->entries[i];
		char line[80];
		buf_add(to, e->name);
		struct mailbox_status st = { 0 };
		if (e->mailbox)
			mailbox_status(e->mailbox, &st);
		(void)snprintf(line, sizeof line, " %u %u%s%s %u\n", tree_node(t, i)->id,
			tree_node(t, i)->parent, e->subscribed ? " subscribed" : "",
			e->has_children ? " children" : "", st.uid_validity);
		buf_add(to, span_str(line));
	}
	buf_addc(to, '\0');
	tree_unref(t);
}

static void step(struct fixture *f, struct chance *c)
{
	char one[16], two[16];
	struct mailbox_status st;
	struct span a = any_name(c, one), b = any_name(c, two);
	int rc;
	switch (below(c, 6)) {
	case 0:
		rc = mailbox_create(&f->op, f->a, a, 0, &st);
		break;
	case 1:
	case 2:
		rc = mailbox_delete(&f->op, f->a, a);
		break;
	case 3:
		rc = mailbox_subscribe(&f->op, f->a, a, below(c, 2));
		break;
	default:
		rc = mailbox_rename(&f->op, f->a, a, b);
	}
	assert_true(rc == 0 || rc == RC_ALREADYEXISTS || rc == RC_NONEXISTENT || rc == RC_CANNOT ||
		rc == RC_BADNAME);
}

static void test_names(void **state)
{
	(void)state;
	struct fixture f;
	struct chance c = { 1 };
	fixture_begin(&f, "memory");
	for (uint32_t i = 0; i < STEPS; i++) {
		struct buf before = { 0 }, after = { 0 };
		step(&f, &c);
		tell(&f, &before);
		fixture_close_mail(&f);
		fixture_open_mail(&f);
		tell(&f, &after);
		assert_string_equal(before.p, after.p);
		buf_done(&before);
		buf_done(&after);
		op_reset(&f.op);
	}
	fixture_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_names) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
