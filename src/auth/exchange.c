// SPDX-License-Identifier: Apache-2.0
// SASL (RFC 4422) through GNU SASL. What is ours: the users, SCRAM salts for names that do not exist, too (auth/salts.h), throttling, the fast
// path, and the table of exchanges that wait for a response.
//
// A mechanism that ends with data for the client (SCRAM's server-final-message) needs one more round: IMAP has no place for it in the tagged
// OK (RFC 9051 section 6.2.2), so it goes out as a challenge and the client's empty response ends the exchange.
//
// A password whose hashing finds the line full (auth/verify.h) waits in its exchange: AUTH_BUSY, and the server comes again with desk_retry().
//
// Locks: desk.lock guards the table of exchanges. An exchange that is being stepped is not in the table.
#include "auth/exchange.h"

#include "auth/salts.h"
#include "auth/throttle.h"
#include "auth/users_priv.h"
#include "auth/verify.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/log.h"

#include <gsasl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BUCKETS 1024u

struct exchange {
	uint64_t number;
	struct exchange *next;          // in its bucket
	struct exchange *older, *newer; // in the order in which they were put into the table
	uint64_t began;                 // clock_mono()
	Gsasl_session *session;
	struct desk *desk;
	struct buf binding, identity, address;
	bool secure, tls;
	bool ended;           // authenticated; only the client's empty response is still due
	struct user user;     // name.n == 0: not known (yet)
	struct span tried;    // the canonical name that was tried, known or not; in op's arena
	int fault;            // the user database could not be read: RC_
	struct op op;         // the user's record and the names live here
	bool throttled;       // refused without looking
	bool busy;            // the password below waits for a place in the line
	struct span password; // in op's arena
	bool own_authzid;     // who logs in does not ask to be somebody else
	bool learns;          // to learn SCRAM keys from the password
};
struct desk {
	struct users *users;
	struct verifier *verifier;
	struct throttle *throttle;
	Gsasl *gsasl;
	struct salts salts;
	pthread_mutex_t lock;
	struct exchange *buckets[BUCKETS];
	struct exchange *oldest, *newest;
	unsigned count;
	unsigned busy; // of them: wait for a place in the line
	struct desk_work work;
};

// --- the table ---

static void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	if (x->session)
		gsasl_finish(x->session);
	if (x->password.p)
		sodium_memzero((void *)(uintptr_t)x->password.p, x->password.n);
	buf_done(&x->binding);
	buf_done(&x->identity);
	buf_done(&x->address);
	op_done(&x->op);
	free(x);
}

// Takes it out. desk.lock is held.
static struct exchange *unlink_locked(struct desk *d, uint64_t number)
{
	struct exchange **at = &d->buckets[number % BUCKETS], *x;
	while (*at && (*at)->number != number)
		at = &(*at)->next;
	x = *at;
	if (!x)
		return NULL;
	*at = x->next;
	*(x->older ? &x->older->newer : &d->oldest) = x->newer;
	*(x->newer ? &x->newer->older : &d->newest) = x->older;
	d->count--;
	d->busy -= x->busy;
	return x;
}

static void link_locked(struct desk *d, struct exchange *x)
{
	struct exchange **bucket = &d->buckets[x->number % BUCKETS];
	x->next = *bucket;
	*bucket = x;
	x->newer = NULL;
	x->older = d->newest;
	*(x->older ? &x->older->newer : &d->oldest) = x;
	d->newest = x;
	d->count++;
	d->busy += x->busy;
}

// What must go: one that nobody came back for in time, or that is the oldest of too many. Whoever means it comes back within moments, so a
// flood of exchanges that are begun and left pushes out its own. desk.lock is held.
static struct exchange *leaver_locked(struct desk *d)
{
	const struct exchange *x = d->oldest;
	bool leaves = x &&
		(d->count >= AUTH_EXCHANGES_MAX ||
			clock_mono() - x->began >= AUTH_EXCHANGE_SECONDS * NS_PER_S);
	return leaves ? unlink_locked(d, x->number) : NULL;
}

