// SPDX-License-Identifier: Apache-2.0
// Past the limits of log-ins, inside the auth process: what a flood waits for, and that a name which does not exist costs exactly what one that does
// costs: the same steps, not the same time as a clock sees it.
#include "auth/exchange.h"
#include "auth/users_priv.h"
#include "auth/verify.h"
#include "base/clock.h"
#include "base/limits.h"

#include <pthread.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
// cmocka needs the four above first
#include <cmocka.h>

struct world {
	char dir[64];
	struct users *users;
	struct desk *desk;
	struct op op;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	op_init(&w->op, 0);
	(void)snprintf(w->dir, sizeof w->dir, "/tmp/limits_test.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	assert_int_equal(
		users_file_set(&w->op, w->dir, SPAN("anna"), SPAN("secret"), true, false), 0);
	assert_int_equal(users_open(&w->op, w->dir, NULL, &w->users), 0);
	assert_int_equal(desk_new(&w->op, w->users, w->dir, &w->desk), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	desk_free(w->desk);
	users_close(w->users);
	op_done(&w->op);
	char *argv[] = { (char[]){ "rm" }, (char[]){ "-rf" }, w->dir, NULL };
	pid_t rm = fork();
	if (rm == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	(void)waitpid(rm, NULL, 0);
	free(w);
	return 0;
}

// --- who exists ---

#define TRIES 16

struct trace { // what a log-in took and told
	uint64_t lookups, proofs, hashes;
	int rc;
	uint32_t delay_ms;
	char text[OP_TEXT_MAX];
};

// A try with a wrong password; the i-th of this name, from an address of its own.
static void try_wrong(struct world *w, const char *name, int net, int i, struct trace *ret_trace)
{
	char address[32];
	struct desk_reply reply;
	(void)snprintf(address, sizeof address, "198.%d.%d.9", net, i);
	struct auth_peer peer = { .service = "imap", .address = address, .secure = true };
	struct desk_work before = desk_work(w->desk);
	if (i % 2)
		desk_login(&w->op, w->desk, &peer, span_str(name), SPAN("wrong"), &reply);
	else {
		char plain[64];
		int n = snprintf(plain, sizeof plain, "%c%s%cwrong", 0, name, 0);
		desk_begin(
			&w->op, w->desk, &peer, SPAN("PLAIN"), span_of(plain, (size_t)n), &reply);
	}
	struct desk_work after = desk_work(w->desk);
	*ret_trace = (struct trace){ .lookups = after.lookups - before.lookups,
		.proofs = after.proofs - before.proofs,
		.hashes = after.hashes - before.hashes,
		.rc = reply.rc,
		.delay_ms = reply.delay_ms };
	(void)snprintf(ret_trace->text, sizeof ret_trace->text, "%s", op_text(&w->op, reply.rc));
	op_reset(&w->op);
}

// By the path, try for try: the same look-ups, proofs and slow hashes, the same answer and delay for a user and for nobody.
static void same_path(void **state)
{
	struct world *w = *state;
	static struct trace user[TRIES], nobody[TRIES];
	for (int i = 0; i < TRIES; i++) {
		try_wrong(w, "anna", 51, i, &user[i]);
		try_wrong(w, "ghost", 52, i, &nobody[i]);
	}
	for (int i = 0; i < TRIES; i++) {
		assert_int_equal(user[i].rc, RC_AUTHFAILED);
		assert_int_equal(nobody[i].rc, RC_AUTHFAILED);
		assert_string_equal(user[i].text, nobody[i].text);
		assert_int_equal(user[i].lookups, 1);
		assert_int_equal(nobody[i].lookups, 1);
		assert_int_equal(user[i].proofs, 1);
		assert_int_equal(nobody[i].proofs, 1);
		assert_int_equal(user[i].hashes, 1);
		assert_int_equal(nobody[i].hashes, 1);
		// Scores fade by the second: what is tried a moment later may be that much lower.
		assert_in_range(nobody[i].delay_ms, user[i].delay_ms * 95 / 100,
			user[i].delay_ms * 105 / 100);
	}
	// And one hash is as much work as the other: the record names the cost that burn() in auth/password.c takes.
	struct user anna;
	assert_int_equal(users_find(&w->op, w->users, SPAN("anna"), &anna), 0);
	assert_true(span_starts(anna.hash, SPAN("$argon2id$v=19$m=19456,t=2,p=1$")));
}

// What SCRAM shows of a name: salt and iterations.
static void scram_shown(struct world *w, struct desk *desk, const char *name, char ret_shown[128])
{
	char first[64];
	struct desk_reply reply;
	struct auth_peer peer = { .service = "imap", .address = "198.51.100.7", .secure = true };
	int n = snprintf(first, sizeof first, "n,,n=%s,r=nonce", name);
	desk_begin(&w->op, desk, &peer, SPAN("SCRAM-SHA-256"), span_of(first, (size_t)n), &reply);
	assert_int_equal(reply.rc, AUTH_MORE);
	size_t at = span_find(reply.challenge, SPAN(",s="));
	assert_true(at < reply.challenge.n);
	(void)snprintf(ret_shown, 128, "%.*s", SPAN_FMT(span_skip(reply.challenge, at)));
	desk_cancel(desk, reply.exchange);
	op_reset(&w->op);
}

// A name shows the same before it exists, once it does, with another password, and when its keys are learned.
static void same_salt(void **state)
{
	struct world *w = *state;
	char path[96], hash[crypto_pwhash_STRBYTES], before[128], after[128], other[128];
	struct users *users;
	struct desk *desk;
	(void)snprintf(path, sizeof path, "%s/passwd", w->dir);
	assert_int_equal(password_hash(&w->op, SPAN("letmein"), hash), 0);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fprintf(f, "old:%s\n", hash) > 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(users_open(&w->op, w->dir, path, &users), 0);
	assert_int_equal(desk_new(&w->op, users, w->dir, &desk), 0);

	scram_shown(w, desk, "ghost", other);
	scram_shown(w, desk, "bert", before);
	assert_string_not_equal(before, other);
	static const char *const passwords[] = { "first", "second" };
	for (int i = 0; i < 2; i++) {
		assert_int_equal(users_file_set(&w->op, w->dir, SPAN("bert"),
					 span_str(passwords[i]), i == 0, i > 0),
			0);
		scram_shown(w, desk, "bert", after);
		assert_string_equal(before, after);
	}

	struct auth_peer peer = { .service = "imap", .address = "198.51.100.8", .secure = true };
	struct desk_reply reply;
	struct user user;
	scram_shown(w, desk, "old", before);
	assert_int_equal(users_find(&w->op, users, SPAN("old"), &user), 0);
	assert_false(user.scram.known);
	desk_login(&w->op, desk, &peer, SPAN("old"), SPAN("letmein"), &reply);
	assert_int_equal(reply.rc, 0);
	assert_int_equal(users_find(&w->op, users, SPAN("old"), &user), 0);
	assert_true(user.scram.known);
	scram_shown(w, desk, "old", after);
	assert_string_equal(before, after);
	desk_free(desk);
	users_close(users);
}

// Who was added before the server was ever started shows what he would if he did not exist; and a random salt of an earlier version stays.
static void same_salt_from_the_first(void **state)
{
	struct world *w = *state;
	static const char old[] = "bert::SCRAM-SHA-256$10000$AAECAwQFBgcICQoLDA0ODw==$"
				  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=$"
				  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
	char path[96], shown[128], later[128];
	scram_shown(w, w->desk, "anna", shown); // added in setup(), before there was a desk
	assert_int_equal(users_file_remove(&w->op, w->dir, SPAN("anna")), 0);
	scram_shown(w, w->desk, "anna", later);
	assert_string_equal(shown, later);

	(void)snprintf(path, sizeof path, "%s/auth/users", w->dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(old, f) >= 0 && fclose(f) == 0);
	scram_shown(w, w->desk, "bert", shown);
	assert_int_equal(
		users_file_set(&w->op, w->dir, SPAN("bert"), SPAN("changed"), false, true), 0);
	scram_shown(w, w->desk, "bert", later);
	assert_string_equal(shown, later);
}

// Blocked: nothing is hashed any more, for a user as for nobody.
static void same_when_blocked(void **state)
{
	struct world *w = *state;
	for (int k = 0; k < 2; k++) {
		const char *name = k ? "ghost" : "anna";
		struct auth_peer peer = {
			.service = "imap", .address = "203.0.113.5", .secure = true
		};
		struct desk_reply reply;
		for (unsigned i = 0; i <= LOGIN_FAILURES_PER_ADDRESS; i++) {
			// An empty password is refused by SASL or not hashed: quick failures all the same.
			desk_login(&w->op, w->desk, &peer, span_str(name), SPAN(""), &reply);
			assert_int_equal(reply.rc, RC_AUTHFAILED);
			assert_true(span_eq(reply.user, span_str(name))); // for the log
			assert_false(k == 0 && i < 5 && reply.throttled);
			op_reset(&w->op);
		}
		struct desk_work before = desk_work(w->desk);
		desk_login(&w->op, w->desk, &peer, span_str(name), SPAN("wrong"), &reply);
		assert_int_equal(desk_work(w->desk).hashes, before.hashes);
		assert_int_equal(reply.rc, RC_AUTHFAILED);
		assert_true(reply.delay_ms >= LOGIN_DELAY_MAX_MS / 2);
		assert_true(reply.throttled);
	}
}

// --- floods ---

struct waiter {
	pthread_t thread;
	struct verifier *v;
	struct user user;
	enum verified got;
};

static void *wait_in_line(void *arg)
{
	struct waiter *w = arg;
	w->got = verifier_check(w->v, &w->user, SPAN("wrong"), false);
	return NULL;
}

// The line of those who wait for hashing is full: strangers are sent away at once, friends still have a place, who is known needs none.
static void full_line(void **state)
{
	struct world *w = *state;
	struct verifier *v;
	struct waiter waiters[AUTH_HASHES_WAITING / 2];
	char slow[crypto_pwhash_STRBYTES];
	assert_int_equal(
		crypto_pwhash_str_alg(slow, "x", 1, 20, 19u << 20, crypto_pwhash_ALG_ARGON2ID13),
		0);
	assert_int_equal(verifier_new(&w->op, &v), 0);
	struct user anna;
	assert_int_equal(users_find(&w->op, w->users, SPAN("anna"), &anna), 0);
	assert_int_equal(verifier_check(v, &anna, SPAN("secret"), false), VERIFY_RIGHT);
	for (size_t i = 0; i < countof(waiters); i++) {
		waiters[i] = (struct waiter){ .v = v,
			.user = { .name = SPAN("slow"), .hash = span_str(slow) } };
		assert_int_equal(
			pthread_create(&waiters[i].thread, NULL, wait_in_line, &waiters[i]), 0);
	}
	while (verifier_load(v).waiting < countof(waiters) &&
		verifier_load(v).hashes < countof(waiters) + 1)
		(void)usleep(200);
	enum verified stranger = verifier_check(v, &anna, SPAN("other"), false);
	if (verifier_load(v).waiting == countof(waiters)) // it was full all the time
		assert_int_equal(stranger, VERIFY_BUSY);
	assert_true(verifier_knows(v, &anna, SPAN("secret")));
	assert_int_equal(verifier_check(v, &anna, SPAN("other"), true), VERIFY_WRONG);
	for (size_t i = 0; i < countof(waiters); i++) {
		assert_int_equal(pthread_join(waiters[i].thread, NULL), 0);
		assert_int_equal(waiters[i].got, VERIFY_WRONG);
	}
	verifier_free(v);
}

// A wrong password for a name and from an address that were not there before: nothing is throttled.
static void login_anew(
	struct op *op, struct world *w, unsigned net, unsigned i, struct desk_reply *ret_reply)
{
	char name[32], address[32];
	(void)snprintf(name, sizeof name, "ghost%u-%u", net, i);
	(void)snprintf(address, sizeof address, "10.%u.%u.%u", net, i >> 8 & 255, i & 255);
	struct auth_peer peer = { .service = "imap", .address = address, .secure = true };
	op_reset(op);
	desk_login(op, w->desk, &peer, span_str(name), SPAN("wrong"), ret_reply);
}

struct other { // a thread beside the test's
	pthread_t thread;
	struct world *w;
	unsigned net;
	uint64_t number; // of an exchange
	atomic_bool *over;
};

static void *log_in_on_and_on(void *arg)
{
	struct other *o = arg;
	struct desk_reply reply;
	struct op op;
	op_init(&op, 0);
	for (unsigned i = 0; !atomic_load(o->over); i++) {
		login_anew(&op, o->w, o->net, i, &reply);
		if (reply.rc == AUTH_BUSY)
			desk_cancel(o->w->desk, reply.exchange);
	}
	op_done(&op);
	return NULL;
}

static void *cancel_on_and_on(void *arg)
{
	struct other *o = arg;
	while (!atomic_load(o->over))
		desk_cancel(o->w->desk, o->number);
	return NULL;
}

// Who waits in line comes again, while somebody else ends the exchange: the moment that it is back in the table it may be gone.
static void gone_while_in_line(void **state)
{
	struct world *w = *state;
	struct other floods[AUTH_HASHES_WAITING / 2 + 2], canceller;
	atomic_bool over = false, ended;
	for (unsigned i = 0; i < countof(floods); i++) {
		floods[i] = (struct other){ .w = w, .net = i, .over = &over };
		assert_int_equal(
			pthread_create(&floods[i].thread, NULL, log_in_on_and_on, &floods[i]), 0);
	}
	for (unsigned round = 0, tries = 0; round < 8; round++) {
		struct desk_reply reply;
		do
			login_anew(&w->op, w, 200, tries++, &reply);
		while (reply.rc != AUTH_BUSY);
		uint64_t number = reply.exchange;
		atomic_store(&ended, false);
		canceller = (struct other){ .w = w, .number = number, .over = &ended };
		assert_int_equal(
			pthread_create(&canceller.thread, NULL, cancel_on_and_on, &canceller), 0);
		while (reply.rc == AUTH_BUSY) {
			assert_int_equal(reply.exchange, number);
			desk_retry(&w->op, w->desk, number, &reply);
			op_reset(&w->op);
		}
		assert_true(reply.rc == RC_TIMEOUT || reply.rc == RC_AUTHFAILED);
		atomic_store(&ended, true);
		assert_int_equal(pthread_join(canceller.thread, NULL), 0);
	}
	atomic_store(&over, true);
	for (unsigned i = 0; i < countof(floods); i++)
		assert_int_equal(pthread_join(floods[i].thread, NULL), 0);
}

// Exchanges that nobody goes on with: so many, then each new one ends the oldest. Who means it is not kept out.
static void many_exchanges(void **state)
{
	struct world *w = *state;
	struct auth_peer peer = { .service = "imap", .address = "203.0.113.6", .secure = true };
	struct desk_reply reply = { 0 };
	uint64_t first = 0;
	for (unsigned i = 0; i < AUTH_EXCHANGES_MAX; i++) {
		desk_begin(&w->op, w->desk, &peer, SPAN("PLAIN"), SPAN_NONE, &reply);
		assert_int_equal(reply.rc, AUTH_MORE);
		first = first ? first : reply.exchange;
		op_reset(&w->op);
	}
	desk_begin(&w->op, w->desk, &peer, SPAN("PLAIN"), SPAN_NONE, &reply);
	assert_int_equal(reply.rc, AUTH_MORE);
	uint64_t anna = reply.exchange;
	for (unsigned i = 0; i < AUTH_EXCHANGES_MAX / 2; i++) { // while she types
		desk_begin(&w->op, w->desk, &peer, SPAN("PLAIN"), SPAN_NONE, &reply);
		op_reset(&w->op);
	}
	desk_step(&w->op, w->desk, anna, SPAN("\0anna\0secret"), &reply);
	assert_int_equal(reply.rc, 0);
	desk_step(&w->op, w->desk, first, SPAN("\0anna\0secret"), &reply); // pushed out
	assert_int_equal(reply.rc, RC_TIMEOUT);
	desk_begin(&w->op, w->desk, &peer, SPAN("PLAIN"), SPAN_NONE, &reply);
	assert_int_equal(reply.rc, AUTH_MORE);
	desk_retry(&w->op, w->desk, reply.exchange, &reply); // it waits for a response, not in line
	assert_int_equal(reply.rc, RC_SERVERBUG);
}

// --- sizes ---

static void long_names_and_passwords(void **state)
{
	struct world *w = *state;
	static char text[PASSWORD_MAX + 1], hash[crypto_pwhash_STRBYTES];
	struct span name;
	memset(text, 'a', sizeof text);
	assert_int_equal(user_name_canonical(&w->op, span_of(text, USER_NAME_MAX), &name), 0);
	assert_int_equal(
		user_name_canonical(&w->op, span_of(text, USER_NAME_MAX + 1), &name), RC_BADNAME);
	assert_int_equal(password_hash(&w->op, span_of(text, PASSWORD_MAX), hash), 0);
	assert_true(password_matches(span_str(hash), span_of(text, PASSWORD_MAX)));
	assert_int_equal(password_hash(&w->op, span_of(text, PASSWORD_MAX + 1), hash), RC_SYNTAX);
	assert_false(password_matches(span_str(hash), span_of(text, PASSWORD_MAX + 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_path, setup, teardown),
		cmocka_unit_test_setup_teardown(same_salt, setup, teardown),
		cmocka_unit_test_setup_teardown(same_salt_from_the_first, setup, teardown),
		cmocka_unit_test_setup_teardown(same_when_blocked, setup, teardown),
		cmocka_unit_test_setup_teardown(full_line, setup, teardown),
		cmocka_unit_test_setup_teardown(gone_while_in_line, setup, teardown),
		cmocka_unit_test_setup_teardown(many_exchanges, setup, teardown),
		cmocka_unit_test_setup_teardown(long_names_and_passwords, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
