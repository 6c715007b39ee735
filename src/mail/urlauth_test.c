// SPDX-License-Identifier: Apache-2.0
// URLAUTH: who gets what a URL means, and every way that we could think of to get what one may not; on the engine that the program is told.
#include "mail/urlauth.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "mail/check.h"
#include "mail/testing.h"
#include "mail/url.h"
#include "mail/url_part.h"
#include "mime/header.h"

#include <pthread.h>

static const char *engine = "memory";

#define MESSAGE SPAN("Subject: x\r\n\r\nSi vis pacem, para bellum.\r\n")
#define NO_FLAGS ((struct flag_list){ .flags = 0 })
#define INBOX_URL "imap://alice@h/INBOX/;UID=1"

static bool bob_exists;
static unsigned finds; // users looked for

// Users: alice, known as ALICE and Alice, too; bob, while he is there; mallory.
static int find_user(void *ctx, struct op *op, struct span name, struct span *ret_user)
{
	(void)ctx;
	finds++;
	*ret_user = span_caseeq(name, SPAN("alice")) ? SPAN("alice") : name;
	if (span_eq(*ret_user, SPAN("alice")) || span_eq(name, SPAN("mallory")) ||
		span_eq(name, SPAN("b+o;b")) || (span_eq(name, SPAN("bob")) && bob_exists))
		return 0;
	return op_fail(op, RC_NONEXISTENT, "no such user");
}

static const struct url_presenter by_alice = { URL_BY_USER, { "alice", 5 }, find_user, NULL };
static const struct url_presenter by_mallory = { URL_BY_USER, { "mallory", 7 }, find_user, NULL };
static const struct url_presenter by_submit = { URL_BY_SUBMIT_SERVER, { "mallory", 7 }, find_user,
	NULL };
static const struct url_presenter for_alice = { URL_FOR_USER, { "alice", 5 }, find_user, NULL };
static const struct url_presenter for_mallory = { URL_FOR_USER, { "mallory", 7 }, find_user, NULL };

static struct fixture f;

static int sign(struct account *a, const char *rump, struct span *ret_url)
{
	struct url url;
	struct buf text = { 0 };
	ok(&f.op, url_parse(&f.op, span_str(rump), &url));
	buf_add(&text, url.rump);
	int rc = urlauth_sign(&f.op, a, &url, &text);
	*ret_url = arena_dup(&f.op.arena, buf_span(&text));
	buf_done(&text);
	return rc;
}

static struct span signed_url(const char *rump)
{
	struct span url;
	ok(&f.op, sign(f.a, rump, &url));
	return url;
}

// The octets, or an absent span for URL_NOTHING.
static struct span fetch(struct span url, const struct url_presenter *who)
{
	struct url_part part;
	struct rope rope;
	int rc = urlauth_open(&f.op, f.mail, url, who, &part);
	if (rc == URL_NOTHING)
		return SPAN_NONE;
	ok(&f.op, rc);
	rope_init(&rope);
	uint64_t n = url_part_size(&part), half = n / 2;
	ok(&f.op, url_part_put(&f.op, &part, 0, half, true, &rope));
	ok(&f.op, url_part_put(&f.op, &part, half, n - half, true, &rope));
	url_part_close(&part);
	char *p = arena_bytes(&f.op.arena, (size_t)n + 1);
	rope_copy(&rope, p);
	rope_done(&rope);
	return span_of(p, (size_t)n);
}

#define GETS(url, who) assert_true(span_eq(fetch((url), (who)), MESSAGE))
#define GETS_NOTHING(url, who) assert_null(fetch((url), (who)).p)

static void begin(void)
{
	fixture_begin(&f, engine);
	bob_exists = true;
	append_text(&f, SPAN("INBOX"), MESSAGE, NO_FLAGS);
}

static void found(void *ctx, const struct store_finding *finding)
{
	print_error("check: %s\n", finding->text);
	*(unsigned *)ctx += 1;
}