// Gives it away: from then on it may be gone at any time (stepped, cancelled, expired, pushed out), and its number is all that the caller has.
static uint64_t table_put(struct desk *d, struct exchange *x)
{
	struct exchange *leaver;
	// Random, so that a number of a worker that has died never names somebody else's exchange in its successor.
	while (!x->number)
		random_bytes(&x->number, sizeof x->number);
	uint64_t number = x->number;
	do { // they are freed outside of the lock
		pthread_mutex_lock(&d->lock);
		leaver = leaver_locked(d);
		if (!leaver)
			link_locked(d, x);
		pthread_mutex_unlock(&d->lock);
		exchange_free(leaver);
	} while (leaver);
	return number;
}

static struct exchange *table_take(struct desk *d, uint64_t number)
{
	pthread_mutex_lock(&d->lock);
	struct exchange *found = unlink_locked(d, number);
	pthread_mutex_unlock(&d->lock);
	return found;
}

// --- what GNU SASL asks ---

static void set_base64(Gsasl_session *s, Gsasl_property property, const void *bytes, size_t n)
{
	char text[256];
	if (sodium_base64_encoded_len(n, sodium_base64_VARIANT_ORIGINAL) > sizeof text)
		return;
	(void)sodium_bin2base64(
		text, sizeof text, bytes, n, sodium_base64_VARIANT_ORIGINAL); // fits
	(void)gsasl_property_set(s, property, text);
}

// Finds the user of the exchange; an unknown one leaves name.n == 0.
static int user_load(struct exchange *x, const char *name)
{
	x->user = (struct user){ 0 };
	x->tried = SPAN_NONE;
	if (!name || user_name_canonical(&x->op, span_str(name), &x->tried) < 0)
		return 0;
	atomic_fetch_add_explicit(&x->desk->work.lookups, 1, memory_order_relaxed);
	int rc = users_find(&x->op, x->desk->users, x->tried, &x->user);
	if (rc < 0)
		x->user = (struct user){ 0 };
	if (rc == RC_NONEXISTENT)
		rc = 0;
	else if (rc < 0)
		log_error("auth", "%s", op_text(&x->op, rc));
	x->fault = rc;
	return rc;
}

// Keys that look real, for a name that has none.
static void scram_false(const struct desk *d, struct span name, struct scram_keys *ret_keys)
{
	*ret_keys = (struct scram_keys){ .known = true, .iterations = SCRAM_ITERATIONS };
	salts_of(&d->salts, name, ret_keys->salt);
}

// No proof will ever match them.
static void scram_spoil(struct scram_keys *ret_keys)
{
	random_bytes(ret_keys->stored_key, sizeof ret_keys->stored_key);
	random_bytes(ret_keys->server_key, sizeof ret_keys->server_key);
}

static int scram_load(struct exchange *x, Gsasl_session *s)
{
	const char *name = gsasl_property_fast(s, GSASL_AUTHID);
	if (!name || user_load(x, name) < 0)
		return GSASL_AUTHENTICATION_ERROR;
	x->throttled = throttle_blocks(x->desk->throttle, buf_span(&x->address), x->tried);
	struct scram_keys keys;
	bool has_keys = x->user.scram.known;
	scram_false(x->desk, x->tried.n ? x->tried : span_str(name),
		&keys); // for all: its time would tell
	if (has_keys)
		keys = x->user.scram;
	if (!has_keys || x->throttled)
		scram_spoil(&keys); // under the same salt: that one changed would tell
	char iterations[16];
	(void)snprintf(iterations, sizeof iterations, "%u", keys.iterations); // fits
	(void)gsasl_property_set(s, GSASL_SCRAM_ITER, iterations);
	set_base64(s, GSASL_SCRAM_SALT, keys.salt, sizeof keys.salt);
	set_base64(s, GSASL_SCRAM_STOREDKEY, keys.stored_key, sizeof keys.stored_key);
	set_base64(s, GSASL_SCRAM_SERVERKEY, keys.server_key, sizeof keys.server_key);
	return GSASL_OK;
}

// An authorization identity other than one's own is not allowed (there are no proxies yet).
static bool authzid_is_own(const struct exchange *x, Gsasl_session *s, struct op *op)
{
	struct span canonical;
	const char *authzid = gsasl_property_fast(s, GSASL_AUTHZID);
	if (!authzid || !*authzid)
		return true;
	return user_name_canonical(op, span_str(authzid), &canonical) == 0 &&
		span_eq(canonical, x->user.name);
}

