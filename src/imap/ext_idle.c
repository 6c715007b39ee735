// SPDX-License-Identifier: Apache-2.0
// IDLE (RFC 9051 section 6.3.13, RFC 2177). The session parks without a thread, without arguments and without buffers; a change of the
// mailbox wakes it. "Still here" keeps NATs open and finds out who has gone: all sessions of a user get it in the same tick, so that a
// phone with several connections wakes its radio once.
#include "base/clock.h"
#include "base/hash.h"
#include "imap/module.h"
#include "imap/notify.h"
#include "imap/reply.h"
#include "imap/session_priv.h"

// The next tick of this user's sessions after `now`; 0: none.
static uint64_t next_tick(const struct session *s, uint64_t now)
{
	uint64_t interval = s->config->idle_interval * NS_PER_S;
	if (!interval)
		return 0;
	uint64_t offset = hash_span(s->priv->user) % interval;
	return (now + interval - offset) / interval * interval + offset;
}

static int idle_run(struct session *s, struct command *c)
{
	struct session_priv *p = s->priv;
	uint64_t now = clock_mono();
	if (c->line.p) {
		if (span_caseeq(c->line, SPAN("DONE")))
			return IMAP_DONE;
		return command_bad(s, NULL, "IDLE: expected DONE");
	}
	if (!p->idling) {
		rope_add(session_out(s), SPAN("+ idling\r\n"));
		p->idling = true;
		p->idle_tick_at = next_tick(s, now);
		session_watch(s);
	} else if (p->idle_tick_at && now >= p->idle_tick_at) {
		reply_ok(s, NULL, "still here");
		p->idle_tick_at = next_tick(s, now);
	}
	atomic_store(&p->changed, 0);
	int rc = s->view ? reply_changes(s, true, false) : 0;
	if (rc == 0)
		rc = notify_tell(s); // RFC 5465 section 4
	if (rc)
		return rc < 0 ? rc : IMAP_MORE;
	op_reset(&s->op);
	session_wake_at(s, p->idle_tick_at);
	return p->ended ? IMAP_DONE : IMAP_LINE;
}

static void idle_done(struct session *s, struct command *c)
{
	(void)c;
	if (!notify_is_on(s))
		session_unwatch(s);
	s->priv->idling = false;
	s->priv->idle_tick_at = 0;
}

static const struct imap_capability capabilities[] = {
	{ "IDLE", CAP_AFTER_LOGIN, NULL, NULL, "RFC 2177" },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "IDLE", STATE_AUTHENTICATED | STATE_SELECTED, NULL, idle_run, idle_done, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_idle = {
	.name = "idle",
	.rfc = "RFC 9051, RFC 2177",
	.capabilities = capabilities,
	.commands = commands,
};
