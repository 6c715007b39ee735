// SPDX-License-Identifier: Apache-2.0
// The loop of a connection: read a command, run it, again, until input or room for output runs out; then park with as little memory as
// possible. And what surrounds it: greeting, log-in, deadlines, the end.
#include "auth/login.h"
#include "auth/seats.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "imap/context.h"
#include "imap/notify.h"
#include "imap/reply.h"
#include "imap/reply_table.h"
#include "imap/session_priv.h"
#include "mail/view.h"
#include "wire/write.h"

#include <stdio.h>
#include <stdlib.h>

struct whole {
	struct session s;
	struct session_priv p;
};

// --- small questions ---

bool session_is_private(const struct session *s)
{
	return login_is_private(s->conn, s->config->allow_plaintext);
}

void session_wake_at(struct session *s, uint64_t when)
{
	s->priv->wake_at = when;
}

// --- changes that are waited for without a thread ---

static void later_hold(void *ctx)
{
	waker_ref(ctx);
}

static void later_wake(void *ctx)
{
	waker_wake(ctx);
	waker_unref(ctx);
}

static void later_drop(void *ctx)
{
	waker_unref(ctx);
}

void session_commit_begin(struct session *s)
{
	struct session_priv *p = s->priv;
	if (!p->waker)
		p->waker = conn_waker_ref(s->conn);
	if (!p->waker)
		return; // the thread waits
	p->later = (struct later){
		.ctx = p->waker, .hold = later_hold, .wake = later_wake, .drop = later_drop
	};
	s->op.later = &p->later;
}

int session_commit(struct session *s)
{
	struct session_priv *p = s->priv;
	struct commit *c = p->later.commit;
	s->op.later = NULL;
	if (!c)
		return 0;
	if (!commit_is_decided(c))
		return IMAP_WAIT;
	p->later.commit = NULL;
	return commit_finish(&s->op, c);
}

void session_commit_abandon(struct session *s)
{
	struct commit *c = s->priv->later.commit;
	s->op.later = NULL;
	s->priv->later.commit = NULL;
	if (c)
		(void)commit_finish(&s->op, c); // nobody is left who would hear of it
}

// --- watching the selected mailbox ---

static void changed(struct watcher *w, unsigned what, const struct mailbox *mb)
{
	(void)mb;
	struct session_priv *p = container_of(w, struct session_priv, watcher);
	// A change of names concerns the selected mailbox only when it was deleted.
	if (w->only && !(what & ACCOUNT_CHANGED_MESSAGES) && !mailbox_is_deleted(w->only))
		return;
	if (!atomic_fetch_or(&p->changed, what))
		waker_wake(p->waker);
}

void session_watch(struct session *s)
{
	struct session_priv *p = s->priv;
	bool all = p->notify && p->notify->feed.account;
	const struct mailbox *only = s->view && !all ? view_mailbox(s->view) : NULL;
	if (p->watcher.account && p->watcher.only == only)
		return;
	session_unwatch(s);
	if (!all && !only)
		return;
	if (!p->waker)
		p->waker = conn_waker_ref(s->conn);
	p->watcher = (struct watcher){ .changed = changed, .only = only };
	account_watch(s->account, &p->watcher);
}

void session_unwatch(struct session *s)
{
	struct session_priv *p = s->priv;
	if (!p->watcher.account)
		return;
	account_unwatch(&p->watcher);
	p->watcher = (struct watcher){ .changed = NULL };
	atomic_store(&p->changed, 0);
}

// --- states ---

// Until when somebody must have logged in.
static uint64_t login_until(const struct session *s)
{
	unsigned seconds = s->config->login_timeout;
	return s->priv->nobody_since + NS_PER_S * (seconds ? seconds : IMAP_LOGIN_TIMEOUT);
}

void session_enable(struct session *s, unsigned bits)
{
	if (bits & ENABLED_QRESYNC)
		bits |= ENABLED_CONDSTORE;
	bool first = bits & ~s->enabled & ENABLED_CONDSTORE;
	s->enabled |= bits;
	if (first && s->view)
		reply_modseq(s);
}

void session_unselect(struct session *s)
{
	session_unwatch(s);
	notify_unselected(s);
	contexts_cancel_all(s);
	view_close(s->view);
	s->view = NULL;
	s->priv->modseq_sent = s->priv->modseq_behind = false;
	free(s->priv->batches);
	s->priv->batches = NULL;
	numset_done(&s->saved);
	if (s->state == STATE_SELECTED)
		s->state = STATE_AUTHENTICATED;
}

