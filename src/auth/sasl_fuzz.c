// SPDX-License-Identifier: Apache-2.0
// SASL exchanges as they come from a peer, over the auth process's desk: whatever it says, it is logged in exactly if it proved who it is (sasl_testing.h), the
// exchange ends after few messages, and answers are bounded. Input: an octet that chooses the mechanism, two of circumstances, then messages: an
// octet that says what becomes of what an honest client would say, one of length, that many octets.
#include "auth/exchange.h"
#include "auth/sasl_testing.h"
#include "base/log.h"

#include <crypt.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct span user = SPAN("anna"), password = SPAN("secret");
static const struct span binding = SPAN("\1\2\3\4exporter of 32 octets it is ..");

static struct {
	char dir[40], passwd[60];
	struct users *users;
	struct desk *desk;
	struct op op;
	struct scram_keys keys;
} all; // opened once: a desk takes long to make

enum mechanism { PLUS, SCRAM, EXTERNAL, PLAIN, LOGIN, MECHANISMS };
static const struct span names[] = { SPAN("SCRAM-SHA-256-PLUS"), SPAN("SCRAM-SHA-256"),
	SPAN("EXTERNAL"), SPAN("PLAIN"), SPAN("LOGIN") };
enum {
	WITH_BINDING = 1,
	WITHOUT_TLS = 2,
	FROM_ELSEWHERE = 4, // where so many log-ins failed that others are refused without looking
	NO_INITIAL = 8,
	WRONG_PASSWORD = 16,
	WITH_AUTHZID = 32,
	// of the second octet
	IDENTITY = 3, // none, anna, Anna, nobody
	FLAG = 12,    // n, y, p=tls-exporter, p=other
};

struct talk {
	enum mechanism mechanism;
	unsigned how, more; // the two octets
	struct auth_peer peer;
	struct said said;
	struct span rest; // of the input
	bool honest;      // so far
};

// --- the world ---

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static void all_close(void)
{
	desk_free(all.desk);
	users_close(all.users);
	op_done(&all.op);
	(void)nftw(all.dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS); // it lies in /tmp
}

// What failed for her from her address is forgiven; it would lock her out as well (throttle.h).
static void friend_again(struct op *op)
{
	struct desk_reply reply;
	struct auth_peer peer = { .service = "imap", .address = "192.0.2.7", .secure = true };
	desk_login(op, all.desk, &peer, user, password, &reply);
	must(reply.rc == 0);
}

// A migrated user: old hashes are fast. Her first log-in learns the keys of SCRAM, and makes the address known.
static void all_open(void)
{
	struct desk_reply reply;
	struct user anna;
	struct auth_peer peer = { .service = "imap", .address = "198.51.100.9", .secure = true };
	if (all.desk)
		return;
	log_level_set(LOG_ERROR_);
	op_init(&all.op, 0);
	(void)snprintf(all.dir, sizeof all.dir, "/tmp/starling-sasl-XXXXXX");
	must(mkdtemp(all.dir));
	(void)snprintf(all.passwd, sizeof all.passwd, "%s/passwd", all.dir); // fits
	FILE *f = fopen(all.passwd, "w");
	must(f && fprintf(f, "anna:%s\n", crypt("secret", "$1$saltsalt$")) > 0 && fclose(f) == 0);
	must(users_open(&all.op, all.dir, all.passwd, &all.users) == 0);
	must(desk_new(&all.op, all.users, all.dir, &all.desk) == 0);
	friend_again(&all.op);
	must(users_find(&all.op, all.users, user, &anna) == 0 && anna.scram.known);
	all.keys = anna.scram;
	// An empty password fails without being hashed.
	for (unsigned i = 0; i < 2 * LOGIN_FAILURES_PER_ADDRESS; i++)
		desk_login(&all.op, all.desk, &peer, SPAN("nobody"), SPAN(""), &reply);
	op_reset(&all.op);
	must(atexit(all_close) == 0);
}

// --- the peer ---

static unsigned octet(struct talk *t)
{
	unsigned v = t->rest.n ? (uint8_t)t->rest.p[0] : 0;
	t->rest = span_skip(t->rest, 1);
	return v;
}

// What an honest client says next.
static void honestly(const struct talk *t, struct buf *to)
{
	static const char *const flags[] = { "n", "y", "p=tls-exporter", "p=tls-unique" };
	const char *secret = t->how & WRONG_PASSWORD ? "secreT" : "secret";
	const char *authzid = t->how & WITH_AUTHZID ? "anna" : "";
	size_t step = t->said.count;
	if (t->mechanism == PLAIN && step == 0)
		buf_addf(to, "%s%canna%c%s", authzid, 0, 0, secret);
	else if (t->mechanism == LOGIN && step < 2)
		buf_add(to, step == 0 ? user : span_str(secret));
	else if (t->mechanism == EXTERNAL && step == 0)
		buf_add(to, span_str(authzid));
	else if (t->mechanism <= SCRAM && step == 0)
		buf_addf(to, "%s,%s%s,n=anna,r=fyko+d2lbbFgONRv9qkxdawL",
			flags[(t->more & FLAG) / 4], *authzid ? "a=" : "", authzid);
	else if (t->mechanism <= SCRAM && step == 1)
		scram_final(&t->said, secret, binding, to);
}

