// SPDX-License-Identifier: Apache-2.0
// The commands: a table of names, the states they belong to, and what they do. RFC 1939 sections 4 to 7, and the extensions that CAPA lists.
#include "auth/seats.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "mail/uidl.h"
#include "pop3/session_priv.h"

#include <stdlib.h>

bool pop3_is_private(const struct pop3_session *s)
{
	return login_is_private(s->conn, s->pop3->config.allow_plaintext);
}

// --- arguments ---

// A message number that is there; else NULL, and -ERR was said.
static struct drop_message *message_of(struct pop3_session *s, struct span arg)
{
	uint64_t number;
	if (!span_to_u64(arg, UINT32_MAX, &number)) {
		pop3_err(s, NULL, "a message number is expected");
		return NULL;
	}
	struct drop_message *m = maildrop_message(&s->drop, number);
	if (!m)
		pop3_err(s, NULL, "no such message, %u there are", s->drop.n);
	return m;
}

static bool keep(struct pop3_session *s, struct span *to, struct span text)
{
	char *copy = malloc(text.n + 1);
	if (!copy) {
		pop3_err(s, "SYS/TEMP", "out of memory");
		return false;
	}
	memcpy(copy, text.p, text.n);
	free((void *)(uintptr_t)to->p);
	*to = span_of(copy, text.n);
	return true;
}

// --- AUTHORIZATION ---

static int log_in(struct pop3_session *s, struct span user)
{
	const struct pop3_config *c = &s->pop3->config;
	unsigned most = c->sessions_per_user ? c->sessions_per_user : POP3_SESSIONS_PER_USER;
	if (!keep(s, &s->user, user))
		return 0;
	struct budget *memory;
	struct purse *purse;
	if (!seats_take(s->pop3->seats, SEAT_POP3, s->user, most, &memory, &purse))
		return op_fail(
			&s->op, RC_LIMIT, "too many connections: at most %u for one user", most);
	s->seated = true;
	s->op.arena.limit = POP3_MEMORY;
	arena_set_budget(&s->op.arena, memory);
	int rc = account_open(&s->op, c->mail, s->user, &s->account);
	if (rc == 0)
		rc = maildrop_open(&s->op, &s->drop, s->account);
	if (rc == 0) {
		conn_stranger(s->conn, 0);
		conn_set_purse(s->conn, purse);
		log_info("pop3", "%llu %s %.*s: logged in%s%s",
			(unsigned long long)conn_id(s->conn), conn_peer(s->conn), SPAN_FMT(s->user),
			conn_is_tls(s->conn) ? " with " : "", conn_tls_text(s->conn));
		s->phase = POP3_LOAD;
		return 0;
	}
	account_unref(s->account);
	s->account = NULL;
	seats_give(s->pop3->seats, SEAT_POP3, s->user);
	s->seated = false;
	return rc;
}

void pop3_load(struct pop3_session *s)
{
	int rc = maildrop_load(&s->op, &s->drop);
	if (rc == DROP_MORE)
		return;
	s->phase = POP3_READ;
	if (rc < 0) {
		pop3_fault(s, rc);
		s->state = POP3_CLOSING; // logged in, and nothing to show
		return;
	}
	s->state = POP3_TRANSACTION;
	pop3_ok(s, "%u messages (%llu octets)", s->drop.kept,
		(unsigned long long)s->drop.kept_size);
}

// What auth/ said of a log-in.
static void outcome(struct pop3_session *s, int rc, const struct auth_reply *reply)
{
	if (rc == 0)
		rc = log_in(s, reply->user);
	else if (rc == LOGIN_MORE)
		rc = login_write_challenge(&s->op, pop3_out(s), SPAN("+ "), reply->challenge);
	else if (rc != LOGIN_LATER || s->login.refusal)
		login_log_refused(&s->login, "pop3", reply,
			op_text(&s->op, rc == LOGIN_LATER ? s->login.refusal : rc));
	if (s->login.exchange && rc == 0)
		s->phase = POP3_SASL;
	else if (rc == LOGIN_LATER)
		s->phase = POP3_LATER;
	else if (rc < 0)
		pop3_fault(s, rc);
}

void pop3_later(struct pop3_session *s)
{
	struct auth_reply reply;
	bool is_refused = s->login.refusal;
	int rc = login_later(&s->op, &s->login, &reply);
	if (rc == LOGIN_LATER && (is_refused || !s->login.refusal))
		return;
	s->phase = POP3_READ;
	if (is_refused)
		pop3_fault(s, rc); // which the log knows already
	else
		outcome(s, rc, &reply);
}

// AUTH mechanism [initial-response] (RFC 5034 section 4); alone, the mechanisms, as old clients ask.
static void auth_run(struct pop3_session *s, struct span args)
{
	struct auth_reply reply;
	struct span mechanism, initial = span_split(args, ' ', &mechanism);
	if (mechanism.n == 0) {
		struct auth_peer peer =
			login_peer(&s->op, s->conn, "pop3", s->pop3->config.allow_plaintext);
		struct span name;
		pop3_ok(s, "mechanisms follow");
		for (size_t i = 0; (name = auth_mechanism(&peer, i)).p; i++) {
			rope_add(pop3_out(s), name);
			rope_add(pop3_out(s), SPAN("\r\n"));
		}
		rope_add(pop3_out(s), SPAN(".\r\n"));
		return;
	}
	outcome(s, login_begin(&s->op, &s->login, "pop3", mechanism, initial, &reply), &reply);
}