static void end(void)
{
	unsigned findings = 0;
	uint64_t messages;
	ok(&f.op, mail_check(&f.op, f.mail, found, &findings, &messages));
	assert_int_equal(findings, 0);
	fixture_end(&f);
}

static void test_access(void **state)
{
	(void)state;
	begin();
	struct span user = signed_url(INBOX_URL ";URLAUTH=user+alice"),
		    other = signed_url(INBOX_URL ";URLAUTH=user+mallory"),
		    submit = signed_url(INBOX_URL ";URLAUTH=submit+alice"),
		    any = signed_url(INBOX_URL ";URLAUTH=authuser"),
		    anonymous = signed_url(INBOX_URL ";URLAUTH=anonymous"),
		    nobody = signed_url(INBOX_URL ";URLAUTH=user+nobody");
	GETS(user, &by_alice);
	GETS_NOTHING(user, &by_mallory);
	GETS_NOTHING(user, &by_submit);
	GETS_NOTHING(user, &for_alice);
	GETS(other, &by_mallory);
	GETS_NOTHING(other, &by_alice); // the owner has it anyway, but not by this URL
	GETS_NOTHING(submit, &by_alice);
	GETS_NOTHING(submit, &by_mallory);
	GETS(submit, &by_submit);
	GETS(submit, &for_alice);
	GETS_NOTHING(submit, &for_mallory);
	GETS(any, &by_mallory);
	GETS(any, &for_mallory);
	GETS(anonymous, &by_mallory);
	GETS_NOTHING(nobody, &by_alice);
	end();
}

// Whatever is done to a good URL.
static void test_forgery(void **state)
{
	(void)state;
	begin();
	append_text(&f, SPAN("INBOX"), MESSAGE, NO_FLAGS);
	struct span good = signed_url(INBOX_URL ";EXPIRE=2100-01-01T00:00:00Z;URLAUTH=authuser");
	GETS(good, &by_mallory);
	char *p = arena_bytes(&f.op.arena, good.n + 40);
	for (size_t i = 0; i < good.n;
		i++) // any octet changed: only the case of mechanism and token is free
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(p, good.p, good.n);
			p[i] ^= (char)(1u << bit);
			struct span changed = span_of(p, good.n);
			size_t rump = span_find(good, SPAN(":INTERNAL:"));
			bool is_case = i > rump &&
				ascii_lower((unsigned char)p[i]) ==
					ascii_lower((unsigned char)good.p[i]);
			if (is_case)
				GETS(changed, &by_mallory);
			else
				GETS_NOTHING(changed, &by_mallory);
		}
	for (size_t n = 0; n < good.n; n++) // cut, down to no token at all
		GETS_NOTHING(span_of(good.p, n), &by_mallory);
	static const char *const more[] = { "0", "00", "/;SECTION=1", ";PARTIAL=0.1", ";UID=2", " ",
		"\r", ":INTERNAL:00", "?" };
	for (size_t i = 0; i < countof(more); i++) {
		memcpy(p, good.p, good.n);
		memcpy(p + good.n, more[i], strlen(more[i]));
		GETS_NOTHING(span_of(p, good.n + strlen(more[i])), &by_mallory);
	}
	end();
}

