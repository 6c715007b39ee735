// SPDX-License-Identifier: Apache-2.0
// What submission does to a message on its way (header_fix.h), and who gets it.
//
// One answer for all recipients (RFC 5321 section 4.2.5). 250: everybody has it, durably. Anything else: somebody has not, and the text says who;
// the client sends it again, and those who have it are passed over then (served.h).
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "mail/account.h"
#include "mail/deliver.h"
#include "mail/sent.h"
#include "run/crew.h"
#include "smtp/reply_table.h"
#include "smtp/served.h"
#include "smtp/submission_priv.h"
#include "smtp/trace.h"

#include <stdio.h>

// --- octets ---

int submission_begin(struct smtp_session *s)
{
	(void)submission_relay_begin(submission_of(s)); // submission_abort() left the rest empty
	return 0;
}

// Is the message to be filed, and where? Before anything is passed on: what fails here can still be told.
static int sent_prepare(struct submission_session *ss)
{
	struct account *a;
	int rc = account_open(&ss->s.op, ss->s.host->mail, ss->user, &a);
	if (rc < 0)
		return rc;
	rc = sent_begin(&ss->s.op, a, &ss->sent);
	account_unref(a);
	return rc < 0 ? rc : 0;
}

int submission_is_stored(struct smtp_session *s)
{
	struct submission_session *ss = submission_of(s);
	for (size_t i = 0; i < s->envelope.count; i++)
		ss->has_local |= !s->envelope.recipients[i].remote;
	int rc = sent_prepare(ss);
	return rc < 0 ? rc : ss->has_local || ss->spooled || ss->sent;
}

void submission_fault(struct smtp_session *s)
{
	submission_relay_reset(
		submission_of(s)); // the relay does not get the end, and throws away what it has
}

void submission_abort(struct smtp_session *s)
{
	struct submission_session *ss = submission_of(s);
	submission_relay_reset(ss);
	sent_free(ss->sent);
	ss->sent = NULL;
	delivery_free(ss->copy);
	ss->copy = NULL;
	url_part_close(&ss->part);
	(void)submission_spool_wait(ss); // its answer is nobody's any more
	ss->spooled = ss->has_local = false;
	ss->waiting = 0;
	ss->filed = "";
	ss->size = 0;
	ss->eight_bit = false;
	ss->dots = (struct dot_stuffer){ .in_line = false };
	ss->lines = (struct crlf_reader){ .after_cr = false };
	ss->cutter = (struct header_cutter){ .over = false };
	buf_done(&ss->header);
	ss->fixed = (struct fixed_header){ .has_message_id = false };
	ss->had = (struct served_list){ .n = 0 };
	ss->is_serving = ss->relay_tells = false;
	ss->relayed = (struct smtp_answer){ .code = 0 };
	ss->failure_text[0] = '\0';
}

static int owner_of(struct op *op, void *ctx, struct span local, struct span domain)
{
	struct smtp_path path = { .local = local, .domain = domain };
	return submission_sender_owner(op, ctx, &path);
}

// The address of the user for a Sender field.
static struct span sender_of(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	if (s->envelope.sender.n)
		return s->envelope.sender;
	struct span local = ss->user, domain = ss->submission->domains[0];
	for (size_t i = local.n; i-- > 0;)
		if (ss->user.p[i] == '@') {
			local = span_cut(ss->user, 0, i);
			domain = span_skip(ss->user, i + 1);
			break;
		}
	struct buf b = { 0 };
	smtp_local_add(&b, local);
	buf_addf(&b, "@%.*s", SPAN_FMT(domain));
	struct span text = b.failed ? SPAN("") : arena_dup(&s->op.arena, buf_span(&b));
	buf_done(&b);
	return text;
}

// Octets of the message as it is sent, to all who get it.
static int pass_on(struct submission_session *ss, struct span octets)
{
	struct smtp_session *s = &ss->s;
	uint64_t limit = mail_append_limit(s->host->mail);
	ss->size += octets.n;
	ss->eight_bit = ss->eight_bit || !span_is_ascii(octets);
	if (ss->size > limit)
		return op_fail(&s->op, RC_TOOBIG, "the message is larger than %llu octets",
			(unsigned long long)limit);
	submission_relay_octets(ss, octets);
	int rc = s->delivery && octets.n ? delivery_data(&s->op, s->delivery, octets) : 0;
	return rc == 0 && ss->copy && octets.n ? delivery_data(&s->op, ss->copy, octets) : rc;
}