void pop3_sasl_line(struct pop3_session *s, struct span line)
{
	struct auth_reply reply;
	s->phase = POP3_READ;
	if (span_eq(line, SPAN("*"))) {
		login_cancel(&s->login);
		pop3_err(s, NULL, "AUTH cancelled");
		return;
	}
	outcome(s, login_response(&s->op, &s->login, line, &reply), &reply);
}

static void apop_run(struct pop3_session *s, struct span args)
{
	(void)args;
	pop3_err(s, NULL, "APOP needs the password in the clear here and is not offered; use AUTH");
}

static void user_run(struct pop3_session *s, struct span args)
{
	if (!pop3_is_private(s))
		pop3_err(s, NULL, "USER is disabled without TLS: use STLS first");
	else if (args.n == 0)
		pop3_err(s, NULL, "a user name is expected");
	else if (keep(s, &s->name, args))
		pop3_ok(s, "send PASS"); // whether the user exists is nobody's business
}

static void pass_run(struct pop3_session *s, struct span args)
{
	struct auth_reply reply;
	if (!s->name.n) {
		pop3_err(s, NULL, "USER comes first");
		return;
	}
	if (!span_is_utf8(args)) { // RFC 6856 section 2.2
		pop3_err(s, "AUTH", "the password is not UTF-8");
		return;
	}
	int rc = login_password(&s->op, &s->login, "pop3", s->name, args, &reply);
	s->name.n = 0; // RFC 1939 section 7, PASS: USER again
	outcome(s, rc, &reply);
}

// RFC 2595 section 4
static void stls_run(struct pop3_session *s, struct span args)
{
	(void)args;
	if (!conn_can_starttls(s->conn)) {
		pop3_err(s, NULL, "STLS is not offered %s",
			conn_is_tls(s->conn) ? "when TLS is active" : "here");
		return;
	}
	if (s->utf8) { // RFC 6856 section 2.1
		pop3_err(s, NULL, "STLS comes before UTF8");
		return;
	}
	pop3_ok(s, "begin TLS now");
	s->name.n = 0; // nothing said before counts
	if (conn_start_tls(&s->op, s->conn) < 0)
		s->state = POP3_CLOSING;
}

static void utf8_run(struct pop3_session *s, struct span args)
{
	(void)args;
	s->utf8 = true;
	pop3_ok(s, "UTF-8 it is");
}

// --- any state ---

// RFC 2449 section 5
static void capa_run(struct pop3_session *s, struct span args)
{
	(void)args;
	struct rope *out = pop3_out(s);
	struct auth_peer peer =
		login_peer(&s->op, s->conn, "pop3", s->pop3->config.allow_plaintext);
	struct span name = auth_mechanism(&peer, 0);
	pop3_ok(s, "capabilities follow");
	if (name.p) {
		rope_add(out, SPAN("SASL"));
		for (size_t i = 0; (name = auth_mechanism(&peer, i)).p; i++) {
			rope_addc(out, ' ');
			rope_add(out, name);
		}
		rope_add(out, SPAN("\r\n"));
	}
	if (pop3_is_private(s))
		rope_add(out, SPAN("USER\r\n"));
	if (s->state == POP3_AUTHORIZATION && conn_can_starttls(s->conn) && !s->utf8)
		rope_add(out, SPAN("STLS\r\n"));
	rope_add(out,
		SPAN("TOP\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n"
		     "EXPIRE NEVER\r\nLOGIN-DELAY 0\r\nUTF8 USER\r\nLANG\r\n"));
	const char *version = s->pop3->config.version;
	rope_addf(out, "IMPLEMENTATION Starling-%s\r\n.\r\n", version ? version : "0");
}

// RFC 6856 section 3: English is all there is.
static void lang_run(struct pop3_session *s, struct span args)
{
	if (args.n == 0) {
		pop3_ok(s, "languages follow");
		rope_add(pop3_out(s), SPAN("en English\r\n.\r\n"));
	} else if (span_eq(args, SPAN("*")) || span_caseeq(args, SPAN("en")) ||
		span_casestarts(args, SPAN("en-"))) { // RFC 4647 section 3.4: a range falls back
		pop3_ok(s, "en English it is");
	} else {
		pop3_err(s, NULL, "no texts in that language");
	}
}

static void quit_run(struct pop3_session *s, struct span args)
{
	(void)args;
	int rc = 0;
	if (s->state == POP3_TRANSACTION) // the UPDATE state
		rc = maildrop_update(&s->op, &s->drop, &s->removed);
	if (rc < 0)
		pop3_fault(s, rc);
	else
		pop3_ok(s, "bye");
	s->state = POP3_CLOSING;
}