// No oracle: of what was not made here, nothing is looked at, so that the answer takes no longer for what exists.
static void test_nothing_is_looked_for(void **state)
{
	static const char *const urls[] = { INBOX_URL ";URLAUTH=user+alice:INTERNAL:",
		"imap://nobody@h/INBOX/;UID=1;URLAUTH=user+nobody:INTERNAL:",
		"imap://alice@h/Nowhere/;UID=1;URLAUTH=submit+alice:INTERNAL:" };
	(void)state;
	begin();
	struct span good = signed_url(INBOX_URL ";URLAUTH=user+alice");
	struct span token = span_skip(good, good.n - 98);
	for (size_t i = 0; i < countof(urls); i++)
		for (unsigned real = 0; real < 2; real++) {
			struct buf url = { 0 };
			buf_add(&url, span_str(urls[i]));
			for (size_t k = 0; k < token.n; k++)
				buf_addc(&url, real || k == 1 ? token.p[k] : '0');
			finds = 0;
			bool is_good = real && i == 0;
			assert_int_equal(fetch(buf_span(&url), &by_alice).p != NULL, is_good);
			assert_int_equal(finds > 0, is_good);
			buf_done(&url);
		}
	struct account *a;
	assert_int_equal(account_open_existing(&f.op, f.mail, SPAN("nobody"), &a), RC_NONEXISTENT);
	end();
}

// The token of one URL in another: the rump's replacement is spelled out.
static void test_swaps(void **state)
{
	static const char *const rumps[] = { "imap://alice@h/INBOX/;UID=2;URLAUTH=user+mallory",
		INBOX_URL "/;SECTION=HEADER;URLAUTH=user+mallory",
		INBOX_URL "/;PARTIAL=0.4;URLAUTH=user+mallory", INBOX_URL ";URLAUTH=user+alice",
		INBOX_URL ";URLAUTH=authuser", INBOX_URL ";URLAUTH=anonymous",
		INBOX_URL ";URLAUTH=submit+mallory",
		INBOX_URL ";EXPIRE=2100-01-01T00:00:00Z;URLAUTH=user+mallory",
		"imap://mallory@h/INBOX/;UID=1;URLAUTH=user+mallory",
		"imap://alice@g/INBOX/;UID=1;URLAUTH=user+mallory",
		"imap://alice@h:143/INBOX/;UID=1;URLAUTH=user+mallory",
		"imap://alice@h/inbox/;UID=1;URLAUTH=user+mallory",
		"imap://alice@h/Sent/;UID=1;URLAUTH=user+mallory",
		"imap://%61lice@h/INBOX/;UID=1;URLAUTH=user+mallory",
		"imap://alice;AUTH=*@h/INBOX/;UID=1;URLAUTH=user+mallory",
		"IMAP://alice@h/INBOX/;UID=1;URLAUTH=user+mallory",
		"imap://alice@H/INBOX/;UID=1;URLAUTH=user+mallory",
		"imap://alice@h/INBOX/;uid=1;URLAUTH=user+mallory",
		"imap://alice@h/INBOX/;UID=1;urlauth=user+mallory",
		"imap://alice@h/INBOX/;UID=1;URLAUTH=user+%6Dallory" };
	(void)state;
	begin();
	append_text(&f, SPAN("INBOX"), MESSAGE, NO_FLAGS);
	append_text(&f, SPAN("Sent"), MESSAGE, NO_FLAGS);
	const char *rump = INBOX_URL ";URLAUTH=user+mallory";
	struct span good = signed_url(rump), verifier = span_skip(good, strlen(rump));
	GETS(good, &by_mallory);
	for (size_t i = 0; i < countof(rumps); i++) {
		struct buf url = { 0 };
		buf_add(&url, span_str(rumps[i]));
		buf_add(&url, verifier);
		GETS_NOTHING(buf_span(&url), &by_mallory);
		GETS_NOTHING(buf_span(&url), &by_alice);
		GETS_NOTHING(buf_span(&url), &by_submit);
		buf_done(&url);
		struct span own; // and it is all right when it is signed itself
		if (i != 8)
			ok(&f.op, sign(f.a, rumps[i], &own));
	}
	end();
}

