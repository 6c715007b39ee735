// SPDX-License-Identifier: Apache-2.0
// The commands of submission (RFC 6409): a client logs in (RFC 4954) over TLS or from this host, names itself and its recipients, and sends.
#include "smtp/submission_priv.h"

#include "auth/seats.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "smtp/reply_table.h"
#include "smtp/served.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// --- what sessions share ---

static int domains_read(struct op *op, struct submission *sub)
{
	struct span rest = span_str(sub->config.domains), word;
	size_t most = 2 + rest.n / 2;
	sub->domains = calloc(most, sizeof *sub->domains);
	if (!sub->domains)
		return op_fail(op, RC_NOMEM, "out of memory");
	while (rest.n) {
		rest = span_trim(span_split(span_trim(rest), ' ', &word));
		sub->domains[sub->domain_count++] = word;
	}
	if (sub->domain_count)
		return 0;
	sub->domains[sub->domain_count++] = span_str(sub->host.hostname);
	sub->domains[sub->domain_count++] = SPAN("localhost");
	return 0;
}

int submission_new(
	struct op *op, const struct submission_config *config, struct submission **ret_submission)
{
	struct submission *sub = calloc(1, sizeof *sub);
	if (!sub)
		return op_fail(op, RC_NOMEM, "out of memory");
	sub->config = *config;
	sub->host = (struct smtp_host){ .mail = config->mail,
		.auth = config->auth,
		.memory = config->memory,
		.hostname = smtp_hostname(config->hostname, sub->hostname),
		.timeout = config->timeout ? config->timeout : LMTP_TIMEOUT };
	int rc = domains_read(op, sub);
	if (rc == 0)
		rc = seats_share(op, config->seats, &sub->seats);
	if (rc == 0)
		rc = served_new(op, &sub->served);
	if (rc < 0) {
		submission_free(sub);
		return rc;
	}
	*ret_submission = sub;
	return 0;
}

void submission_free(struct submission *submission)
{
	if (!submission)
		return;
	served_free(submission->served);
	seats_unref(submission->seats);
	free(submission->domains);
	free(submission);
}

static bool is_own_domain(const struct submission *sub, struct span domain)
{
	for (size_t i = 0; i < sub->domain_count; i++)
		if (span_caseeq(sub->domains[i], domain))
			return true;
	return false;
}

int submission_owner(struct op *op, struct submission_session *ss, const struct smtp_path *path,
	struct recipient *ret)
{
	bool bare = !path->domain.n || is_own_domain(ss->submission, path->domain);
	int rc = smtp_resolve(op, &ss->s, path, bare, ret);
	if (rc == RESOLVE_WAIT)
		return OWNER_WAIT;
	if (rc == RC_NONEXISTENT)
		return OWNER_NOBODY;
	if (rc < 0)
		return rc;
	return ss->user.p && span_eq(ret->user, ss->user) ? OWNER_USER : OWNER_ANOTHER;
}

// Is "address=user" among the configured ones?
static bool is_given(const struct submission_session *ss, const struct smtp_path *path)
{
	struct span rest = span_str(ss->submission->config.senders), word, local, domain;
	while (rest.n) {
		rest = span_trim(span_split(span_trim(rest), ' ', &word));
		struct span user = span_split(word, '=', &word);
		domain = span_split(word, '@', &local);
		if (span_caseeq(user, ss->user) && span_caseeq(local, path->local) &&
			span_caseeq(domain, path->domain))
			return true;
	}
	return false;
}

int submission_sender_owner(
	struct op *op, struct submission_session *ss, const struct smtp_path *path)
{
	struct recipient any;
	int owner = submission_owner(op, ss, path, &any);
	bool is_others = owner == OWNER_NOBODY || owner == OWNER_ANOTHER;
	return is_others && is_given(ss, path) ? OWNER_USER : owner;
}

// --- logging in (RFC 4954) ---

static void auth_fault(struct submission_session *ss, int rc)
{
	struct smtp_reply reply = smtp_reply_of(rc);
	if (rc ==
		RC_SYNTAX) // section 4: the response is not base64, or not what the mechanism wants
		reply = (struct smtp_reply){ .code = 501, .enhanced = "5.5.2" };
	else if (rc == RC_PRIVACY) // section 6
		reply = (struct smtp_reply){ .code = 538, .enhanced = "5.7.11" };
	else if (reply.code == 451)
		reply = (struct smtp_reply){ .code = 454, .enhanced = "4.7.0" };
	smtp_refuse(&ss->s, &reply, op_text(&ss->s.op, rc));
}