// --- TRANSACTION ---

static void stat_run(struct pop3_session *s, struct span args)
{
	(void)args;
	pop3_ok(s, "%u %llu", s->drop.kept, (unsigned long long)s->drop.kept_size);
}

static void list_run(struct pop3_session *s, struct span args)
{
	if (args.n == 0) {
		pop3_ok(s, "%u messages (%llu octets)", s->drop.kept,
			(unsigned long long)s->drop.kept_size);
		pop3_send_numbers(s, SEND_LIST);
		return;
	}
	const struct drop_message *m = message_of(s, args);
	if (m)
		pop3_ok(s, "%u %llu", (unsigned)(m - s->drop.v + 1), (unsigned long long)m->size);
}

static void uidl_run(struct pop3_session *s, struct span args)
{
	char text[UIDL_TEXT];
	if (args.n == 0) {
		pop3_ok(s, "unique-ids follow");
		pop3_send_numbers(s, SEND_UIDL);
		return;
	}
	const struct drop_message *m = message_of(s, args);
	if (m)
		pop3_ok(s, "%u %.*s", (unsigned)(m - s->drop.v + 1),
			SPAN_FMT(maildrop_uidl(&s->drop, m, text)));
}

static void retr_run(struct pop3_session *s, struct span args)
{
	const struct drop_message *m = message_of(s, args);
	if (m)
		pop3_send_message(s, m, UINT64_MAX);
}

// TOP msg n: the header and n lines of the body.
static void top_run(struct pop3_session *s, struct span args)
{
	struct span number, count = span_split(args, ' ', &number);
	uint64_t lines;
	if (!span_to_u64(count, UINT32_MAX, &lines)) {
		pop3_err(s, NULL, "TOP wants a message number and a number of lines");
		return;
	}
	const struct drop_message *m = message_of(s, number);
	if (m)
		pop3_send_message(s, m, lines);
}

static void dele_run(struct pop3_session *s, struct span args)
{
	struct drop_message *m = message_of(s, args);
	if (!m)
		return;
	maildrop_delete(&s->drop, m);
	pop3_ok(s, "marked; QUIT removes it");
}

static void rset_run(struct pop3_session *s, struct span args)
{
	(void)args;
	maildrop_reset(&s->drop);
	pop3_ok(s, "%u messages (%llu octets)", s->drop.kept,
		(unsigned long long)s->drop.kept_size);
}

static void noop_run(struct pop3_session *s, struct span args)
{
	(void)args;
	pop3_ok(s, "still here");
}

// --- the table ---

enum { NO_ARGS = 16 }; // arguments are an error
#define AUTHZ POP3_AUTHORIZATION
#define TRANS POP3_TRANSACTION
static const struct {
	struct span name;
	unsigned when;
	void (*run)(struct pop3_session *s, struct span args);
} commands[] = {
	{ { "CAPA", 4 }, AUTHZ | TRANS | NO_ARGS, capa_run },
	{ { "STLS", 4 }, AUTHZ | NO_ARGS, stls_run },
	{ { "USER", 4 }, AUTHZ, user_run },
	{ { "PASS", 4 }, AUTHZ, pass_run },
	{ { "APOP", 4 }, AUTHZ, apop_run },
	{ { "AUTH", 4 }, AUTHZ, auth_run },
	{ { "UTF8", 4 }, AUTHZ | NO_ARGS, utf8_run },
	{ { "LANG", 4 }, AUTHZ | TRANS, lang_run },
	{ { "QUIT", 4 }, AUTHZ | TRANS | NO_ARGS, quit_run },
	{ { "STAT", 4 }, TRANS | NO_ARGS, stat_run },
	{ { "LIST", 4 }, TRANS, list_run },
	{ { "UIDL", 4 }, TRANS, uidl_run },
	{ { "RETR", 4 }, TRANS, retr_run },
	{ { "TOP", 3 }, TRANS, top_run },
	{ { "DELE", 4 }, TRANS, dele_run },
	{ { "RSET", 4 }, TRANS | NO_ARGS, rset_run },
	{ { "NOOP", 4 }, TRANS | NO_ARGS, noop_run },
};

void pop3_command(struct pop3_session *s, struct span line)
{
	struct span name, args = span_split(line, ' ', &name);
	// Some clients leave a space at the end; a password may end in one.
	if (!span_caseeq(name, SPAN("PASS")) && !span_caseeq(name, SPAN("USER")))
		args = span_trim(args);
	for (size_t i = 0; i < countof(commands); i++) {
		if (!span_caseeq(commands[i].name, name))
			continue;
		if (!(commands[i].when & s->state))
			pop3_err(s, NULL, "%.*s is not allowed %s log-in", SPAN_FMT(name),
				s->state == POP3_AUTHORIZATION ? "before" : "after");
		else if (commands[i].when & NO_ARGS && args.n)
			pop3_err(s, NULL, "%.*s takes no arguments", SPAN_FMT(name));
		else
			commands[i].run(s, args);
		return;
	}
	pop3_err(s, NULL, "unknown command");
}