// A user signs with his own keys what names another one: the front end refuses that; should it not, the URL is still void.
static void test_other_owner(void **state)
{
	(void)state;
	begin();
	struct account *mallory;
	struct span url;
	ok(&f.op, account_open(&f.op, f.mail, SPAN("mallory"), &mallory));
	ok(&f.op, sign(mallory, INBOX_URL ";URLAUTH=authuser", &url));
	GETS_NOTHING(url, &by_mallory);
	(void)signed_url(INBOX_URL ";URLAUTH=authuser"); // alice has a key now
	GETS_NOTHING(url, &by_mallory);
	account_unref(mallory);
	end();
}

static void test_reset(void **state)
{
	(void)state;
	begin();
	append_text(&f, SPAN("Sent"), MESSAGE, NO_FLAGS);
	const char *rump = INBOX_URL ";URLAUTH=authuser",
		   *sent = "imap://alice@h/Sent/;UID=1;URLAUTH=authuser";
	struct span url = signed_url(rump), in_sent = signed_url(sent);
	assert_true(span_eq(url, signed_url(rump))); // deterministic (RFC 4467 section 2.5)
	ok(&f.op, urlauth_reset(&f.op, f.a, SPAN("INBOX")));
	GETS_NOTHING(url, &by_mallory);
	GETS(in_sent, &by_mallory);
	struct span again = signed_url(rump);
	assert_false(span_eq(url, again));
	GETS(again, &by_mallory);
	fixture_close_mail(&f); // keys are durable
	fixture_open_mail(&f);
	GETS(again, &by_mallory);
	GETS(in_sent, &by_mallory);
	GETS_NOTHING(url, &by_mallory);
	ok(&f.op, urlauth_reset(&f.op, f.a, SPAN_NONE));
	GETS_NOTHING(again, &by_mallory);
	GETS_NOTHING(in_sent, &by_mallory);
	assert_int_equal(urlauth_reset(&f.op, f.a, SPAN("nothing")), RC_NONEXISTENT);
	end();
}

static void test_names(void **state)
{
	(void)state;
	begin();
	const char *rump = "imap://alice@h/box/;UID=1;URLAUTH=authuser";
	struct mailbox_status st;
	struct span url;
	assert_int_equal(sign(f.a, rump, &url), RC_NONEXISTENT);
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("box"), 0, &st));
	append_text(&f, SPAN("box"), MESSAGE, NO_FLAGS);
	url = signed_url(rump);
	GETS(url, &by_mallory);
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("box"), SPAN("there")));
	GETS_NOTHING(url, &by_mallory);
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("box"), 0, &st)); // another one of that name
	append_text(&f, SPAN("box"), MESSAGE, NO_FLAGS);
	GETS_NOTHING(url, &by_mallory);
	struct span second = signed_url(rump);
	GETS(second, &by_mallory);
	GETS_NOTHING(url, &by_mallory);
	ok(&f.op, mailbox_delete(&f.op, f.a, SPAN("box")));
	GETS_NOTHING(second, &by_mallory);
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("there"), SPAN("box"))); // the first one is back
	GETS(url, &by_mallory);
	GETS_NOTHING(second, &by_mallory);
	// INBOX: its messages go, and their UIDs mean nothing there any more.
	struct span inbox = signed_url(INBOX_URL ";URLAUTH=authuser");
	GETS(inbox, &by_mallory);
	ok(&f.op, mailbox_rename(&f.op, f.a, SPAN("INBOX"), SPAN("old")));
	append_text(&f, SPAN("INBOX"), MESSAGE, NO_FLAGS);
	GETS_NOTHING(inbox, &by_mallory);
	end();
}

static atomic_bool swaps_stop;

// Two mailboxes change names, all the time.
static void *swap_names(void *ctx)
{
	struct account *a = ctx;
	struct op op;
	op_init(&op, 0);
	while (!atomic_load(&swaps_stop)) {
		must(mailbox_rename(&op, a, SPAN("given"), SPAN("x")) == 0);
		must(mailbox_rename(&op, a, SPAN("kept"), SPAN("given")) == 0);
		must(mailbox_rename(&op, a, SPAN("x"), SPAN("kept")) == 0);
	}
	op_done(&op);
	return NULL;
}

