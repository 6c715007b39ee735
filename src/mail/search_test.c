// SPDX-License-Identifier: Apache-2.0
// SEARCH: random programs over a mailbox of real and odd messages against a plain recursive evaluation; and single keys by hand.
#include "base/clock.h"
#include "base/limits.h"
#include "mail/content_testing.h"
#include "mail/search.h"
#include "mail/search_plain_testing.h"
#include "mail/testing.h"

#define DAY 86400

static const struct span keywords[] = { SPAN("$Junk"), SPAN("Work"), SPAN("never") };
static const struct span field_names[] = { SPAN("Subject"), SPAN("From"), SPAN("Message-ID"),
	SPAN("X-Mailer"), SPAN("Received"), SPAN("to") };

static struct {
	struct messages messages;
	struct fixture f;
	struct op keep;     // of the texts
	struct view *inbox; // the one that has the recent messages
	struct known *known;
	size_t count;
	int64_t now;
} all; // of this test program

// --- random programs ---

struct maker {
	struct op *op;
	unsigned seed;
};

static unsigned pick_of(struct maker *mk, unsigned n)
{
	return (unsigned)rand_r(&mk->seed) % n;
}

static struct numset *random_set(struct maker *mk)
{
	struct numset *s = op_new(mk->op, struct numset);
	assert_non_null(s);
	for (unsigned i = pick_of(mk, 4); i > 0; i--) {
		uint32_t first = 1 + pick_of(mk, 80);
		numset_add_range(s, first, first + pick_of(mk, 30));
	}
	return s;
}

static struct span random_text(struct maker *mk)
{
	struct known *m = &all.known[pick_of(mk, (unsigned)all.count)];
	if (pick_of(mk, 30) == 0)
		return SPAN("");
	return pick(mk->op, m->texts, &mk->seed);
}

static void random_leaf(struct maker *mk, struct search_key *k)
{
	static const enum search_kind kinds[] = { SEARCH_ALL, SEARCH_FLAGS, SEARCH_FLAGS,
		SEARCH_KEYWORD, SEARCH_SEQS, SEARCH_UIDS, SEARCH_LARGER, SEARCH_SMALLER,
		SEARCH_SINCE, SEARCH_BEFORE, SEARCH_ON, SEARCH_SENTSINCE, SEARCH_SENTBEFORE,
		SEARCH_SENTON, SEARCH_SAVEDSINCE, SEARCH_SAVEDBEFORE, SEARCH_SAVEDON,
		SEARCH_YOUNGER, SEARCH_OLDER, SEARCH_HEADER, SEARCH_HEADER, SEARCH_HEADER,
		SEARCH_BODY, SEARCH_TEXT, SEARCH_TEXT, SEARCH_MODSEQ, SEARCH_EMAILID,
		SEARCH_THREADID };
	const struct known *m = &all.known[pick_of(mk, (unsigned)all.count)];
	k->kind = kinds[pick_of(mk, countof(kinds))];
	k->flags_mask = 1u << pick_of(mk, 6);
	k->flags_value = pick_of(mk, 2) ? k->flags_mask : 0;
	k->name = field_names[pick_of(mk, countof(field_names))];
	k->text = k->kind == SEARCH_KEYWORD ? keywords[pick_of(mk, 3)] : random_text(mk);
	k->set = random_set(mk);
	if (k->kind == SEARCH_MODSEQ)
		k->number = m->modseq;
	else if (k->kind == SEARCH_LARGER || k->kind == SEARCH_SMALLER)
		k->number = m->cold.size + pick_of(mk, 3) - 1;
	else // the clock runs on while the test does: no message is at the border
		k->number = (uint64_t)(all.now - m->cold.internal_date) / 1000 * 1000 + 500;
	k->day = (int32_t)floor_day(m->cold.internal_date) + (int32_t)pick_of(mk, 3) - 1;
	if (k->kind >= SEARCH_SENTSINCE && k->kind <= SEARCH_SENTON)
		k->day = sent_day_plainly(m->text);
	if (k->kind >= SEARCH_SAVEDSINCE && k->kind <= SEARCH_SAVEDON)
		k->day = (int32_t)floor_day(m->cold.save_date) + (int32_t)pick_of(mk, 3) - 1;
	k->id = k->kind == SEARCH_EMAILID ? m->cold.emailid : m->cold.threadid;
}

static struct search_key *random_program(struct maker *mk, unsigned depth)
{
	struct search_key *k = op_new(mk->op, struct search_key);
	assert_non_null(k);
	unsigned what = depth ? pick_of(mk, 6) : 5;
	if (what > 2) {
		random_leaf(mk, k);
		return k;
	}
	k->kind = what == 0 ? SEARCH_AND : what == 1 ? SEARCH_OR : SEARCH_NOT;
	struct search_key **link = &k->child;
	for (unsigned n = k->kind == SEARCH_NOT ? 1 : 1 + pick_of(mk, 4); n > 0; n--) {
		*link = random_program(mk, depth - 1);
		link = &(*link)->next;
	}
	return k;
}