static int header_into(struct submission_session *ss, struct delivery *d, struct span head)
{
	int rc = delivery_lines(&ss->s.op, d, ss->fixed.added);
	return rc < 0 ? rc : delivery_data(&ss->s.op, d, head);
}

// The header as it is sent goes to those who have accounts here, or wait here for the relay; the one that is filed is the client's, Bcc and all: with
// nobody here, or nothing taken out, that is the same text.
static int store_header(struct submission_session *ss, struct span original)
{
	struct smtp_session *s = &ss->s;
	bool stored = ss->has_local || ss->spooled;
	int rc = 0;
	ss->size += ss->fixed.head.n;
	ss->eight_bit = ss->eight_bit || !span_is_ascii(ss->fixed.head);
	if (ss->sent && stored && ss->fixed.is_changed)
		rc = delivery_begin(&s->op, s->host->mail, false, &ss->copy);
	if (rc == 0 && ss->sent)
		rc = sent_follow(&s->op, ss->sent, ss->copy ? ss->copy : s->delivery);
	if (rc == 0 && s->delivery)
		rc = header_into(ss, s->delivery, stored ? ss->fixed.head : original);
	return rc == 0 && ss->copy ? header_into(ss, ss->copy, original) : rc;
}

// The header is whole: it is looked at, and goes on with what came behind it. While it is not known whose the addresses in it are, that happens again
// when the session is woken (s->checks).
static int header_done(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	struct header_rules rules = {
		.owner = owner_of, .ctx = ss, .sender = sender_of(ss), .host = s->host->hostname
	};
	struct span all = buf_span(&ss->header);
	int rc = header_fix(&s->op, span_cut(all, 0, ss->cutter.line), &rules, &ss->fixed);
	s->checks = rc == HEADER_WAIT;
	if (s->checks)
		return 0;
	auth_finder_reset(&s->finder);
	if (rc < 0)
		return rc;
	s->has_own_id = ss->fixed.has_message_id;
	struct span *const kept[] = { &ss->fixed.sender, &ss->fixed.bcc, &ss->fixed.head };
	for (size_t i = 0; i < countof(kept); i++) {
		*kept[i] = arena_dup(&s->tx.arena, *kept[i]);
		if (!kept[i]->p)
			return op_fail(&s->op, RC_NOMEM, "out of memory");
	}
	rc = store_header(ss, span_cut(all, 0, ss->cutter.line));
	struct span received = smtp_received(s);
	submission_relay_octets(ss, received.p ? received : SPAN(""));
	submission_relay_octets(ss, ss->fixed.sender);
	submission_relay_octets(ss, ss->fixed.added);
	submission_relay_octets(ss, ss->fixed.head);
	if (rc == 0)
		rc = pass_on(ss, span_skip(all, ss->cutter.line));
	buf_done(&ss->header);
	return received.p ? rc : op_fail(&s->op, RC_NOMEM, "out of memory");
}

void submission_check_again(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	if (!s->checks || s->phase == AT_END || auth_finder_waits(&s->finder))
		return;
	struct arena_mark mark = arena_mark(&s->op.arena);
	int rc = header_done(ss);
	if (rc < 0)
		smtp_message_fault(s, rc);
	arena_release(&s->op.arena, mark);
	s->active_at = clock_mono();
}

// Octets whose lines end in CRLF.
static int take(struct submission_session *ss, struct span octets)
{
	struct smtp_session *s = &ss->s;
	if (!ss->cutter.over) {
		size_t used;
		int rc = header_cut(&s->op, &ss->cutter, octets, &ss->header, &used);
		if (rc == 0 && ss->cutter.over)
			rc = header_done(ss);
		if (rc < 0)
			return rc;
		octets = span_skip(octets, used);
	}
	if (!s->checks)
		return pass_on(ss, octets);
	buf_add(&ss->header, octets); // the rest of one buffer: no more is taken now
	return ss->header.failed ? op_fail(&s->op, RC_NOMEM, "out of memory") : 0;
}

static int lone_cr(struct smtp_session *s)
{
	struct smtp_answer a = { .code = 554, .enhanced = "5.6.0" };
	smtp_answer_add(&a, SPAN("a CR without LF is not allowed in a message"));
	smtp_message_refuse(s, &a);
	return 0;
}