static int log_in(struct submission_session *ss, struct span user)
{
	const struct submission_config *c = &ss->submission->config;
	unsigned most = c->sessions_per_user ? c->sessions_per_user : SUBMISSION_SESSIONS_PER_USER;
	char *copy = malloc(user.n + 1);
	if (!copy)
		return op_fail(&ss->s.op, RC_NOMEM, "out of memory");
	memcpy(copy, user.p, user.n);
	struct budget *memory;
	struct purse *purse;
	if (!seats_take(ss->submission->seats, SEAT_SUBMISSION, user, most, &memory, &purse)) {
		free(copy);
		return op_fail(&ss->s.op, RC_UNAVAILABLE,
			"too many connections: at most %u for one user", most);
	}
	ss->user = span_of(copy, user.n);
	ss->seated = true;
	smtp_session_charge(&ss->s, memory);
	conn_stranger(ss->s.conn, 0);
	conn_set_purse(ss->s.conn, purse);
	log_info("submission", "%llu %s %.*s: logged in%s%s",
		(unsigned long long)conn_id(ss->s.conn), conn_peer(ss->s.conn), SPAN_FMT(user),
		conn_is_tls(ss->s.conn) ? " with " : "", conn_tls_text(ss->s.conn));
	smtp_say(&ss->s, 235, "2.7.0", "welcome");
	return 0;
}

static uint64_t login_until(const struct submission_session *ss)
{
	unsigned seconds = ss->submission->config.login_timeout;
	return ss->s.opened_at + NS_PER_S * (seconds ? seconds : SUBMISSION_LOGIN_TIMEOUT);
}

static void log_out(struct submission_session *ss)
{
	conn_set_purse(ss->s.conn, NULL);
	if (ss->seated)
		seats_give(ss->submission->seats, SEAT_SUBMISSION, ss->user);
	ss->seated = false;
	free((void *)(uintptr_t)ss->user.p);
	ss->user = SPAN_NONE;
}

// What auth/ said of a log-in.
static void outcome(struct submission_session *ss, int rc, const struct auth_reply *reply)
{
	struct smtp_session *s = &ss->s;
	s->phase = AT_COMMAND;
	if (rc == 0)
		rc = log_in(ss, reply->user);
	else if (rc == LOGIN_MORE)
		rc = login_write_challenge(
			&s->op, conn_output(s->conn), SPAN("334 "), reply->challenge);
	else if (rc != LOGIN_LATER || ss->login.refusal)
		login_log_refused(&ss->login, "submission", reply,
			op_text(&s->op, rc == LOGIN_LATER ? ss->login.refusal : rc));
	if (ss->login.exchange && rc == 0)
		s->phase = AT_LINE;
	else if (rc == LOGIN_LATER)
		s->phase = AT_PAUSE;
	else if (rc < 0)
		auth_fault(ss, rc);
}

static void auth(struct submission_session *ss, const struct smtp_command *c)
{
	struct smtp_session *s = &ss->s;
	struct auth_reply reply;
	struct span mechanism, initial = span_split(c->argument, ' ', &mechanism);
	if (!s->client.p || ss->user.p || s->in_mail)
		smtp_say(s, 503, "5.5.1",
			!s->client.p         ? "EHLO comes first"
				: ss->user.p ? "you are logged in"
					     : "not within a mail transaction");
	else if (!mechanism.n)
		smtp_say(s, 501, "5.5.4", "AUTH wants a mechanism");
	else
		outcome(ss,
			login_begin(&s->op, &ss->login, "smtp", mechanism,
				initial.p ? span_trim(initial) : initial, &reply),
			&reply);
}

static void sasl_line(struct smtp_session *s, struct span line)
{
	struct submission_session *ss = submission_of(s);
	struct auth_reply reply;
	s->phase = AT_COMMAND;
	if (line.p && !span_eq(line, SPAN("*"))) {
		outcome(ss, login_response(&s->op, &ss->login, line, &reply), &reply);
		return;
	}
	login_cancel(&ss->login);
	if (line.p)
		smtp_say(s, 501, "5.7.0", "AUTH cancelled");
	else if (s->op.arena.starved)
		smtp_say(s, 454, "4.7.0", "out of memory"); // RFC 4954 section 6: temporary
	else
		smtp_say(s, 500, "5.5.6", "the line is too long");
}

// A refusal waits for its time, a password in line, or a message for the relay.
static enum conn_next wait(struct smtp_session *s)
{
	struct submission_session *ss = submission_of(s);
	struct auth_reply reply;
	if (!login_waits(&ss->login))
		return submission_relay_wait(ss);
	bool is_refused = ss->login.refusal;
	int rc = login_later(&s->op, &ss->login, &reply);
	if (rc == LOGIN_LATER && (is_refused || !ss->login.refusal))
		return CONN_WAIT;
	s->phase = AT_COMMAND;
	if (is_refused) // which the log knows already
		auth_fault(ss, rc);
	else
		outcome(ss, rc, &reply);
	return s->phase == AT_PAUSE ? CONN_WAIT : CONN_READ;
}