static void print_program(const struct search_key *k, int depth)
{
	for (; k; k = k->next) {
		print_error("%*skind %d '%.*s' '%.*s' %llu day %d flags %u=%u\n", depth * 2, "",
			(int)k->kind, SPAN_FMT(k->name), SPAN_FMT(k->text),
			(unsigned long long)k->number, k->day, k->flags_mask, k->flags_value);
		print_program(k->child, depth + 1);
	}
}

// --- running ---

static void run(struct view *v, const struct search_key *program, uint64_t budget,
	struct numset *uids, struct modseq *ret_modseq, size_t *ret_runs)
{
	struct search *s;
	int rc = SEARCH_MORE;
	*ret_runs = 0;
	ok(&all.f.op, search_open(&all.f.op, v, program, &s));
	while (rc == SEARCH_MORE) {
		struct op op; // each run may have another
		op_init(&op, 0);
		rc = search_run(&op, s, budget, uids, ret_modseq);
		if (rc < 0)
			print_error("%s\n", op_text(&op, rc));
		op_done(&op);
		++*ret_runs;
	}
	assert_int_equal(rc, 0);
	search_close(s);
}

static void check_program(struct view *v, const struct search_key *program, uint64_t budget)
{
	struct numset uids = { 0 };
	struct modseq modseq = { 0 };
	size_t runs;
	uint64_t most = 0;
	struct plain_search plain = { .now = all.now };
	run(v, program, budget, &uids, &modseq, &runs);
	for (size_t i = 0; i < all.count; i++) {
		bool want = matches_plainly(&plain, &all.known[i], program);
		if (want && all.known[i].modseq > most)
			most = all.known[i].modseq;
		if (numset_has(&uids, all.known[i].uid) != want) {
			print_error("uid %u: %d wanted\n", all.known[i].uid, want);
			print_program(program, 0);
		}
		assert_int_equal(numset_has(&uids, all.known[i].uid), want);
	}
	assert_true(numset_size(&uids) <= all.count);
	assert_true(modseq.v == most);
	numset_done(&uids);
}

static void random_programs_find_what_they_should(void **state)
{
	(void)state;
	struct view *v = all.inbox;
	struct op op;
	op_init(&op, 0);
	for (unsigned round = 0; round < 1500; round++) {
		struct maker mk = { &op, round + 1 };
		struct search_key *program = random_program(&mk, 1 + round % 4);
		check_program(v, program, round % 3 ? UINT64_MAX / 2 : 0);
		program_sets_done(program);
		op_reset(&op);
		op_reset(&all.f.op);
	}
	op_done(&op);
}

static size_t count_of(struct view *v, struct search_key program)
{
	struct numset uids = { 0 };
	struct modseq modseq = { 0 };
	size_t runs;
	run(v, &program, 1000000, &uids, &modseq, &runs);
	size_t n = (size_t)numset_size(&uids);
	numset_done(&uids);
	return n;
}

// A look at one message with thousands of keys is work enough for a rest.
static void a_wide_search_rests_between_messages(void **state)
{
	(void)state;
	static struct search_key keys[5000];
	struct search_key all_of = { .kind = SEARCH_AND, .child = keys };
	struct numset uids = { 0 };
	struct modseq modseq;
	size_t runs;
	for (size_t i = 0; i < countof(keys); i++)
		keys[i] = (struct search_key){ .kind = SEARCH_FLAGS, // none are asked for
			.next = i + 1 < countof(keys) ? &keys[i + 1] : NULL };
	run(all.inbox, &all_of, 0, &uids, &modseq, &runs);
	assert_int_equal(numset_size(&uids), all.count);
	assert_true(runs >= all.count);
	numset_done(&uids);
}

static void a_search_rests_within_a_message(void **state)
{
	(void)state;
	ok(&all.f.op,
		mailbox_create(
			&all.f.op, all.f.a, SPAN("large"), 0, &(struct mailbox_status){ 0 }));
	struct buf b = { 0 };
	buf_add(&b, SPAN("Subject: l\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"));
	for (int i = 0; i < 100000; i++)
		buf_addf(&b, "%d lines of text that is \xc3\xbcmlaut\r\n", i);
	buf_add(&b, SPAN("the end\r\n"));
	(void)append_text(&all.f, SPAN("large"), buf_span(&b), (struct flag_list){ 0 });
	buf_done(&b);
	struct view *v = open_view(&all.f, SPAN("large"));
	struct search_key end = { .kind = SEARCH_BODY, .text = SPAN("THE END") };
	struct search_key none = { .kind = SEARCH_BODY, .text = SPAN("lines of nothing") };
	struct search_key either = { .kind = SEARCH_OR, .child = &none };
	none.next = &end;
	struct numset uids = { 0 };
	struct modseq modseq;
	size_t runs;
	run(v, &either, 0, &uids, &modseq, &runs);
	assert_int_equal(numset_size(&uids), 1);
	assert_true(runs > 20);
	numset_done(&uids);
	none.next = NULL;
	assert_int_equal(count_of(v, none), 0);
	assert_int_equal(
		count_of(v,
			(struct search_key){ .kind = SEARCH_BODY, .text = SPAN("\xc3\x9cmlaut") }),
		1);
	view_close(v);
}