// The next message: that, or something else.
static struct span next_message(struct op *op, struct talk *t)
{
	unsigned what = octet(t), n = octet(t);
	struct span mine = span_cut(t->rest, 0, what & 0x80 ? n * 64 : n), sent;
	struct buf b = { 0 };
	t->rest = span_skip(t->rest, mine.n);
	honestly(t, &b);
	size_t at = b.n ? what / 4 % 32 * 5 % b.n : 0;
	if (what % 4 == 1) { // other octets
		buf_reset(&b);
		buf_add(&b, mine);
	} else if (what % 4 == 2) { // some of them
		for (size_t i = 0; i < mine.n && at + i < b.n; i++)
			b.p[at + i] = mine.p[i];
	} else if (what % 4 == 3) { // cut, and gone on
		b.n = at;
		buf_add(&b, mine);
	}
	t->honest = t->honest && what % 4 == 0;
	must(!b.failed);
	sent = b.n ? arena_dup(&op->arena, buf_span(&b)) : SPAN("");
	buf_done(&b);
	return sent;
}

// --- the judge ---

static bool identity_proves(const struct talk *t)
{
	struct span authzid = t->said.client[0], identity = t->peer.client_identity;
	return name_is(identity, user) && (authzid.n == 0 || name_is(authzid, user));
}

static bool proves(const struct talk *t)
{
	const struct said *s = &t->said;
	switch (t->mechanism) {
	case PLAIN:
		return s->count == 1 && plain_proves(s->client[0], user, password);
	case LOGIN:
		return s->count == 2 && name_is(s->client[0], user) &&
			password_is(s->client[1], password);
	case EXTERNAL:
		return s->count == 1 && identity_proves(t);
	default:
		return scram_proves(
			s, user, &all.keys, t->peer.channel_binding, t->mechanism == PLUS);
	}
}

// Whether an honest peer must be let in under these circumstances.
static bool must_succeed(const struct talk *t)
{
	bool scram = t->mechanism <= SCRAM;
	unsigned flag = (t->more & FLAG) / 4;
	bool offered = t->how & WITH_BINDING;
	if (!t->honest || (scram && t->how & FROM_ELSEWHERE))
		return false;
	if (t->mechanism == EXTERNAL)
		return (t->more & IDENTITY) == 1 || (t->more & IDENTITY) == 2;
	if (t->how & WRONG_PASSWORD)
		return false;
	return t->mechanism == PLUS ? flag == 2 : !scram || flag == 0 || (flag == 1 && !offered);
}

static void check_answer(const struct talk *t, const struct desk_reply *r)
{
	size_t sent = t->said.count ? t->said.client[t->said.count - 1].n : 0;
	must(r->challenge.n <= sent + 200 && r->delay_ms <= LOGIN_DELAY_MAX_MS);
	must(r->rc == AUTH_MORE || r->rc <= 0); // nobody else is in the line
	must(r->rc == AUTH_MORE || t->said.count < 4);
	must(r->rc != AUTH_MORE || t->said.count < 3);
	if (r->rc == 0)
		must(span_eq(r->user, user) && proves(t));
	else if (r->user.n)
		must(r->rc != AUTH_MORE &&
			name_is(r->user, r->user)); // a refusal, for the log; a canonical name
}

static void speak(struct op *op, struct talk *t)
{
	struct desk_reply r;
	struct span initial = SPAN_NONE;
	if (!(t->how & NO_INITIAL))
		initial = t->said.client[t->said.count] = next_message(op, t);
	t->said.count += initial.p != NULL;
	desk_begin(op, all.desk, &t->peer, names[t->mechanism], initial, &r);
	check_answer(t, &r);
	bool begun = r.rc == AUTH_MORE || t->said.count;
	while (r.rc == AUTH_MORE) {
		uint64_t number = r.exchange;
		if (t->said.count)
			t->said.server[t->said.count - 1] = r.challenge;
		if (octet(t) == 0xff) {
			desk_cancel(all.desk, number);
			t->honest = false;
			r.rc = RC_TIMEOUT;
			break;
		}
		t->said.client[t->said.count] = next_message(op, t);
		desk_step(op, all.desk, number, t->said.client[t->said.count++], &r);
		check_answer(t, &r);
		if (r.rc != AUTH_MORE) {
			struct desk_reply late;
			desk_step(op, all.desk, number, SPAN(""), &late);
			must(late.rc == RC_TIMEOUT);
		}
	}
	bool allowed = begun && r.rc != RC_PRIVACY && r.rc != RC_CANNOT;
	must(!allowed || !must_succeed(t) || r.rc == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct span identities[] = { { NULL, 0 }, SPAN("anna"), SPAN("ANNA"),
		SPAN("nobody") };
	struct op op;
	struct talk t = { .honest = true };
	if (size < 3)
		return 0;
	all_open();
	op_init(&op, 0);
	t.mechanism = (enum mechanism)(data[0] % MECHANISMS);
	t.how = data[1];
	t.more = data[2];
	t.rest = span_of(data + 3, size - 3);
	bool tls = !(t.how & WITHOUT_TLS);
	t.peer = (struct auth_peer){ .service = "imap",
		.address = t.how & FROM_ELSEWHERE ? "198.51.100.9" : "192.0.2.7",
		.secure = tls,
		.tls = tls,
		.channel_binding = t.how & WITH_BINDING ? binding : SPAN_NONE,
		.client_identity = identities[t.more & IDENTITY] };
	friend_again(&op);
	speak(&op, &t);
	op_done(&op);
	return 0;
}