int session_log_in(struct session *s, struct span user)
{
	struct session_priv *p = s->priv;
	unsigned most = s->config->sessions_per_user ? s->config->sessions_per_user
						     : IMAP_SESSIONS_PER_USER;
	char *copy = malloc(user.n + 1);
	if (!copy)
		return op_fail(&s->op, RC_NOMEM, "out of memory");
	memcpy(copy, user.p, user.n);
	struct span name = span_of(copy, user.n);
	struct budget *memory;
	struct purse *purse;
	if (!seats_take(s->imap->seats, SEAT_IMAP, name, most, &memory, &purse)) {
		free(copy);
		return op_fail(
			&s->op, RC_LIMIT, "too many connections: at most %u for one user", most);
	}
	int rc = account_open(&s->op, s->config->mail, name, &s->account);
	if (rc < 0) {
		seats_give(s->imap->seats, SEAT_IMAP, name);
		free(copy);
		return rc;
	}
	arena_set_budget(&s->op.arena, memory);
	conn_stranger(s->conn, 0);
	conn_set_purse(s->conn, purse);
	p->user = name;
	p->seated = true;
	s->state = STATE_AUTHENTICATED;
	atomic_fetch_add_explicit(&s->imap->logins, 1, memory_order_relaxed);
	return 0;
}

void session_log_out(struct session *s)
{
	struct session_priv *p = s->priv;
	session_unselect(s);
	notify_end(s);
	account_unref(s->account);
	s->account = NULL;
	arena_set_budget(&s->op.arena, NULL);
	conn_set_purse(s->conn, NULL);
	if (p->seated)
		seats_give(s->imap->seats, SEAT_IMAP, p->user);
	p->seated = false;
	free((void *)(uintptr_t)p->user.p);
	p->user = SPAN_NONE;
	p->nobody_since = clock_mono();
	conn_stranger(s->conn, login_until(s));
	s->enabled = 0;
	s->language = LANGUAGE_DEFAULT; // RFC 8437 section 4
	s->collation = COLLATION_UNICODE_CASEMAP;
	if (s->state != STATE_LOGOUT)
		s->state = STATE_NOT_AUTHENTICATED;
}

void session_bye(struct session *s, const char *code, const char *fmt, ...)
{
	struct session_priv *p = s->priv;
	if (p->ended)
		return;
	char text[OP_TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); // cut when too long
	va_end(ap);
	struct rope *out = session_out(s);
	rope_add(out, SPAN("* BYE "));
	if (code)
		rope_addf(out, "[%s] ", code);
	reply_text(s, span_str(text));
	rope_add(out, SPAN("\r\n"));
	p->ended = true;
	s->state = STATE_LOGOUT;
}

// --- the service ---

static int session_open(struct op *op, struct conn *c, const void *config, void **ret_session)
{
	struct whole *w = calloc(1, sizeof *w);
	if (!w)
		return op_fail(op, RC_NOMEM, "out of memory");
	// The configuration of a listener is const to net/; the counters in it are atomics.
	struct imap *imap = (struct imap *)(uintptr_t)config;
	w->s.conn = c;
	w->s.imap = imap;
	w->s.config = &imap->config;
	w->s.priv = &w->p;
	w->s.state = STATE_NOT_AUTHENTICATED;
	w->p.opened_at = w->p.nobody_since = w->p.active_at = clock_mono();
	op_init(&w->s.op, IMAP_PREAUTH_MEMORY);
	reader_begin(&w->s);
	conn_stranger(c, login_until(&w->s));
	atomic_fetch_add_explicit(&imap->connections, 1, memory_order_relaxed);
	*ret_session = &w->s;
	return 0;
}

static void session_close(void *session)
{
	struct session *s = session;
	struct session_priv *p = s->priv;
	dispatch_abandon(s);
	log_info("imap", "%llu %s%s%.*s: closed after %llu s, %llu commands",
		(unsigned long long)conn_id(s->conn), conn_peer(s->conn), p->user.n ? " " : "",
		SPAN_FMT(p->user), (unsigned long long)((clock_mono() - p->opened_at) / NS_PER_S),
		(unsigned long long)p->commands);
	session_log_out(s);
	waker_unref(p->waker);
	reader_done(s);
	op_done(&s->op);
	free(container_of(s, struct whole, s));
}

static void greet(struct session *s)
{
	const char *text = s->config->greeting;
	struct rope *out = session_out(s);
	rope_addf(out, "* OK [%s] ", reply_capability_code(s));
	write_text(out, span_str(text ? text : "Starling ready"), false);
	rope_add(out, SPAN("\r\n"));
	op_reset(&s->op);
}