#define SWAP_FETCHES 20000u

// The mailbox whose key fits is the one that is read, whoever takes its name between.
static void test_names_change_meanwhile(void **state)
{
	(void)state;
	begin();
	pthread_t swapper;
	struct mailbox_status st;
	unsigned given = 0;
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("given"), 0, &st));
	ok(&f.op, mailbox_create(&f.op, f.a, SPAN("kept"), 0, &st));
	append_text(&f, SPAN("given"), MESSAGE, NO_FLAGS);
	append_text(&f, SPAN("kept"), SPAN("Subject: secret\r\n\r\n"), NO_FLAGS);
	struct span url = signed_url("imap://alice@h/given/;UID=1;URLAUTH=authuser");
	atomic_store(&swaps_stop, false);
	assert_int_equal(pthread_create(&swapper, NULL, swap_names, f.a), 0);
	for (unsigned i = 0; i < SWAP_FETCHES || given == 0; i++) {
		struct arena_mark mark = arena_mark(&f.op.arena);
		struct span got = fetch(url, &by_mallory);
		if (got.p)
			assert_true(span_eq(got, MESSAGE));
		given += got.p != NULL;
		arena_release(&f.op.arena, mark);
	}
	atomic_store(&swaps_stop, true);
	assert_int_equal(pthread_join(swapper, NULL), 0);
	end();
}

static void test_message(void **state)
{
	(void)state;
	begin();
	struct url url;
	char rump[200];
	uint32_t validity = status_of(&f, SPAN("INBOX")).uid_validity;
	(void)snprintf(rump, sizeof rump,
		"imap://alice@h/INBOX;UIDVALIDITY=%u/;UID=1;URLAUTH=authuser", validity);
	GETS(signed_url(rump), &by_mallory);
	(void)snprintf(rump, sizeof rump,
		"imap://alice@h/INBOX;UIDVALIDITY=%u/;UID=1;URLAUTH=authuser", validity + 1);
	struct span text;
	assert_int_equal(sign(f.a, rump, &text), RC_NONEXISTENT);
	GETS_NOTHING(signed_url("imap://alice@h/INBOX/;UID=2;URLAUTH=authuser"), &by_mallory);
	GETS_NOTHING(signed_url(INBOX_URL "/;SECTION=2;URLAUTH=authuser"), &by_mallory);
	GETS_NOTHING(signed_url(INBOX_URL "/;SECTION=x;URLAUTH=authuser"), &by_mallory);
	struct span got =
		fetch(signed_url(INBOX_URL "/;SECTION=HEADER;URLAUTH=authuser"), &by_mallory);
	assert_true(span_eq(got, SPAN("Subject: x\r\n\r\n")));
	got = fetch(
		signed_url(INBOX_URL "/;SECTION=TEXT/;PARTIAL=3.3;URLAUTH=authuser"), &by_mallory);
	assert_true(span_eq(got, SPAN("vis")));
	got = fetch(signed_url(INBOX_URL "/;SECTION=1/;PARTIAL=20;URLAUTH=authuser"), &by_mallory);
	assert_true(span_eq(got, SPAN("ellum.\r\n")) || span_eq(got, SPAN("bellum.\r\n")));
	got = fetch(signed_url(INBOX_URL "/;PARTIAL=999999.2;URLAUTH=authuser"), &by_mallory);
	assert_true(got.p && got.n == 0);
	// A URL that needs no token is none for anybody: it does not authorise.
	GETS_NOTHING(SPAN(INBOX_URL), &by_alice);
	GETS_NOTHING(SPAN(INBOX_URL ";URLAUTH=user+alice"), &by_alice);
	GETS_NOTHING(SPAN("imap://alice@h/INBOX"), &by_alice);
	GETS_NOTHING(SPAN("imap://alice@h/"), &by_alice);
	ok(&f.op, url_parse(&f.op, SPAN("/INBOX/;UID=1"), &url));
	struct url_part part; // the user's own: as CATENATE has it
	ok(&f.op, url_part_open(&f.op, f.a, &url, SPAN("INBOX"), &part));
	assert_int_equal(url_part_size(&part), MESSAGE.n);
	url_part_close(&part);
	// Messages that are expunged are gone.
	struct span whole = signed_url(INBOX_URL ";URLAUTH=authuser");
	struct view *v = open_view(&f, SPAN("INBOX"));
	struct numset one = { 0 }, gone;
	numset_add(&one, 1);
	ok(&f.op, txn_remove(&f.op, v, &one, &gone));
	numset_done(&gone);
	numset_done(&one);
	view_close(v);
	GETS_NOTHING(whole, &by_mallory);
	end();
}

