// SPDX-License-Identifier: Apache-2.0
// Authentication through the real worker process: this program plays the worker when it is called as one.
#include "auth/auth.h"
#include "auth/throttle.h"
#include "auth/users.h"
#include "auth/worker.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"
#include "run/spawner.h"

#include <crypt.h>
#include <gsasl.h>
#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
// cmocka needs the four above first
#include <cmocka.h>

static char program[4096];

struct world {
	char dir[64], passwd[80];
	struct spawner *spawner;
	struct auth *auth;
	struct op op;
};
static const struct auth_peer safe = {
	.service = "imap", .address = "192.0.2.7", .secure = true, .tls = true
};

static void add_user(struct world *w, const char *name, const char *password)
{
	assert_int_equal(
		users_file_set(&w->op, w->dir, span_str(name), span_str(password), true, false), 0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	op_init(&w->op, 0);
	(void)snprintf(w->dir, sizeof w->dir, "/tmp/auth_test.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	(void)snprintf(w->passwd, sizeof w->passwd, "%s/passwd", w->dir);
	FILE *f = fopen(w->passwd, "w");
	fprintf(f, "Mixed.Case@Example.org:%s\n", crypt("letmein", "$6$saltsalt$"));
	fprintf(f,
		"# migrated\nold@example.org:{SHA512-CRYPT}%s:1000:1000::/home\nbroken line "
		"without colon\n",
		crypt("letmein", "$6$saltsalt$"));
	fclose(f);
	add_user(w, "Anna@Example.org", "secret");
	struct auth_config config = { .dir = w->dir, .passwd_file = w->passwd, .sandbox = true };
	struct auth_words words;
	auth_words_make(&config, &words);
	struct spawner_config spawner = {
		.program = program, .sandbox = true, .words = { words.words }, .count = 1
	};
	assert_int_equal(spawner_open(&w->op, &spawner, &w->spawner), 0);
	config.spawner = w->spawner;
	assert_int_equal(auth_open(&w->op, &config, &w->auth), 0);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char command[128];
	auth_close(w->auth);
	spawner_close(w->spawner);
	op_done(&w->op);
	(void)snprintf(command, sizeof command, "%s", w->dir);
	char *argv[] = { (char[]){ "rm" }, (char[]){ "-rf" }, command, NULL };
	pid_t rm = fork();
	if (rm == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	(void)waitpid(rm, NULL, 0);
	free(w);
	return 0;
}

static int login(struct world *w, const char *user, const char *password, struct auth_reply *reply)
{
	struct auth_exchange *x = NULL;
	int rc = auth_login(&w->op, w->auth, &safe, span_str(user), span_str(password), &x, reply);
	while (rc == AUTH_BUSY) {
		(void)usleep(1000 * reply->delay_ms);
		rc = auth_retry(&w->op, x, reply);
	}
	return rc;
}

static void test_login(void **state)
{
	struct world *w = *state;
	struct auth_reply r;
	assert_int_equal(login(w, "anna@example.org", "secret", &r), 0);
	assert_true(span_eq(r.user, SPAN("anna@example.org")));
	assert_int_equal(login(w, "ANNA@example.org", "secret", &r), 0); // names fold case
	assert_true(span_eq(r.user, SPAN("anna@example.org")));
	assert_int_equal(login(w, "anna@example.org", "Secret", &r), RC_AUTHFAILED);
	assert_true(r.delay_ms > 0);
	char wrong[OP_TEXT_MAX];
	(void)snprintf(wrong, sizeof wrong, "%s", w->op.text);
	assert_int_equal(login(w, "nobody@example.org", "secret", &r), RC_AUTHFAILED);
	assert_string_equal(wrong, w->op.text); // nothing tells that the user does not exist
	assert_int_equal(login(w, "", "", &r), RC_AUTHFAILED);
	assert_int_equal(login(w, "a:b", "x", &r), RC_AUTHFAILED);
	struct auth_peer bare = safe;
	struct auth_exchange *x = NULL;
	bare.secure = false;
	assert_int_equal(auth_login(&w->op, w->auth, &bare, SPAN("anna@example.org"),
				 SPAN("secret"), &x, &r),
		RC_PRIVACY);
}

static void test_fast_path_and_password_change(void **state)
{
	struct world *w = *state;
	struct auth_reply r;
	assert_int_equal(login(w, "anna@example.org", "secret", &r), 0);
	for (int i = 0; i < 1000; i++) // would take half a minute without the fast path
		assert_int_equal(login(w, "anna@example.org", "secret", &r), 0);
	assert_int_equal(users_file_set(&w->op, w->dir, SPAN("anna@example.org"), SPAN("changed"),
				 false, true),
		0);
	assert_int_equal(login(w, "anna@example.org", "secret", &r), RC_AUTHFAILED);
	assert_int_equal(login(w, "anna@example.org", "changed", &r), 0);
	assert_int_equal(users_file_remove(&w->op, w->dir, SPAN("anna@example.org")), 0);
	assert_int_equal(login(w, "anna@example.org", "changed", &r), RC_AUTHFAILED);
	assert_int_equal(
		users_file_remove(&w->op, w->dir, SPAN("anna@example.org")), RC_NONEXISTENT);
}

static void test_plain(void **state)
{
	struct world *w = *state;
	struct auth_exchange *x = NULL;
	struct auth_reply r;
	assert_int_equal(auth_begin(&w->op, w->auth, &safe, SPAN("plain"),
				 SPAN("\0anna@example.org\0secret"), &x, &r),
		0);
	assert_int_equal(
		auth_begin(&w->op, w->auth, &safe, SPAN("PLAIN"), SPAN_NONE, &x, &r), AUTH_MORE);
	assert_int_equal(r.challenge.n, 0);
	assert_int_equal(
		auth_step(&w->op, x, SPAN("anna@example.org\0anna@example.org\0secret"), &r), 0);
	assert_int_equal(auth_begin(&w->op, w->auth, &safe, SPAN("PLAIN"),
				 SPAN("bob\0anna@example.org\0secret"), &x, &r),
		RC_AUTHZFAILED);
	assert_int_equal(auth_begin(&w->op, w->auth, &safe, SPAN("PLAIN"),
				 SPAN("bob\0anna@example.org\0wrong"), &x, &r),
		RC_AUTHFAILED);
	assert_int_equal(
		auth_begin(&w->op, w->auth, &safe, SPAN("PLAIN"), SPAN("nonsense"), &x, &r),
		RC_SYNTAX);
	assert_int_equal(
		auth_begin(&w->op, w->auth, &safe, SPAN("PLAIN"), SPAN_NONE, &x, &r), AUTH_MORE);
	auth_cancel(x);
	assert_int_equal(
		auth_begin(&w->op, w->auth, &safe, SPAN("CRAM-MD5"), SPAN_NONE, &x, &r), RC_CANNOT);
	struct auth_peer bare = safe;
	bare.secure = false;
	assert_int_equal(
		auth_begin(&w->op, w->auth, &bare, SPAN("PLAIN"), SPAN_NONE, &x, &r), RC_PRIVACY);
}

static void test_login_mechanism(void **state)
{
	struct world *w = *state;
	struct auth_exchange *x = NULL;
	struct auth_reply r;
	assert_int_equal(
		auth_begin(&w->op, w->auth, &safe, SPAN("LOGIN"), SPAN_NONE, &x, &r), AUTH_MORE);
	assert_true(r.challenge.n > 0);
	assert_int_equal(auth_step(&w->op, x, SPAN("anna@example.org"), &r), AUTH_MORE);
	assert_int_equal(auth_step(&w->op, x, SPAN("secret"), &r), 0);
	assert_int_equal(
		auth_begin(&w->op, w->auth, &safe, SPAN("LOGIN"), SPAN("anna@example.org"), &x, &r),
		AUTH_MORE);
	assert_int_equal(auth_step(&w->op, x, SPAN("secret"), &r), 0);
}

// A client's side of SCRAM, by GNU SASL as well: what is tested is our keys, false salts and channel binding.
static int client_callback(Gsasl *ctx, Gsasl_session *s, Gsasl_property property)
{
	(void)ctx;
	// GNU SASL's client refuses to be given binding data for a mechanism without -PLUS.
	if (property == GSASL_CB_TLS_EXPORTER &&
		span_eq(span_str(gsasl_mechanism_name(s)), SPAN("SCRAM-SHA-256-PLUS")))
		return gsasl_property_set(s, property, "AQIDBA==");
	return GSASL_NO_CALLBACK;
}

static int scram(struct world *w, const char *mechanism, const char *user, const char *password,
	struct span binding)
{
	Gsasl *ctx = NULL;
	Gsasl_session *c = NULL;
	struct auth_peer peer = safe;
	struct auth_exchange *x = NULL;
	struct auth_reply r = { .challenge = SPAN("") };
	peer.channel_binding = binding;
	assert_int_equal(gsasl_init(&ctx), GSASL_OK);
	gsasl_callback_set(ctx, client_callback);
	assert_int_equal(gsasl_client_start(ctx, mechanism, &c), GSASL_OK);
	(void)gsasl_property_set(c, GSASL_AUTHID, user);
	(void)gsasl_property_set(c, GSASL_PASSWORD, password);
	int rc = AUTH_MORE;
	for (int round = 0; rc == AUTH_MORE; round++) {
		char *out = NULL;
		size_t n = 0;
		int code = gsasl_step(c, r.challenge.p, r.challenge.n, &out, &n);
		if (code != GSASL_OK && code != GSASL_NEEDS_MORE)
			fail_msg("round %d: %s: %.*s", round, gsasl_strerror(code),
				SPAN_FMT(r.challenge));
		if (round == 0)
			rc = auth_begin(&w->op, w->auth, &peer, span_str(mechanism),
				span_of(out, n), &x, &r);
		else
			rc = auth_step(&w->op, x, n ? span_of(out, n) : SPAN(""), &r);
		gsasl_free(out);
	}
	gsasl_finish(c);
	gsasl_done(ctx);
	return rc;
}

static void test_scram(void **state)
{
	struct world *w = *state;
	assert_int_equal(scram(w, "SCRAM-SHA-256", "anna@example.org", "secret", SPAN_NONE), 0);
	assert_int_equal(
		scram(w, "SCRAM-SHA-256", "anna@example.org", "wrong", SPAN_NONE), RC_AUTHFAILED);
	assert_int_equal(scram(w, "SCRAM-SHA-256", "nobody", "secret", SPAN_NONE), RC_AUTHFAILED);
	assert_int_equal(
		scram(w, "SCRAM-SHA-256-PLUS", "anna@example.org", "secret", SPAN("\1\2\3\4")), 0);
	// Another TLS connection than the client's own: somebody in the middle.
	assert_int_equal(
		scram(w, "SCRAM-SHA-256-PLUS", "anna@example.org", "secret", SPAN("\1\2\3\5")),
		RC_AUTHFAILED);
}

// The salt of a name that does not exist looks like any other and is the same each time.
static void test_false_salt(void **state)
{
	struct world *w = *state;
	char salts[3][128];
	static const char *const first[] = { "n,,n=ghost,r=abcdef", "n,,n=ghost,r=abcdef",
		"n,,n=GHOST,r=abcdef" }; // a real user has one salt under all spellings
	for (int i = 0; i < 3; i++) {
		struct auth_exchange *x = NULL;
		struct auth_reply r;
		assert_int_equal(auth_begin(&w->op, w->auth, &safe, SPAN("SCRAM-SHA-256"),
					 span_str(first[i]), &x, &r),
			AUTH_MORE);
		struct span challenge = r.challenge;
		size_t at = span_find(challenge, SPAN(",s="));
		assert_true(at != SIZE_MAX);
		(void)snprintf(
			salts[i], sizeof salts[i], "%.*s", SPAN_FMT(span_skip(challenge, at)));
		auth_cancel(x);
	}
	assert_string_equal(salts[0], salts[1]);
	assert_string_equal(salts[0], salts[2]);
	assert_non_null(strstr(salts[0], ",i=10000"));
}

static void test_passwd_file(void **state)
{
	struct world *w = *state;
	struct auth_reply r;
	assert_int_equal(
		scram(w, "SCRAM-SHA-256", "old@example.org", "letmein", SPAN_NONE), RC_AUTHFAILED);
	assert_int_equal(login(w, "old@example.org", "wrong", &r), RC_AUTHFAILED);
	assert_int_equal(login(w, "old@example.org", "letmein", &r), 0);
	assert_int_equal(
		scram(w, "SCRAM-SHA-256", "old@example.org", "letmein", SPAN_NONE), 0); // learned
	// However the file spells a name, all spellings log in.
	assert_int_equal(login(w, "mixed.case@example.org", "letmein", &r), 0);
	assert_int_equal(login(w, "Mixed.Case@Example.org", "letmein", &r), 0);
	assert_true(span_eq(r.user, SPAN("mixed.case@example.org")));
}

// Keys learned from an old password do not bring it back over a new one.
static void test_learn_late(void **state)
{
	struct world *w = *state;
	struct users *users;
	struct user old, now;
	struct scram_keys keys = { .known = true, .iterations = 1 };
	assert_int_equal(users_open(&w->op, w->dir, NULL, &users), 0);
	assert_int_equal(users_find(&w->op, users, SPAN("anna@example.org"), &old), 0);
	assert_int_equal(users_file_set(&w->op, w->dir, old.name, SPAN("changed"), false, true), 0);
	assert_int_equal(users_learn(&w->op, users, &old, &keys), RC_CONFLICT);
	assert_int_equal(users_find(&w->op, users, SPAN("anna@example.org"), &now), 0);
	assert_false(span_eq(now.hash, old.hash));
	assert_int_equal(users_learn(&w->op, users, &now, &keys), 0);
	assert_int_equal(users_find(&w->op, users, SPAN("anna@example.org"), &old), 0);
	assert_int_equal(old.scram.iterations, 1);
	assert_true(span_eq(now.hash, old.hash));
	users_close(users);
}

// A name that does not exist is delayed and blocked as one that does.
static void test_unknown_is_throttled_alike(void **state)
{
	struct world *w = *state;
	uint32_t delays[2][12];
	static const char *const names[] = { "anna@example.org", "ghost@example.org" };
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < 12; i++) {
			char address[32];
			struct auth_peer peer = safe;
			struct auth_reply r;
			struct auth_exchange *x = NULL;
			(void)snprintf(address, sizeof address, "203.0.%d.%d", k, i);
			peer.address = address;
			assert_int_equal(auth_login(&w->op, w->auth, &peer, span_str(names[k]),
						 SPAN("wrong"), &x, &r),
				RC_AUTHFAILED);
			delays[k][i] = r.delay_ms;
		}
	for (int i = 0; i < 12; i++)
		assert_in_range(delays[1][i], delays[0][i] - 5, delays[0][i] + 5);
	assert_true(delays[1][11] > delays[1][0]); // the first few are alike for all
}

static void test_external(void **state)
{
	struct world *w = *state;
	struct auth_peer peer = safe;
	struct auth_exchange *x = NULL;
	struct auth_reply r;
	assert_int_equal(
		auth_begin(&w->op, w->auth, &peer, SPAN("EXTERNAL"), SPAN(""), &x, &r), RC_CANNOT);
	peer.client_identity = SPAN("anna@example.org");
	assert_int_equal(auth_begin(&w->op, w->auth, &peer, SPAN("EXTERNAL"), SPAN(""), &x, &r), 0);
	assert_int_equal(auth_begin(&w->op, w->auth, &peer, SPAN("EXTERNAL"),
				 SPAN("anna@example.org"), &x, &r),
		0);
	assert_int_equal(auth_begin(&w->op, w->auth, &peer, SPAN("EXTERNAL"), SPAN("bob"), &x, &r),
		RC_AUTHZFAILED);
	peer.client_identity = SPAN("ghost@example.org");
	assert_int_equal(auth_begin(&w->op, w->auth, &peer, SPAN("EXTERNAL"), SPAN(""), &x, &r),
		RC_AUTHFAILED);
}

// The first name that is a user's, whatever its form; nothing is throttled.
static void test_find(void **state)
{
	struct world *w = *state;
	const struct span names[] = { SPAN("ghost"), SPAN("no/name"), SPAN("Anna@Example.org"),
		SPAN("anna@example.org") };
	struct auth_finder f = { .auth = w->auth };
	struct span user;
	size_t which;
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(auth_find(&w->op, &f, names, 2, &user, &which), RC_NONEXISTENT);
	assert_int_equal(auth_find(&w->op, &f, names, countof(names), &user, &which), 0);
	assert_int_equal(which, 2);
	assert_true(span_eq(user, SPAN("anna@example.org")));
	assert_int_equal(auth_find(&w->op, &f, names, 0, &user, &which), RC_NONEXISTENT);
}

static void test_mechanisms(void **state)
{
	(void)state;
	struct auth_peer p = safe;
	assert_true(span_eq(auth_mechanism(&p, 0), SPAN("SCRAM-SHA-256")));
	assert_true(span_eq(auth_mechanism(&p, 1), SPAN("PLAIN")));
	p.secure = false;
	assert_true(span_eq(auth_mechanism(&p, 0), SPAN("SCRAM-SHA-256")));
	assert_null(auth_mechanism(&p, 1).p);
	p.can_bind = true; // to advertise it takes no data
	assert_true(span_eq(auth_mechanism(&p, 0), SPAN("SCRAM-SHA-256-PLUS")));
	p.can_bind = false;
	p.channel_binding = SPAN("x");
	assert_true(span_eq(auth_mechanism(&p, 0), SPAN("SCRAM-SHA-256-PLUS")));
	assert_true(auth_mechanism_binds(SPAN("scram-sha-256-plus")));
	assert_true(auth_mechanism_binds(
		SPAN("SCRAM-SHA-256"))); // who says that he would have is looked at
	assert_false(auth_mechanism_binds(SPAN("PLAIN")));
	assert_false(auth_mechanism_binds(SPAN("")));
}

static void test_names(void **state)
{
	struct world *w = *state;
	struct span name;
	assert_int_equal(user_name_canonical(&w->op, SPAN("J\xc3\x96RG"), &name), 0);
	assert_true(span_eq(name, SPAN("j\xc3\xb6rg")));
	assert_int_equal(user_name_canonical(&w->op, SPAN("o\xcc\x88"), &name), 0); // NFC
	assert_true(span_eq(name, SPAN("\xc3\xb6")));
	static const char *const bad[] = { "", "a b", "a:b", "a/b", "a\nb", "\xff", "a\x7f" };
	for (size_t i = 0; i < countof(bad); i++)
		assert_int_equal(user_name_canonical(&w->op, span_str(bad[i]), &name), RC_BADNAME);
}

static void test_throttle(void **state)
{
	struct world *w = *state;
	struct throttle *t = NULL;
	struct span home = SPAN("192.0.2.1"), away = SPAN("198.51.100.9"), user = SPAN("anna");
	assert_int_equal(throttle_new(&w->op, &t), 0);
	throttle_succeeded(t, home, user);
	uint32_t last = 0;
	for (int i = 0; i < LOGIN_FAILURES_PER_USER + 2; i++) {
		char address[32];
		(void)snprintf(address, sizeof address, "203.0.113.%d", i);
		uint32_t delay = throttle_failed(t, span_str(address), user);
		assert_true(delay >= last && delay <= LOGIN_DELAY_MAX_MS);
		last = delay;
	}
	assert_true(throttle_blocks(t, away, user));  // a stranger
	assert_false(throttle_blocks(t, home, user)); // who was here before is not locked out
	assert_false(throttle_blocks(t, away, SPAN("bob")));
	for (int i = 0; i < LOGIN_FAILURES_PER_ADDRESS + 2; i++)
		(void)throttle_failed(t, SPAN("2001:db8:1:2:3::9"), SPAN_NONE);
	assert_true(throttle_blocks(t, SPAN("2001:db8:1:2:ffff::1"), SPAN("bob"))); // the same /64
	assert_false(throttle_blocks(t, SPAN("2001:db8:1:3::1"), SPAN("bob")));
	// Zeros that the text leaves out belong to the prefix all the same.
	for (int i = 0; i < LOGIN_FAILURES_PER_ADDRESS + 2; i++) {
		char address[48];
		(void)snprintf(address, sizeof address, "2001:db8:7::%x:1", i + 1);
		(void)throttle_failed(t, span_str(address), SPAN_NONE);
	}
	assert_true(throttle_blocks(t, SPAN("2001:db8:7:0:1:2:3:4"), SPAN("bob")));
	assert_false(throttle_blocks(t, SPAN("2001:db8:7:1::1"), SPAN("bob")));
	// Many addresses of one network: an IPv4 /24, an IPv6 /48.
	for (int i = 0; i < LOGIN_FAILURES_PER_NETWORK + 9; i++) {
		char address[48];
		(void)snprintf(address, sizeof address, "192.0.3.%d", i % 250);
		(void)throttle_failed(t, span_str(address), SPAN_NONE);
		(void)snprintf(address, sizeof address, "2001:db8:9:%x::1", i);
		(void)throttle_failed(t, span_str(address), SPAN_NONE);
	}
	assert_true(throttle_blocks(t, SPAN("192.0.3.251"), SPAN("bob")));
	assert_false(throttle_blocks(t, SPAN("192.0.4.251"), SPAN("bob")));
	assert_true(throttle_blocks(t, SPAN("2001:db8:9:ffff::1"), SPAN("bob")));
	assert_false(throttle_blocks(t, SPAN("2001:db8:a::1"), SPAN("bob")));
	// A guesser who shares the address of a friend (webmail) does not guess for ever.
	for (int i = 0; i < LOGIN_FAILURES_PER_USER + 2; i++)
		(void)throttle_failed(t, home, user);
	assert_true(throttle_blocks(t, home, user));
	throttle_free(t);
}

// The only child of a process with one thread.
static int child_of(int parent)
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", parent, parent);
	FILE *f = fopen(path, "r");
	int pid = 0;
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	fclose(f);
	return pid;
}

// The worker dies: one refusal, then another worker serves.
static void test_worker_restart(void **state)
{
	struct world *w = *state;
	struct auth_reply r;
	struct auth_exchange *x = NULL;
	assert_int_equal(
		auth_begin(&w->op, w->auth, &safe, SPAN("PLAIN"), SPAN_NONE, &x, &r), AUTH_MORE);
	int pid = child_of(child_of(getpid())); // this process, the spawner, the worker
	assert_int_equal(kill(pid, SIGKILL), 0);
	int rc;
	uint64_t until = clock_mono() + 10 * NS_PER_S;
	do
		rc = login(w, "anna@example.org", "secret", &r);
	while (rc == RC_UNAVAILABLE && clock_mono() < until && usleep(50000) == 0);
	assert_int_equal(rc, 0);
	rc = auth_step(&w->op, x, SPAN("\0anna@example.org\0secret"), &r);
	if (rc != RC_UNAVAILABLE)
		fail_msg("%d %s", rc, op_text(&w->op, rc));
}

int main(int argc, char **argv)
{
	if (argc > 1 && span_eq(span_str(argv[1]), SPAN(AUTH_WORKER_COMMAND)))
		return auth_worker_main(argc - 1, argv + 1);
	if (argc > 1 && span_eq(span_str(argv[1]), SPAN(SPAWNER_COMMAND)))
		return spawner_main(argc - 1, argv + 1);
	must(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_login, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_fast_path_and_password_change, setup, teardown),
		cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_login_mechanism, setup, teardown),
		cmocka_unit_test_setup_teardown(test_scram, setup, teardown),
		cmocka_unit_test_setup_teardown(test_false_salt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_passwd_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_learn_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_is_throttled_alike, setup, teardown),
		cmocka_unit_test_setup_teardown(test_external, setup, teardown),
		cmocka_unit_test_setup_teardown(test_find, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mechanisms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_throttle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_worker_restart, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