// When nothing happens any more: RFC 9051 section 5.4.
static uint64_t autologout_at(const struct session *s)
{
	const struct imap_config *cfg = s->config;
	const struct session_priv *p = s->priv;
	if (s->state == STATE_NOT_AUTHENTICATED)
		return login_until(s);
	unsigned seconds = cfg->autologout < 1800 ? IMAP_AUTOLOGOUT : cfg->autologout;
	// A client that listens in IDLE is not inactive: "still here" finds out when it has gone.
	if (p->phase == PHASE_LINE && cfg->idle_interval)
		return 0;
	return p->active_at + NS_PER_S * seconds;
}

// Before parking: the deadline, and memory back.
static void park(struct session *s)
{
	struct session_priv *p = s->priv;
	uint64_t at = autologout_at(s);
	if (p->wake_at && (!at || p->wake_at < at))
		at = p->wake_at;
	conn_set_deadline(s->conn, at);
	if (p->phase == PHASE_READ ? !p->reader.known : p->phase == PHASE_LINE && !p->cmd.args)
		arena_done(&s->op.arena);
	if (p->phase == PHASE_LINE && !p->cmd.args)
		buf_done(&p->reader.text);
	reader_relax(s);
}

// A deadline that was set before parking may pass while a command runs: that client is not inactive.
static bool is_timed_out(const struct session *s, unsigned events)
{
	enum phase phase = s->priv->phase;
	uint64_t at = autologout_at(s);
	if (!(events & CONN_EV_DEADLINE) || phase == PHASE_RUN || phase == PHASE_SYNC)
		return false;
	return at && clock_mono() >= at;
}

// Between commands: what NOTIFY asked for is told at once (RFC 5465 section 3.1). The watcher is there before it is looked, so that nothing
// comes unseen.
static enum conn_next push(struct session *s)
{
	struct session_priv *p = s->priv;
	if (!notify_is_on(s) || p->phase != PHASE_READ || p->ended || p->reader.known ||
		p->reader.text.n)
		return CONN_READ;
	session_watch(s);
	atomic_store(&p->changed, 0);
	int rc = s->view ? reply_changes(s, notify_is_immediate(s), false) : 0;
	if (rc == 0 && !p->ended)
		rc = notify_tell(s);
	if (rc < 0)
		session_bye(s, reply_row_of(rc)->code, "changes cannot be shown any more: %s",
			op_text(&s->op, rc));
	op_reset(&s->op);
	if (p->ended)
		return CONN_CLOSE;
	return rc == 0 ? CONN_READ : conn_is_full(s->conn) ? CONN_FLUSH : CONN_YIELD;
}

// Goes on with the command in progress, or reads and starts one.
static enum conn_next advance(struct session *s, bool *ret_again)
{
	struct session_priv *p = s->priv;
	*ret_again = true;
	if (p->phase == PHASE_RUN || p->phase == PHASE_SYNC)
		return dispatch_continue(s);
	if (p->phase == PHASE_WAIT)
		return CONN_WAIT;
	switch (reader_run(s)) {
	case READER_COMMAND:
		return p->ended ? CONN_CLOSE : dispatch_start(s);
	case READER_LINE:
		return dispatch_continue(s);
	case READER_PAUSE:
		return CONN_YIELD;
	case READER_NEED:
		break;
	}
	*ret_again = false;
	return p->ended || p->eof ? CONN_CLOSE : CONN_READ;
}

static enum conn_next session_run(void *session, unsigned events)
{
	struct session *s = session;
	struct session_priv *p = s->priv;
	enum conn_next next = CONN_READ;
	if (events & CONN_EV_OPEN)
		greet(s);
	if (events & CONN_EV_EOF)
		p->eof = true;
	if (events & CONN_EV_INPUT)
		p->active_at = crew_slice_began();
	if (events & CONN_EV_STOPPING)
		session_bye(s, "UNAVAILABLE", "the server is shutting down");
	else if (is_timed_out(s, events))
		session_bye(s, NULL, "closed after a long time without a command");
	if (p->ended)
		return CONN_CLOSE;
	p->cmd.events = events;
	if ((p->phase == PHASE_LINE || p->phase == PHASE_WAIT) &&
		(events & (CONN_EV_WOKEN | CONN_EV_DEADLINE)))
		next = dispatch_continue(s);
	bool again = true;
	for (unsigned i = 0; again && next == CONN_READ; i++) {
		if (conn_is_full(s->conn)) // many small answers are as much as a big one
			return CONN_FLUSH;
		bool more = i > 0 && conn_input(s->conn).n; // than what the run began with
		if (i >= IMAP_COMMANDS_PER_RUN || (more && crew_slice_is_over()))
			return CONN_YIELD;
		next = advance(s, &again);
	}
	if (next == CONN_READ)
		next = push(s);
	if (next == CONN_READ || next == CONN_WAIT)
		park(s);
	return next;
}

const struct service imap_service = {
	.name = "imap",
	.open = session_open,
	.run = session_run,
	.close = session_close,
};