// Checks x->password. False: it is wrong, or (x->busy) cannot be looked at yet.
static bool password_check(struct exchange *x)
{
	struct desk *d = x->desk;
	struct span address = buf_span(&x->address);
	x->busy = false;
	atomic_fetch_add_explicit(&d->work.proofs, 1, memory_order_relaxed);
	if (verifier_knows(d->verifier, &x->user, x->password))
		return true;
	x->throttled = throttle_blocks(d->throttle, address, x->tried);
	if (x->throttled)
		return false;
	bool is_friend = throttle_knows(d->throttle, address, x->tried);
	enum verified v = verifier_check(d->verifier, &x->user, x->password, is_friend);
	x->busy = v == VERIFY_BUSY;
	x->learns = v == VERIFY_RIGHT && !x->user.scram.known;
	return v == VERIFY_RIGHT;
}

static bool password_set(struct exchange *x, struct span password)
{
	x->password = arena_dup(&x->op.arena, password);
	return x->password.p;
}

static int validate_simple(struct exchange *x, Gsasl_session *s)
{
	const char *password = gsasl_property_fast(s, GSASL_PASSWORD);
	if (!password || user_load(x, gsasl_property_fast(s, GSASL_AUTHID)) < 0)
		return GSASL_AUTHENTICATION_ERROR;
	if (!password_set(x, span_str(password)))
		return GSASL_MALLOC_ERROR;
	x->own_authzid = authzid_is_own(x, s, &x->op);
	return password_check(x) ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
}

static int validate_external(struct exchange *x)
{
	if (x->identity.n == 0)
		return GSASL_AUTHENTICATION_ERROR;
	char *name = arena_str(&x->op.arena, buf_span(&x->identity));
	if (!name || user_load(x, name) < 0 || x->user.name.n == 0)
		return GSASL_AUTHENTICATION_ERROR;
	return GSASL_OK;
}

static int callback(Gsasl *ctx, Gsasl_session *s, Gsasl_property property)
{
	(void)ctx;
	struct exchange *x = gsasl_session_hook_get(s);
	switch (property) {
	case GSASL_VALIDATE_SIMPLE:
		return validate_simple(x, s);
	case GSASL_VALIDATE_EXTERNAL:
		return validate_external(x);
	case GSASL_SCRAM_ITER:
	case GSASL_SCRAM_SALT:
	case GSASL_SCRAM_STOREDKEY:
	case GSASL_SCRAM_SERVERKEY:
		// Asked for one by one; the first loads all.
		return gsasl_property_fast(s, GSASL_SCRAM_STOREDKEY) ? GSASL_OK : scram_load(x, s);
	case GSASL_CB_TLS_EXPORTER:
		if (x->binding.n == 0)
			return GSASL_NO_CB_TLS_EXPORTER;
		set_base64(s, GSASL_CB_TLS_EXPORTER, x->binding.p, x->binding.n);
		return GSASL_OK;
	default:
		return GSASL_NO_CALLBACK;
	}
}

// --- mechanisms ---

struct mechanism {
	struct span name;
	bool needs_secure, needs_binding, needs_identity;
	bool may_bind; // the client's choice is checked against what can be had (RFC 5802 section 6)
};
// In the order in which they are advertised: strongest first.
static const struct mechanism mechanisms[] = {
	{ { "SCRAM-SHA-256-PLUS", 18 }, .needs_binding = true, .may_bind = true },
	{ { "SCRAM-SHA-256", 13 }, .may_bind = true },
	{ { "EXTERNAL", 8 }, .needs_secure = true, .needs_identity = true },
	{ { "PLAIN", 5 }, .needs_secure = true },
	{ { "LOGIN", 5 }, .needs_secure = true },
};

static const struct mechanism *mechanism_of(struct span name)
{
	for (size_t i = 0; i < countof(mechanisms); i++)
		if (span_caseeq(mechanisms[i].name, name))
			return &mechanisms[i];
	return NULL;
}

bool auth_mechanism_binds(struct span name)
{
	const struct mechanism *m = mechanism_of(name);
	return m && m->may_bind;
}

static bool mechanism_fits(const struct mechanism *m, const struct auth_peer *peer)
{
	return (!m->needs_secure || peer->secure) &&
		(!m->needs_binding || peer->can_bind || peer->channel_binding.n) &&
		(!m->needs_identity || peer->client_identity.n);
}

