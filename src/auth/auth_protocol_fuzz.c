// SPDX-License-Identifier: Apache-2.0
// The talk between server and auth process (protocol_priv.h), either side being somebody else's by now. The first octet says who is hostile: a
// server, whose requests are any octets; a worker, whose answers are (then what auth.h promises to front ends is what they get); or
// nobody: what a client sends goes through both, and neither calls the other malformed.
#include "auth/client.c" // its helper is the one below
#include "auth/users.h"
#include "auth/worker.c"

#include <ftw.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct helper { // takes the place of run/helper.c
	struct desk *desk;
	struct reader *answers; // NULL: the desk answers
	uint64_t generation;
};

static bool is_fault(int rc)
{
	return rc > RC_first_ && rc < RC_end_;
}

// That such an answer is well formed: what it says comes through.
static void answer_check(struct span answer, int rc, bool throttled)
{
	struct op op;
	struct auth_reply reply;
	struct answer told;
	op_init(&op, 4 * AUTH_MESSAGE_MAX);
	if (is_fault(rc)) // whatever was asked
		must(answer_read(&op, answer, 0, &reply, &told) == rc &&
			reply.throttled == throttled);
	op_done(&op);
}

// An answer that is hostile by octets, or only by what it says.
static void answer_make(struct reader *in, struct buf *to)
{
	static const int rcs[] = { 0, 0, AUTH_MORE, AUTH_BUSY, RC_AUTHFAILED, RC_NONEXISTENT, 3,
		-1 };
	unsigned kind = reader_u8(in);
	if (kind & 1) {
		buf_add(to, reader_bytes(in, reader_u8(in)));
		return;
	}
	int rc = kind & 2 ? (int)reader_u32(in) : rcs[kind >> 2 & 7];
	buf_add_u32(to, (uint32_t)rc);
	buf_add_u32(to, kind & 32 ? UINT32_MAX : reader_u8(in));
	buf_add_u8(to, kind & 128 ? 0xff : 0);
	buf_add_u64(to, kind & 64 ? UINT64_MAX : reader_u8(in));
	for (unsigned i = 0; i < 3; i++)
		buf_add_field(to, reader_bytes(in, reader_u8(in)));
	answer_check(buf_span(to), rc, kind & 128);
}

int helper_ask(struct op *op, struct helper *h, struct buf *request, struct span *ret_answer,
	uint64_t *ret_generation)
{
	struct buf answer = { 0 };
	struct op own;
	op_init(&own, 4 * AUTH_MESSAGE_MAX);
	if (h->answers)
		answer_make(h->answers, &answer);
	else
		serve(h->desk, &own, buf_span(request), &answer);
	op_done(&own);
	buf_done(request);
	*ret_answer = arena_dup(&op->arena, answer.n ? buf_span(&answer) : SPAN(""));
	buf_done(&answer);
	// A worker that was started anew: its exchanges are others.
	h->generation += h->answers && !reader_at_end(h->answers) && reader_u8(h->answers) == 7;
	*ret_generation = h->generation;
	return ret_answer->p ? 0 : op_fail(op, RC_NOMEM, "out of memory");
}

// Calls without a thread: the answer is made when it is taken.
struct helper_call {
	struct helper *helper;
	struct buf request;
};

int helper_begin(struct op *op, struct helper *h, struct buf *request, void (*answered)(void *ctx),
	void *ctx, struct helper_call **ret_call)
{
	struct helper_call *call = calloc(1, sizeof *call);
	(void)op;
	must(call);
	*call = (struct helper_call){ h, *request };
	*request = (struct buf){ 0 };
	*ret_call = call;
	answered(ctx);
	return 0;
}

int helper_take(
	struct op *op, struct helper_call *call, struct span *ret_answer, uint64_t *ret_generation)
{
	int rc = helper_ask(op, call->helper, &call->request, ret_answer, ret_generation);
	free(call);
	return rc;
}

void helper_forget(struct helper_call *call)
{
	if (call)
		buf_done(&call->request);
	free(call);
}