static void programs_have_limits(void **state)
{
	(void)state;
	struct view *v = all.inbox;
	struct op *op = &all.f.op;
	struct search *s = NULL;
	struct search_key *deep = calloc(SEARCH_DEPTH_MAX + 2, sizeof *deep);
	must(deep);
	for (size_t i = 0; i <= SEARCH_DEPTH_MAX; i++)
		deep[i] = (struct search_key){ .kind = SEARCH_NOT, .child = &deep[i + 1] };
	assert_int_equal(search_open(op, v, deep, &s), RC_LIMIT);
	deep[SEARCH_DEPTH_MAX].kind = SEARCH_ALL;
	deep[SEARCH_DEPTH_MAX].child = NULL;
	assert_int_equal(count_of(v, deep[0]), SEARCH_DEPTH_MAX % 2 ? 0 : all.count);
	free(deep);
	struct buf text = { 0 };
	for (size_t i = 0; i <= SEARCH_NEEDLE_MAX; i++)
		buf_addc(&text, 'x');
	struct search_key k = { .kind = SEARCH_TEXT, .text = buf_span(&text) };
	assert_int_equal(search_open(op, v, &k, &s), RC_LIMIT);
	k.text.n--;
	assert_int_equal(count_of(v, k), 0);
	buf_done(&text);
	assert_int_equal(count_of(v, (struct search_key){ .kind = SEARCH_AND }), all.count);
	assert_int_equal(count_of(v, (struct search_key){ .kind = SEARCH_OR }), 0);
}

// --- the mailbox ---

static void learn(struct view *v, struct known *m, struct span text)
{
	struct op *op = &all.f.op;
	struct msg msg;
	ok(op, view_msg(op, v, (struct uid){ m->uid }, &msg));
	m->seq = msg.seq.v;
	m->flags = msg.flags;
	m->modseq = msg.modseq.v;
	m->cold = *msg.cold;
	m->text = text;
	m->texts = calloc(1, sizeof *m->texts);
	must(m->texts);
	m->texts->folded = true;
	texts_of(&all.keep, m->texts, SPAN_NONE, text);
}

static uint32_t append_known(struct span text, struct known *m, unsigned *seed)
{
	struct op *op = &all.f.op;
	struct append *ap;
	struct append_result r;
	struct span words[2];
	struct append_meta meta = { .flags.flags = (uint32_t)rand_r(seed) & FLAG_SYSTEM,
		.flags.keywords = words,
		.internal_date =
			all.now - (int64_t)((unsigned)rand_r(seed) % (30 * DAY)) / 1000 * 1000,
		.zone = (int16_t)((int)((unsigned)rand_r(seed) % 1440) - 720) };
	for (size_t i = 0; i < 2; i++) {
		if (rand_r(seed) % 3 == 0)
			words[meta.flags.keyword_count++] = m->keywords[i] = keywords[i];
	}
	ok(op, append_begin(op, all.f.a, SPAN("INBOX"), &ap));
	ok(op, append_message(op, ap, &meta, text.n));
	ok(op, append_data(op, ap, text));
	ok(op, append_message_end(op, ap));
	ok(op, append_commit(op, ap, &r));
	uint32_t uid = numset_min(&r.uids);
	numset_done(&r.uids);
	return uid;
}

static int open_all(void **state)
{
	(void)state;
	unsigned seed = 11;
	op_init(&all.keep, 0);
	fixture_begin(&all.f, "memory");
	all.now = clock_real();
	all.known = calloc(all.messages.count, sizeof *all.known);
	must(all.known);
	for (size_t i = 0; i < all.messages.count; i++) {
		struct span m = all.messages.list[i];
		if (m.n > 0 && m.n < 100000) {
			struct known *k = &all.known[all.count++];
			k->text = m;
			k->uid = append_known(m, k, &seed);
		}
	}
	all.inbox = open_view(&all.f, SPAN("INBOX"));
	for (size_t i = 0; i < all.count; i++)
		learn(all.inbox, &all.known[i], all.known[i].text);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < all.count; i++)
		free(all.known[i].texts);
	free(all.known);
	view_close(all.inbox);
	fixture_end(&all.f);
	op_done(&all.keep);
	messages_done(&all.messages);
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		messages_read(&all.messages, argv[i]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs_find_what_they_should),
		cmocka_unit_test(a_wide_search_rests_between_messages),
		cmocka_unit_test(a_search_rests_within_a_message),
		cmocka_unit_test(programs_have_limits),
	};
	return cmocka_run_group_tests(tests, open_all, close_all);
}