struct span auth_mechanism(const struct auth_peer *peer, size_t i)
{
	for (size_t k = 0; k < countof(mechanisms); k++)
		if (mechanism_fits(&mechanisms[k], peer) && i-- == 0)
			return mechanisms[k].name;
	return SPAN_NONE;
}

// --- outcomes ---

static void refuse(
	struct op *op, struct exchange *x, int rc, const char *text, struct desk_reply *ret_reply)
{
	struct desk *d = x->desk;
	// What a refused attempt told us of the user is not told to the peer: one text for all.
	ret_reply->rc = op_fail(op, rc, "%s", text);
	ret_reply->user = arena_dup(&op->arena, x->tried); // absent: the log lacks it
	ret_reply->throttled = x->throttled;
	if (rc == RC_AUTHFAILED || rc == RC_AUTHZFAILED)
		ret_reply->delay_ms = throttle_failed(d->throttle, buf_span(&x->address), x->tried);
	exchange_free(x);
}

static void accept_user(struct op *op, struct exchange *x, struct desk_reply *ret_reply)
{
	struct desk *d = x->desk;
	uint8_t salt[SCRAM_SALT_BYTES];
	struct scram_keys keys;
	throttle_succeeded(d->throttle, buf_span(&x->address), x->user.name);
	if (x->learns) {
		struct op *mine = &x->op;
		salts_of(&d->salts, x->user.name, salt); // which was shown before
		if (password_scram(mine, x->password, salt, &keys) < 0 ||
			users_learn(mine, d->users, &x->user, &keys) < 0)
			log_warn("auth", "cannot keep SCRAM keys: %s",
				mine->text); // the log-in itself is fine
	}
	ret_reply->user = arena_dup(&op->arena, x->user.name);
	ret_reply->rc = ret_reply->user.p ? 0 : op_fail(op, RC_NOMEM, "out of memory");
	exchange_free(x);
}

static const char failed_text[] = "Authentication failed.";
static const char foreign_text[] = "You may not act as another user.";
static const char unread_text[] = "The user database cannot be read.";

static void refuse_code(struct op *op, struct exchange *x, int code, struct desk_reply *ret_reply)
{
	if (x->fault < 0) {
		refuse(op, x, RC_UNAVAILABLE, unread_text, ret_reply);
		return;
	}
	switch (code) {
	case GSASL_BASE64_ERROR:
	case GSASL_MECHANISM_PARSE_ERROR:
		refuse(op, x, RC_SYNTAX, "The response is malformed for this mechanism.",
			ret_reply);
		break;
	case GSASL_MALLOC_ERROR:
		refuse(op, x, RC_NOMEM, "out of memory", ret_reply);
		break;
	default:
		refuse(op, x, RC_AUTHFAILED, failed_text, ret_reply);
	}
}

// The password waits; the more wait, the later its next try.
static void come_again(struct op *op, struct exchange *x, struct desk_reply *ret_reply)
{
	struct desk *d = x->desk;
	uint64_t number = table_put(d, x);
	pthread_mutex_lock(&d->lock);
	uint32_t ms = 10 * (d->busy + 1);
	pthread_mutex_unlock(&d->lock);
	ret_reply->delay_ms = ms < AUTH_COME_AGAIN_MAX_MS ? ms : AUTH_COME_AGAIN_MAX_MS;
	ret_reply->exchange = number;
	ret_reply->rc = AUTH_BUSY;
}

static void run_step(
	struct op *op, struct exchange *x, struct span response, struct desk_reply *ret_reply)
{
	char *out = NULL;
	size_t n = 0;
	if (x->ended) {
		if (response.n)
			refuse(op, x, RC_SYNTAX, "An empty response was expected here.", ret_reply);
		else
			accept_user(op, x, ret_reply);
		return;
	}
	int code = gsasl_step(x->session, response.p ? response.p : "", response.n, &out, &n);
	if (code != GSASL_OK && code != GSASL_NEEDS_MORE) {
		gsasl_free(out);
		if (x->busy)
			come_again(op, x, ret_reply);
		else
			refuse_code(op, x, code, ret_reply);
		return;
	}
	bool last = code == GSASL_OK;
	if (!last && n == 0 && response.n == 0) { // it said nothing and is asked nothing: for ever
		gsasl_free(out);
		refuse(op, x, RC_SYNTAX, "This mechanism needs a response.", ret_reply);
		return;
	}
	ret_reply->challenge = n ? arena_dup(&op->arena, span_of(out, n)) : SPAN("");
	gsasl_free(out);
	if (last && (x->user.name.n == 0 || x->throttled)) {
		refuse(op, x, RC_AUTHFAILED, failed_text, ret_reply);
		return;
	}
	if (last && !authzid_is_own(x, x->session, &x->op)) {
		refuse(op, x, RC_AUTHZFAILED, foreign_text, ret_reply);
		return;
	}
	if (last && n == 0) {
		accept_user(op, x, ret_reply);
		return;
	}
	x->ended = last;
	ret_reply->exchange = table_put(x->desk, x);
	ret_reply->rc = AUTH_MORE;
}