void helper_tell(struct helper *h, struct buf *request)
{
	struct op op;
	struct span answer;
	uint64_t generation;
	op_init(&op, 0);
	(void)helper_ask(&op, h, request, &answer, &generation); // nobody waits for it
	op_done(&op);
}

void helper_leave(
	struct helper_call *call, bool (*then)(struct span answer, struct buf *ret_request))
{
	struct op op;
	struct span answer;
	uint64_t generation;
	struct buf b = { 0 };
	struct helper *h = call->helper;
	op_init(&op, 0);
	if (helper_take(&op, call, &answer, &generation) == 0 && then(answer, &b))
		helper_tell(h, &b);
	buf_done(&b);
	op_done(&op);
}

int helper_attach(struct op *op, struct helper *h, struct crew *crew)
{
	(void)h;
	(void)crew;
	return op_fail(op, RC_UNAVAILABLE, "not here");
}

int helper_open(struct op *op, const struct helper_config *config, struct helper **ret_helper)
{
	(void)config;
	(void)ret_helper;
	return op_fail(op, RC_UNAVAILABLE, "not here");
}

void helper_close(struct helper *h)
{
	(void)h;
}

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	return remove(path);
}

static struct desk *desk(void)
{
	static struct desk *made;
	static struct users *users;
	char dir[] = "/tmp/starling-auth-fuzz-XXXXXX";
	struct op op;
	if (made)
		return made;
	op_init(&op, 0);
	log_level_set(LOG_ERROR_);
	must(mkdtemp(dir));
	must(users_file_set(&op, dir, SPAN("anna"), SPAN("secret"), true, false) == 0);
	must(users_open(&op, dir, NULL, &users) == 0 && desk_new(&op, users, dir, &made) == 0);
	struct user u; // from here on the files are not needed: what was read is kept
	must(users_find(&op, users, SPAN("anna"), &u) == 0);
	op_done(&op);
	must(nftw(dir, entry_remove, 16, FTW_DEPTH | FTW_PHYS) == 0);
	return made;
}

// --- a hostile server ---

static void hostile_server(struct reader *in)
{
	while (!reader_at_end(in)) {
		struct buf answer = { 0 };
		struct op op;
		struct answer told;
		struct auth_reply reply;
		op_init(&op, 4 * AUTH_MESSAGE_MAX);
		serve(desk(), &op, reader_bytes(in, reader_u8(in)), &answer);
		must(!answer.failed && answer.n <= AUTH_MESSAGE_MAX);
		int rc = answer_read(&op, buf_span(&answer), MAY_MORE | MAY_BUSY, &reply, &told);
		must(rc == told.rc); // it is well formed whatever was asked
		buf_done(&answer);
		op_done(&op);
	}
}

// --- the front ends' side ---

static struct span word(struct reader *in, const char *const *words, size_t n)
{
	unsigned which = reader_u8(in);
	return which < n ? span_str(words[which]) : reader_bytes(in, which % 40);
}

// What auth.h says of every outcome: a user, or something to go on with, or a fault that has a name.
static void outcome(int rc, const struct auth_reply *reply, struct auth_exchange *x)
{
	must(rc == 0 || rc == AUTH_MORE || rc == AUTH_BUSY || is_fault(rc));
	must(rc != 0 || reply->user.n > 0);
	must((rc > 0) == (x != NULL));
}

static void answered(void *ctx)
{
	++*(unsigned *)ctx;
}

// Of who waits without a thread: what he asked leads to.
static int answer_take(struct op *op, int rc, struct auth_exchange **x, unsigned told,
	struct auth_reply *ret_reply)
{
	if (rc != AUTH_WAIT)
		return rc;
	must(*x && told);
	rc = auth_answer(op, *x, ret_reply);
	*x = rc > 0 ? *x : NULL;
	return rc;
}