static uint64_t deadline(const struct smtp_session *s, uint64_t at)
{
	const struct submission_session *ss = (const struct submission_session *)(const void *)s;
	uint64_t login_at = login_until(ss);
	if (s->phase == AT_PAUSE && login_waits(&ss->login))
		return ss->login.wake_at;
	if (ss->user.p && (s->phase == AT_PAUSE || s->phase == AT_SERVE))
		return 0; // the relay: its link has deadlines of its own
	return !ss->user.p && login_at < at && s->phase != AT_PAUSE ? login_at : at;
}

// --- commands ---

static void ehlo(struct submission_session *ss, const struct smtp_command *c)
{
	struct smtp_session *s = &ss->s;
	struct buf mechanisms = { 0 };
	struct span name;
	const char *more[4];
	char future[FUTURE_OFFER_SIZE];
	size_t n = 0;
	if (!smtp_hello(s, c))
		return;
	struct auth_peer peer =
		login_peer(&s->op, s->conn, "smtp", ss->submission->config.allow_plaintext);
	buf_add(&mechanisms, SPAN("AUTH"));
	for (size_t i = 0; (name = auth_mechanism(&peer, i)).p; i++)
		buf_addf(&mechanisms, " %.*s", SPAN_FMT(name));
	bool any = mechanisms.n > sizeof "AUTH" - 1 && !ss->user.p;
	buf_addc(&mechanisms, '\0');
	if (any && !mechanisms.failed)
		more[n++] = mechanisms.p;
	more[n++] = "DSN";
	submission_note_future(ss);
	if (s->future.seconds) {
		future_offer_print(future, &s->future);
		more[n++] = future;
	}
	more[n++] = ss->user.p ? "BURL imap" : "BURL"; // RFC 4468 section 3.1
	smtp_hello_lines(s, more, n);
	buf_done(&mechanisms);
}

// RFC 6409 section 4.2: a sender without a domain has ours.
static bool qualify(struct submission_session *ss, struct smtp_path *io_path)
{
	struct span domain = ss->submission->domains[0], text = io_path->text;
	if (!io_path->local.n || io_path->domain.n)
		return true;
	char *p = arena_bytes(&ss->s.tx.arena, text.n + 1 + domain.n);
	if (!p)
		return false;
	memcpy(p, text.p, text.n);
	p[text.n] = '@';
	memcpy(p + text.n + 1, domain.p, domain.n);
	io_path->text = ss->s.envelope.sender = span_of(p, text.n + 1 + domain.n);
	io_path->domain = domain;
	return true;
}

// RFC 6409 section 6.1: the sender is the user, or, for notifications (section 3.2), nobody.
static void mail(struct submission_session *ss, const struct smtp_command *c)
{
	struct smtp_session *s = &ss->s;
	if (!ss->user.p) {
		smtp_say(s, 530, "5.7.0", "log in first"); // RFC 4954 section 6
		return;
	}
	struct smtp_path path = c->path;
	submission_note_future(ss);
	if (!smtp_mail(s, c))
		return;
	int owner = OWNER_USER;
	if (!qualify(ss, &path))
		owner = op_fail(&s->op, RC_NOMEM, "out of memory");
	else if (path.local.n)
		owner = submission_sender_owner(&s->op, ss, &path);
	if (owner == OWNER_USER) {
		smtp_say(s, 250, "2.1.0", "sender accepted");
		return;
	}
	if (owner == OWNER_WAIT) {
		smtp_transaction_end(s);
		smtp_again(s);
		return;
	}
	struct smtp_reply reply = smtp_reply_of(owner < 0 ? owner : RC_NOPERM);
	smtp_refuse(
		s, &reply, owner < 0 ? op_text(&s->op, owner) : "this sender address is not yours");
	smtp_transaction_end(s);
}

// RFC 5321 section 4.5.1: this one is known everywhere without a domain. Where no user has that name it is the relay's to know, in our domain.
static bool qualify_postmaster(struct submission_session *ss, struct smtp_path *io_path)
{
	struct span domain = ss->submission->domains[0];
	struct buf b = { 0 };
	buf_addf(&b, "postmaster@%.*s", SPAN_FMT(domain));
	struct span text = b.failed ? SPAN_NONE : arena_dup(&ss->s.op.arena, buf_span(&b));
	buf_done(&b);
	if (text.p)
		*io_path = (struct smtp_path){ .text = text,
			.local = span_cut(text, 0, text.n - domain.n - 1),
			.domain = domain };
	return text.p;
}