static struct exchange *exchange_new(struct desk *d, const struct auth_peer *peer)
{
	struct exchange *x = calloc(1, sizeof *x);
	if (!x)
		return NULL;
	op_init(&x->op, 64 * 1024);
	x->desk = d;
	x->began = clock_mono();
	x->secure = peer->secure;
	x->tls = peer->tls;
	buf_add(&x->binding, peer->channel_binding);
	buf_add(&x->identity, peer->client_identity);
	buf_add(&x->address, span_str(peer->address));
	if (x->binding.failed || x->identity.failed || x->address.failed) {
		exchange_free(x);
		return NULL;
	}
	return x;
}

void desk_begin(struct op *op, struct desk *d, const struct auth_peer *peer, struct span mechanism,
	struct span initial, struct desk_reply *ret_reply)
{
	const struct mechanism *m = mechanism_of(mechanism);
	*ret_reply = (struct desk_reply){ 0 };
	if (!m || (m->needs_identity && !peer->client_identity.n) ||
		(m->needs_binding && !peer->channel_binding.n)) {
		ret_reply->rc =
			op_fail(op, RC_CANNOT, "This authentication mechanism is not available.");
		return;
	}
	if (!mechanism_fits(m, peer)) {
		ret_reply->rc =
			op_fail(op, RC_PRIVACY, "This mechanism needs TLS: use STARTTLS first.");
		return;
	}
	struct exchange *x = exchange_new(d, peer);
	if (!x || gsasl_server_start(d->gsasl, m->name.p, &x->session) != GSASL_OK) {
		exchange_free(x);
		ret_reply->rc = op_fail(op, RC_NOMEM, "out of memory");
		return;
	}
	gsasl_session_hook_set(x->session, x);
	// LOGIN asks first: an initial response (many clients send one) answers its first challenge.
	if (initial.p && span_eq(m->name, SPAN("LOGIN"))) {
		char *out = NULL;
		size_t n = 0;
		int code = gsasl_step(x->session, "", 0, &out, &n);
		gsasl_free(out);
		if (code != GSASL_NEEDS_MORE) {
			refuse_code(op, x, code, ret_reply);
			return;
		}
	}
	if (!initial.p && !span_eq(m->name, SPAN("LOGIN"))) {
		// The client speaks first in all the others: an empty challenge.
		uint64_t number = table_put(d, x);
		*ret_reply = (struct desk_reply){
			.rc = AUTH_MORE, .exchange = number, .challenge = SPAN("")
		};
		return;
	}
	run_step(op, x, initial, ret_reply);
}

void desk_step(struct op *op, struct desk *d, uint64_t number, struct span response,
	struct desk_reply *ret_reply)
{
	*ret_reply = (struct desk_reply){ 0 };
	struct exchange *x = table_take(d, number);
	if (!x) {
		ret_reply->rc = op_fail(op, RC_TIMEOUT, "The log-in took too long.");
		return;
	}
	run_step(op, x, response, ret_reply);
}

void desk_cancel(struct desk *d, uint64_t number)
{
	exchange_free(table_take(d, number));
}

// What the check of x->password says, in place of a mechanism.
static void password_judge(struct op *op, struct exchange *x, struct desk_reply *ret_reply)
{
	if (password_check(x)) {
		if (x->own_authzid)
			accept_user(op, x, ret_reply);
		else
			refuse(op, x, RC_AUTHZFAILED, foreign_text, ret_reply);
	} else if (x->busy) {
		come_again(op, x, ret_reply);
	} else {
		refuse(op, x, RC_AUTHFAILED, failed_text, ret_reply);
	}
}