static void talk(struct reader *in, struct auth *a, bool honest)
{
	static const char *const mechanisms[] = { "PLAIN", "LOGIN", "SCRAM-SHA-256",
		"SCRAM-SHA-256-PLUS", "EXTERNAL" };
	static const char *const names[] = { "anna", "Anna", "nobody", "" };
	static const char *const responses[] = { "", "n,,n=anna,r=abcdef", "anna", "secret",
		"c=biws,r=x,p=AAAA" };
	struct op op;
	struct auth_exchange *x = NULL;
	struct auth_reply reply = { .delay_ms = 0 };
	struct span user, find[AUTH_FIND_MAX];
	size_t which;
	unsigned told = 0;
	op_init(&op, 0);
	unsigned bits = reader_u8(in);
	struct auth_peer peer = { .service = "imap", .address = "192.0.2.1", .secure = bits & 1 };
	peer.tls = bits & 2;
	peer.channel_binding = bits & 4 ? SPAN("0123456789abcdef") : SPAN_NONE;
	peer.client_identity = bits & 8 ? SPAN("anna") : SPAN_NONE;
	if (bits & 128) {
		peer.answered = answered;
		peer.ctx = &told;
	}
	int rc = 0;
	if (bits & 16) {
		size_t n = 1 + (bits >> 5);
		for (size_t i = 0; i < n; i++)
			find[i] = word(in, names, countof(names));
		struct auth_finder f = {
			.auth = a, .answered = bits & 128 ? answered : NULL, .ctx = &told
		};
		rc = auth_find(&op, &f, find, n, &user, &which);
		if (rc == AUTH_WAIT) { // and then it stays so, whatever is known elsewhere
			must(told == 1 && !auth_finder_waits(&f));
			rc = auth_find(&op, &f, find, n, &user, &which);
			must(rc == auth_find(&op, &f, find, n, &user, &which));
		}
		auth_finder_reset(&f);
		must(rc == 0 ? which < n && user.n > 0 : is_fault(rc));
	} else if (bits & 32) {
		user = word(in, names, countof(names));
		rc = auth_login(
			&op, a, &peer, user, word(in, responses, countof(responses)), &x, &reply);
		rc = answer_take(&op, rc, &x, told, &reply);
		must(rc != AUTH_MORE);
		outcome(rc, &reply, x);
	} else {
		struct span m = word(in, mechanisms, countof(mechanisms));
		struct span initial =
			bits & 64 ? word(in, responses, countof(responses)) : SPAN_NONE;
		rc = auth_begin(&op, a, &peer, m, initial, &x, &reply);
		rc = answer_take(&op, rc, &x, told, &reply);
		outcome(rc, &reply, x);
	}
	for (unsigned i = 0; x && i < 8 && !reader_at_end(in); i++) {
		struct auth_exchange *now = x;
		rc = rc == AUTH_BUSY
			? auth_retry(&op, now, &reply)
			: auth_step(&op, now, word(in, responses, countof(responses)), &reply);
		x = rc > 0 ? now : NULL; // else it has ended
		rc = answer_take(&op, rc, &x, told, &reply);
		outcome(rc, &reply, x);
	}
	must(!honest || !strstr(op.text, "malformed answer"));
	must(!honest || !strstr(op.text, "malformed request"));
	if (x && peer.answered && bits & 64) // the client goes while the answer is awaited
		must((rc == AUTH_BUSY ? auth_retry(&op, x, &reply)
				      : auth_step(&op, x, SPAN(""), &reply)) == AUTH_WAIT);
	auth_cancel(x);
	op_done(&op);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader in = reader_of(span_of(data, size));
	unsigned who = reader_u8(&in) % 3;
	struct helper h = {
		.desk = who == 2 ? desk() : NULL, .answers = who == 1 ? &in : NULL, .generation = 1
	};
	struct auth a = { .helper = &h };
	struct op op;
	op_init(&op, 0);
	must(found_new(&op, &a.found) == 0);
	if (who == 0)
		hostile_server(&in);
	while (who != 0 && !reader_at_end(&in))
		talk(&in, &a, who == 2);
	found_free(a.found);
	op_done(&op);
	return 0;
}