static void test_expiry(void **state)
{
	(void)state;
	begin();
	struct span url =
		signed_url(INBOX_URL ";EXPIRE=2090-01-01T00:00:00+05:00;URLAUTH=authuser");
	GETS(url, &by_mallory);
	int64_t left = mime_days_of(2090, 1, 1) * 86400 - 5 * 3600 - clock_real();
	clock_shift_for_test(left - 60);
	GETS(url, &by_mallory);
	clock_shift_for_test(left + 60);
	GETS_NOTHING(url, &by_mallory);
	clock_shift_for_test(0);
	GETS_NOTHING(
		signed_url(INBOX_URL ";EXPIRE=2006-01-01T00:00:00Z;URLAUTH=authuser"), &by_mallory);
	end();
}

static void test_users(void **state)
{
	(void)state;
	begin();
	// Names in another spelling: it is the user that counts, not the text.
	GETS(signed_url("imap://ALICE@h/INBOX/;UID=1;URLAUTH=user+%61LICE"), &by_alice);
	GETS_NOTHING(signed_url("imap://alice@h/INBOX/;UID=1;URLAUTH=user+MALLORY"), &by_mallory);
	const struct url_presenter odd = { URL_BY_USER, SPAN("b+o;b"), find_user, NULL };
	GETS(signed_url(INBOX_URL ";URLAUTH=user+b+o%3Bb"), &odd);
	GETS_NOTHING(signed_url(INBOX_URL ";URLAUTH=user+b+o"), &odd);
	// The owner goes: what he gave away goes, although the account's mail is still there; and a new user of that name is another one.
	struct account *bob;
	struct span url;
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &bob));
	struct account *alice = f.a;
	f.a = bob;
	append_text(&f, SPAN("INBOX"), MESSAGE, NO_FLAGS);
	f.a = alice;
	ok(&f.op, sign(bob, "imap://bob@h/INBOX/;UID=1;URLAUTH=authuser", &url));
	GETS(url, &by_mallory);
	bob_exists = false;
	GETS_NOTHING(url, &by_mallory);
	bob_exists = true;
	GETS(url, &by_mallory);
	account_unref(bob);
	ok(&f.op, account_delete(&f.op, f.mail, SPAN("bob")));
	GETS_NOTHING(url, &by_mallory);
	assert_int_equal(account_open_existing(&f.op, f.mail, SPAN("bob"), &bob), RC_NONEXISTENT);
	ok(&f.op, account_open(&f.op, f.mail, SPAN("bob"), &bob));
	f.a = bob;
	append_text(&f, SPAN("INBOX"), MESSAGE, NO_FLAGS);
	f.a = alice;
	GETS_NOTHING(url, &by_mallory);
	account_unref(bob);
	end();
}

int main(int argc, char **argv)
{
	if (argc > 1)
		engine = argv[1];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_forgery),
		cmocka_unit_test(test_nothing_is_looked_for),
		cmocka_unit_test(test_swaps),
		cmocka_unit_test(test_other_owner),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_change_meanwhile),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_users),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