int submission_octets(struct smtp_session *s, struct span octets)
{
	struct submission_session *ss = submission_of(s);
	int rc = 0;
	while (rc == 0 && !s->fault && octets.n) {
		struct span part;
		octets = span_skip(octets, crlf_read(&ss->lines, octets, &part));
		rc = ss->lines.lone_cr ? lone_cr(s) : take(ss, part);
	}
	return rc;
}

int submission_end(struct smtp_session *s)
{
	struct submission_session *ss = submission_of(s);
	if (crlf_is_bad(&ss->lines))
		return lone_cr(s);
	int rc = 0;
	if (!ss->cutter.over) {
		rc = header_cut_end(&s->op, &ss->cutter, &ss->header);
		if (rc == 0)
			rc = header_done(ss);
	}
	return rc == 0 && ss->copy && !s->checks ? delivery_end(&s->op, ss->copy) : rc;
}

// --- recipients ---

static bool is_temporary(unsigned code)
{
	return code < 500;
}

void submission_note_failure(struct submission_session *ss, const struct smtp_reply *reply,
	struct span who, struct span why)
{
	bool first = !ss->failure_text[0];
	if (!first && (is_temporary(ss->failure.code) || !is_temporary(reply->code)))
		return;
	ss->failure = *reply;
	(void)snprintf(ss->failure_text, sizeof ss->failure_text, "<%.*s> %.*s", SPAN_FMT(who),
		SPAN_FMT(why)); // fits
}

struct span submission_prefix(struct submission_session *ss, struct span trace)
{
	struct span sender = ss->fixed.sender;
	char *p = trace.p ? arena_bytes(&ss->s.op.arena, trace.n + sender.n + 1) : NULL;
	if (!p)
		return SPAN_NONE;
	memcpy(p, trace.p, trace.n);
	memcpy(p + trace.n, sender.p, sender.n);
	return span_of(p, trace.n + sender.n);
}

static bool files_copy(const struct submission_session *ss)
{
	return ss->sent && !ss->failure_text[0] && ss->s.next == ss->s.envelope.count;
}

// Files the copy, in the same flush as the last recipients, with whom it stands.
static int stage_copy(struct submission_session *ss, const struct local_one *group, size_t n)
{
	struct smtp_session *s = &ss->s;
	if (!files_copy(ss))
		return RC_UNAVAILABLE;
	for (size_t i = 0; i < n; i++)
		if (group[i].slot)
			sent_stand_with(ss->sent, group[i].slot);
	if (ss->spooling)
		sent_stand_with_spool(ss->sent, ss->spooling);
	return sent_stage(&s->op, ss->sent, ss->copy ? ss->copy : s->delivery);
}

// The last recipients have been waited for: so is the copy, which was staged, or could not be while their fate was open. The message is sent by now: a
// fault is told, and changes nothing.
static void wait_for_copy(struct submission_session *ss, int staged)
{
	struct smtp_session *s = &ss->s;
	int rc = staged;
	if (rc < 0 && !files_copy(ss))
		return;
	if (rc == RC_UNAVAILABLE)
		rc = stage_copy(ss, NULL, 0);
	if (rc >= 0)
		rc = sent_wait(&s->op, ss->sent);
	ss->filed = rc < 0 ? "; the copy was not filed" : "; filed";
	if (rc < 0)
		log_warn("submission", "%.*s: the copy was not filed: %s", SPAN_FMT(ss->user),
			op_text(&s->op, rc));
}

// Who of a group did not get it.
static void note_failures(struct submission_session *ss, const struct local_one *group, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (group[i].rc >= 0)
			continue;
		struct smtp_reply reply = smtp_reply_of(group[i].rc);
		submission_note_failure(ss, &reply, group[i].r->address, group[i].text);
	}
}

// What was put in line for the relay stands now, or nothing of the message does.
static void wait_for_spool(struct submission_session *ss)
{
	struct envelope *e = &ss->s.envelope;
	if (!ss->spooling)
		return;
	int rc = submission_spool_wait(ss);
	struct smtp_reply reply = smtp_reply_of(rc);
	for (size_t i = 0; i < e->count; i++) {
		struct recipient *r = &e->recipients[i];
		if (!submission_relay_has(r) || r->has_it)
			continue;
		r->has_it = r->waits = rc == 0;
		if (rc < 0)
			submission_note_failure(
				ss, &reply, r->address, span_str(op_text(&ss->s.op, rc)));
	}
}