static void rcpt(struct submission_session *ss, const struct smtp_command *c)
{
	struct smtp_session *s = &ss->s;
	struct recipient r;
	struct smtp_path path = c->path;
	if (!smtp_rcpt_check(s, c, &r))
		return;
	if (!path.domain.n && span_caseeq(path.local, SPAN("postmaster"))) {
		if (!qualify_postmaster(ss, &path)) {
			smtp_say(s, 451, "4.3.0", "out of memory");
			return;
		}
		r.address = path.text;
	}
	int owner = submission_owner(&s->op, ss, &path, &r);
	if (owner == OWNER_WAIT) {
		smtp_again(s);
	} else if (owner < 0) {
		struct smtp_reply reply = smtp_reply_of(owner);
		smtp_refuse(s, &reply, op_text(&s->op, owner));
	} else if (owner != OWNER_NOBODY && !envelope_is_for_later(&s->envelope)) {
		if (smtp_rcpt_add(s, &r))
			smtp_say(s, 250, "2.1.5", "recipient accepted");
	} else if (ss->submission->config.relay && path.domain.n) {
		// Also in our domains: the relay may know aliases. And mail for later is all the relay's: what it holds for accounts here comes back.
		r.remote = true;
		r.held = served_is_held(ss->submission->served, hash_span(ss->user), r.address);
		submission_ask(ss, &r);
	} else if (owner != OWNER_NOBODY) {
		smtp_say(s, 550, "5.1.3", "mail for later needs the address with its domain");
	} else if (!path.domain.n || is_own_domain(ss->submission, path.domain)) {
		smtp_say(s, 550, "5.1.1", "no such user here");
	} else {
		smtp_say(s, 550, "5.7.1", "there is no relay to other domains here");
	}
}

static bool command(struct smtp_session *s, const struct smtp_command *c)
{
	struct submission_session *ss = submission_of(s);
	switch (c->verb) {
	case SMTP_HELO:
		if (smtp_hello(s, c))
			smtp_reply_line(
				conn_output(s->conn), 250, span_str(s->host->hostname), true);
		return true;
	case SMTP_EHLO:
		ehlo(ss, c);
		return true;
	case SMTP_AUTH:
		auth(ss, c);
		return true;
	case SMTP_MAIL:
		mail(ss, c);
		return true;
	case SMTP_RCPT:
		rcpt(ss, c);
		return true;
	case SMTP_BURL:
		submission_burl(ss, c);
		return true;
	case SMTP_LHLO:
		smtp_say(s, 500, "5.5.1", "this is not LMTP: EHLO");
		return true;
	case SMTP_STARTTLS: // RFC 3207 section 4.2: a log-in in the clear counts no more
		if (conn_can_starttls(s->conn)) {
			log_out(ss);
			smtp_session_charge(s, s->host->memory);
			conn_stranger(s->conn, login_until(ss));
		}
		return false;
	default:
		return false;
	}
}

// --- the service ---

static const struct smtp_front front = {
	.name = "submission",
	.protocol = "ESMTP",
	.utf8_protocol = "UTF8SMTP",
	.authenticates = true,
	.command = command,
	.line = sasl_line,
	.wait = wait,
	.may_run = submission_may_run,
	.progress = submission_progress,
	.is_full = submission_is_full,
	.is_stored = submission_is_stored,
	.pull = submission_pull,
	.fault = submission_fault,
	.begin = submission_begin,
	.octets = submission_octets,
	.end = submission_end,
	.abort = submission_abort,
	.serve = submission_serve,
	.deadline = deadline,
};

static int session_open(struct op *op, struct conn *c, const void *config, void **ret_session)
{
	struct submission_session *ss = calloc(1, sizeof *ss);
	if (!ss)
		return op_fail(op, RC_NOMEM, "out of memory");
	ss->submission =
		(struct submission *)(uintptr_t)config; // const to net/; tables in it have locks
	ss->login = (struct login){ .auth = ss->submission->config.auth,
		.conn = c,
		.allow_plaintext = ss->submission->config.allow_plaintext };
	smtp_session_init(&ss->s, c, &front, &ss->submission->host);
	conn_stranger(c, login_until(ss));
	*ret_session = ss;
	return 0;
}

static void session_close(void *session)
{
	struct submission_session *ss = session;
	login_cancel(&ss->login);
	submission_relay_drop(ss);
	smtp_session_done(&ss->s);
	log_out(ss);
	free(ss);
}

static enum conn_next session_run(void *session, unsigned events)
{
	return smtp_session_run(&((struct submission_session *)session)->s, events);
}

const struct service submission_service = {
	.name = "submission",
	.open = session_open,
	.run = session_run,
	.close = session_close,
};