void desk_login(struct op *op, struct desk *d, const struct auth_peer *peer, struct span user,
	struct span password, struct desk_reply *ret_reply)
{
	*ret_reply = (struct desk_reply){ 0 };
	if (!peer->secure) {
		ret_reply->rc = op_fail(op, RC_PRIVACY, "Passwords need TLS: use STARTTLS first.");
		return;
	}
	struct exchange *x = exchange_new(d, peer);
	char *name = x ? arena_str(&x->op.arena, user) : NULL;
	if (!name || !password_set(x, password)) {
		exchange_free(x);
		ret_reply->rc = op_fail(op, RC_NOMEM, "out of memory");
		return;
	}
	x->own_authzid = true; // it names nobody else
	bool nul = user.n && memchr(user.p, 0, user.n);
	int rc = user_load(x, nul ? NULL : name);
	if (rc < 0)
		refuse(op, x, RC_UNAVAILABLE, unread_text, ret_reply);
	else
		password_judge(op, x, ret_reply);
}

void desk_retry(struct op *op, struct desk *d, uint64_t number, struct desk_reply *ret_reply)
{
	*ret_reply = (struct desk_reply){ 0 };
	struct exchange *x = table_take(d, number);
	if (x && x->busy)
		password_judge(op, x, ret_reply);
	else if (x)
		refuse(op, x, RC_SERVERBUG, "this log-in waits for nothing", ret_reply);
	else
		ret_reply->rc = op_fail(op, RC_TIMEOUT, "The log-in took too long.");
}

struct desk_work desk_work(struct desk *d)
{
	return (struct desk_work){ .lookups = atomic_load(&d->work.lookups),
		.proofs = atomic_load(&d->work.proofs),
		.hashes = verifier_load(d->verifier).hashes };
}

void desk_find(struct op *op, struct desk *d, const struct span *names, size_t n,
	struct desk_reply *ret_reply)
{
	*ret_reply = (struct desk_reply){ .rc = RC_NONEXISTENT };
	for (size_t i = 0; i < n; i++) {
		struct span name;
		struct user user;
		int rc = user_name_canonical(op, names[i], &name);
		if (rc == 0)
			rc = users_find(op, d->users, name, &user);
		if (rc < 0 && rc != RC_NONEXISTENT && rc != RC_BADNAME) {
			ret_reply->rc = op_fail(op, RC_UNAVAILABLE, "%s", unread_text);
			return;
		}
		if (rc == 0 && ret_reply->rc == RC_NONEXISTENT)
			*ret_reply = (struct desk_reply){ .user = user.name, .exchange = i };
	}
	if (ret_reply->rc == RC_NONEXISTENT)
		(void)op_fail(op, RC_NONEXISTENT, "no such user");
}

// --- the desk ---

int desk_new(struct op *op, struct users *users, const char *dir, struct desk **ret_desk)
{
	if (sodium_init() < 0)
		return op_fail(op, RC_SERVERBUG, "libsodium cannot start");
	struct desk *d = calloc(1, sizeof *d);
	if (!d)
		return op_fail(op, RC_NOMEM, "out of memory");
	pthread_mutex_init(&d->lock, NULL);
	d->users = users;
	int rc = salts_load(op, dir, &d->salts);
	if (rc == 0)
		rc = verifier_new(op, &d->verifier);
	if (rc == 0)
		rc = throttle_new(op, &d->throttle);
	if (rc == 0 && gsasl_init(&d->gsasl) != GSASL_OK)
		rc = op_fail(op, RC_NOMEM, "GNU SASL cannot start");
	if (rc < 0) {
		desk_free(d);
		return rc;
	}
	gsasl_callback_set(d->gsasl, callback);
	*ret_desk = d;
	return 0;
}

void desk_free(struct desk *d)
{
	if (!d)
		return;
	while (d->oldest)
		exchange_free(unlink_locked(d, d->oldest->number));
	if (d->gsasl)
		gsasl_done(d->gsasl);
	verifier_free(d->verifier);
	throttle_free(d->throttle);
	pthread_mutex_destroy(&d->lock);
	sodium_memzero(&d->salts, sizeof d->salts);
	free(d);
}