// Delivers to the next recipients here who do not have it.
static void serve_group(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	struct envelope *e = &s->envelope;
	struct local_one group[LMTP_GROUP];
	size_t n = 0;
	for (; s->next < e->count && n < LMTP_GROUP; s->next++) {
		struct recipient *r = &e->recipients[s->next];
		r->has_it |= served_has(&ss->had, r->address);
		if (r->has_it || r->remote)
			continue;
		group[n++] = (struct local_one){ .r = r,
			.prefix = submission_prefix(ss, smtp_trace(s, r)) };
	}
	smtp_stage(s, group, n);
	note_failures(ss, group, n);
	int staged = stage_copy(ss, group, n);
	wait_for_spool(ss); // it is before all of them in line
	smtp_wait(s, group, n);
	note_failures(ss, group, n);
	wait_for_copy(ss, staged);
	for (size_t i = 0; i < n; i++) {
		group[i].r->has_it = group[i].rc >= 0;
		s->delivered += group[i].rc == 0;
	}
}

// Everybody has been served: the answer.
static void answer(struct submission_session *ss)
{
	struct smtp_session *s = &ss->s;
	const struct envelope *e = &s->envelope;
	char text[OP_TEXT_MAX + SMTP_PATH_MAX + SMTP_REPLY_TEXT_MAX], waits[64] = "";
	struct span *have = arena_array(&s->op.arena, e->count, sizeof *have);
	size_t n = 0;
	for (size_t i = 0; i < e->count; i++) {
		const struct recipient *r = &e->recipients[i];
		// A mark tells of who waits, until the relay refuses it: then the message may be sent again.
		if (r->has_it && have && !(r->waits && s->has_own_id))
			have[n++] = r->address;
	}
	if (!ss->failure_text[0]) {
		submission_report(ss);
		if (ss->waiting)
			(void)snprintf(waits, sizeof waits, "; %zu of them wait here for the relay",
				ss->waiting); // fits
		(void)snprintf(text, sizeof text, "sent to %zu as %llx.%llx%s%s%s%s",
			envelope_accepted(e), (unsigned long long)conn_id(s->conn),
			(unsigned long long)s->messages, waits, ss->filed,
			ss->relayed.text_n ? "; the relay: " : "", ss->relayed.text);
		smtp_say(s, 250, "2.0.0", text);
		submission_remember(ss, have, n);
	} else {
		served_put(ss->submission->served, &ss->name, have, n, SERVED_S, true);
		(void)snprintf(text, sizeof text, "%s%s", ss->failure_text,
			n ? "; the others have it: send it again, they are passed over" : "");
		smtp_refuse(s, &ss->failure, text);
	}
	log_info("submission", "%llu %s %.*s: message %llx.%llx from <%.*s>: %zu recipients%s%s",
		(unsigned long long)conn_id(s->conn), conn_peer(s->conn), SPAN_FMT(ss->user),
		(unsigned long long)conn_id(s->conn), (unsigned long long)s->messages,
		SPAN_FMT(e->sender), e->count, ss->failure_text[0] ? ", refused: " : "",
		ss->failure_text);
}

// What the relay says of the message. False: nothing yet.
static bool relay_is_done(struct submission_session *ss)
{
	enum relay_request what;
	struct smtp_answer a;
	enum relay_word word;
	if (!ss->relay_waits)
		return true;
	if (!relay_answer(ss->link, &what, &a, &word))
		return false;
	ss->asked = ss->sending = ss->relay_waits = false; // it is over there
	ss->relay_tells = relay_offers_dsn(ss->link);
	if (a.code / 100 == 2) {
		submission_note_relayed(ss);
		ss->relayed = a;
	} else {
		smtp_message_refuse(&ss->s, &a); // then nobody here gets it either
	}
	return true;
}

enum conn_next submission_serve(struct smtp_session *s)
{
	struct submission_session *ss = submission_of(s);
	op_reset(&s->op);
	if (!s->fault && !ss->is_serving)
		submission_serve_begin(ss);
	if (!s->fault && !relay_is_done(ss))
		return CONN_WAIT;
	while (!s->fault && s->next < s->envelope.count) {
		serve_group(ss);
		if (s->next < s->envelope.count && crew_slice_is_over())
			return CONN_YIELD;
		op_reset(&s->op);
	}
	if (s->fault)
		smtp_say_fault(s);
	else
		answer(ss);
	s->active_at = clock_mono();
	s->bad = 0;
	smtp_transaction_end(s);
	s->phase = AT_COMMAND;
	return CONN_READ;
}
