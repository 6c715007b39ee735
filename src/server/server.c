// SPDX-License-Identifier: Apache-2.0
// Order of start: files and certificates as the user that started us; then we become another; ports are bound; the spawner starts, and with it the process
// of the TLS keys; all capabilities and all files but our own go (confine.h), before the first thread; the store is opened (and recovers) before
// anybody can connect; listeners; system calls that are not needed any more go last. Order of stop: the crew ends all sessions, then mail, auth and the store close.
#include "server/server.h"

#include "auth/auth.h"
#include "auth/seats.h"
#include "auth/users.h"
#include "base/budget.h"
#include "base/clock.h"
#include "base/log.h"
#include "imap/imap.h"
#include "mail/account.h"
#include "mail/check.h"
#include "mail/spool.h"
#include "mime/charset.h"
#include "net/listener.h"
#include "net/tls.h"
#include "net/tls_keys.h"
#include "pop3/pop3.h"
#include "run/spawner.h"
#include "run/sandbox.h"
#include "server/admin.h"
#include "server/confine.h"
#include "server/privileges.h"
#include "smtp/lmtp.h"
#include "smtp/relay.h"
#include "smtp/relay_probe.h"
#include "smtp/spooler.h"
#include "smtp/submission.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define STOP_GRACE_MS 5000u

struct server {
	const struct config *config;
	struct crew *crew;
	struct net *net;
	struct tls_context *tls;
	struct store *store;
	struct mail *mail;
	struct spawner *spawner;
	struct auth_config auth_config;
	struct tls_keys_config keys_config;
	struct tls_keys *keys;
	bool reads_key; // the key process cannot hold it
	struct auth *auth;
	struct budget *memory; // of the sessions
	struct seats *seats;
	struct imap *imap;
	struct pop3 *pop3;
	struct lmtp *lmtp;
	struct submission *submission;
	struct admin *admin;
	struct admin_what administered;
	struct relay *relay;       // NULL: none
	struct relay_probe *probe; // NULL: nobody needs to know what it offers
	char *relay_password;      // NULL: none
	struct listener *listeners[CONFIG_LISTENERS_MAX];
	int bound[CONFIG_LISTENERS_MAX]; // sockets that do not listen yet; -1: none
	struct task signals, sweeper;
	atomic_bool stopping; // ends a sweep under way
	bool has_ports;       // the ports file is ours
};

// A clock that is wrong makes a good certificate look so: it is served whatever it says.
static void certificate_judge(struct op *op, struct server *s)
{
	const char *untimely = tls_untimely(op, s->tls);
	if (untimely)
		log_warn("server", "certificate %s: %s: clients will refuse it",
			s->config->tls.certificate, untimely);
}

// --- signals ---

static void certificate_renewed(struct op *op, struct server *s)
{
	log_info("server", "the certificate was read again");
	certificate_judge(op, s);
}

static enum task_next signals_run(struct task *t, unsigned wake)
{
	struct server *s = container_of(t, struct server, signals);
	struct signalfd_siginfo info;
	if (wake & TASK_STOPPING)
		return TASK_END;
	while (read(t->fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo == SIGHUP) {
			struct op op;
			op_init(&op, 0);
			if (tls_reload(&op, s->tls) < 0)
				log_error("server", "the certificate stays as it was: %s", op.text);
			else
				certificate_renewed(&op, s);
			op_done(&op);
			continue;
		}
		log_info("server", "stopping");
		atomic_store(&s->stopping, true);
		crew_stop(s->crew, STOP_GRACE_MS);
		return TASK_END;
	}
	t->want_read = true;
	return TASK_PARK;
}

static void task_ended(struct task *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static const struct task_ops signal_ops = { .run = signals_run, .ended = task_ended };

static int signals_open(struct op *op, struct server *s)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return op_fail_errno(op, RC_SERVERBUG, errno, "cannot block signals");
	s->signals = (struct task){ .ops = &signal_ops,
		.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC) };
	if (s->signals.fd < 0)
		return op_fail_errno(op, RC_SERVERBUG, errno, "cannot wait for signals");
	return task_start(op, s->crew, &s->signals);
}

// --- giving space back ---

static enum task_next sweeper_run(struct task *t, unsigned wake)
{
	struct server *s = container_of(t, struct server, sweeper);
	if (wake & TASK_STOPPING)
		return TASK_END;
	mail_give_back(s->mail);
	if (s->config->store.sweep_always || store_wants_sweep(s->store)) {
		struct op op;
		op_init(&op, 0);
		op.cancel = &s->stopping;
		crew_block_begin(
			CREW_CPU); // a sweep is long: another thread takes this one's place
		int rc = mail_sweep(&op, s->mail);
		crew_block_end();
		if (rc < 0 && rc != RC_CANCELLED)
			log_error("server", "giving space back: %s", op_text(&op, rc));
		op_done(&op);
	}
	t->deadline = clock_mono() + s->config->store.sweep_interval_ms * NS_PER_MS;
	return TASK_PARK;
}

static const struct task_ops sweeper_ops = { .run = sweeper_run, .ended = task_ended };

// --- the ports file ---

// "DATA/run/ports": written anew, then renamed, so that a reader sees all of it.
static int ports_write(struct op *op, struct server *s)
{
	char path[4096], temp[4096];
	int n = snprintf(path, sizeof path, "%s/run", s->config->data);
	if (n < 0 || (size_t)n + 16 > sizeof path)
		return op_fail(op, RC_CONFIG, "the data folder's path is too long");
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return op_fail_errno(op, RC_IO, errno, "cannot make %s", path);
	(void)snprintf(path, sizeof path, "%s/run/ports", s->config->data); // fits: seen above
	(void)snprintf(temp, sizeof temp, "%s/run/ports.new", s->config->data);
	FILE *f = fopen(temp, "we");
	if (!f)
		return op_fail_errno(op, RC_IO, errno, "cannot write %s", temp);
	for (size_t i = 0; i < s->config->listener_count; i++) {
		const struct config_listener *l = &s->config->listeners[i];
		struct span address = span_str(l->address);
		const char *colon = strrchr(l->address, ':');
		if (span_starts(address, SPAN("unix:")) || !colon)
			fprintf(f, "%s %s\n", config_protocol_name(l->protocol), l->address);
		else
			fprintf(f, "%s %.*s:%u\n", config_protocol_name(l->protocol),
				(int)(colon - l->address), l->address,
				listener_port(s->listeners[i]));
	}
	bool bad = ferror(f) || fflush(f) != 0;
	int e = errno;
	fclose(f);
	if (bad || rename(temp, path) != 0)
		return op_fail_errno(op, RC_IO, bad ? e : errno, "cannot write %s", path);
	s->has_ports = true;
	return 0;
}

static void ports_remove(const struct server *s)
{
	char path[4096];
	(void)snprintf(path, sizeof path, "%s/run/ports", s->config->data); // fits: it was written
	if (s->has_ports)
		(void)unlink(path); // nobody listens there any more
}

// --- wiring ---

// As whoever started us.
static int tls_prepare(struct op *op, struct server *s)
{
	const struct config *c = s->config;
	// Never in the place of one that was given: a mistyped path would be served for months before somebody looks at it.
	int rc = c->tls.self_signed ? tls_make_self_signed(op, c->tls.certificate, c->tls.key) : 1;
	if (rc == 0)
		log_info("server", "made a self-signed certificate: %s", c->tls.certificate);
	return rc < 0 ? rc : 0;
}

enum { HELPER_AUTH, HELPER_KEYS, HELPERS };

static int spawner_prepare(struct op *op, struct server *s, const char *program)
{
	const struct config *c = s->config;
	struct auth_words auth;
	struct tls_keys_words keys;
	int rc = users_file_prepare(op, c->data);
	if (rc < 0)
		return rc;
	s->auth_config = (struct auth_config){ .dir = c->data,
		.passwd_file = c->auth.passwd_file,
		.which = HELPER_AUTH,
		.sandbox = c->sandbox };
	s->keys_config = (struct tls_keys_config){ .cert_file = c->tls.certificate,
		.key_file = c->tls.key,
		.client_ca_file = c->tls.client_ca,
		.which = HELPER_KEYS,
		.sandbox = c->sandbox };
	auth_words_make(&s->auth_config, &auth);
	tls_keys_words_make(&s->keys_config, &keys);
	struct spawner_config spawner = { .program = program,
		.sandbox = c->sandbox,
		.words = { [HELPER_AUTH] = auth.words, [HELPER_KEYS] = keys.words },
		.count = HELPERS };
	rc = spawner_open(op, &spawner, &s->spawner);
	s->auth_config.spawner = s->keys_config.spawner = s->spawner;
	return rc;
}

static int keys_prepare(struct op *op, struct server *s)
{
	const struct config *c = s->config;
	struct tls_config config = { .cert_file = c->tls.certificate,
		.key_file = c->tls.key,
		.client_ca_file = c->tls.client_ca };
	int rc = tls_keys_open(op, &s->keys_config, &s->keys);
	config.keys = s->keys;
	if (rc == 0)
		rc = tls_open(op, &config, &s->tls);
	if (rc == RC_CANNOT) {
		log_warn("server",
			"%s: %s: this process, which talks to strangers, holds the key itself",
			c->tls.key, op_text(op, rc));
		config.keys = NULL;
		s->reads_key = true;
		rc = tls_open(op, &config, &s->tls);
	}
	if (rc == 0) {
		struct span print = tls_fingerprint(op, s->tls);
		log_info("server", "certificate %s (SHA-256 %.*s)", c->tls.certificate,
			SPAN_FMT(print));
		certificate_judge(op, s);
	}
	return rc;
}

static int mail_prepare(struct op *op, struct server *s)
{
	const struct config *c = s->config;
	struct store_config store = { .engine = c->engine,
		.dir = c->volume,
		.segment_bytes = c->store.segment_bytes,
		.page_cache = c->store.page_cache,
		.reserve_bytes = c->store.reserve_bytes,
		.grace_ms = (uint32_t)c->store.grace_ms };
	struct mail_config mail = { .append_limit = c->limits.message_bytes,
		.mailboxes_max = (uint32_t)c->limits.mailboxes,
		.memory = c->limits.memory,
		.sent_copy = c->submission.sent_copy,
		.create_accounts = true };
	int rc = store_open(op, &store, &s->store);
	if (rc == 0)
		rc = mail_open(op, s->store, &mail, &s->mail);
	if (rc == 0)
		rc = auth_open(op, &s->auth_config, &s->auth);
	if (rc == 0)
		rc = auth_attach(op, s->auth, s->crew);
	return rc;
}

// Read before privileges go.
static int relay_password_read(struct op *op, struct server *s)
{
	const char *path = s->config->relay.password_file;
	if (!s->config->relay.user != !path)
		return op_fail(op, RC_CONFIG, "relay.user and relay.password_file belong together");
	if (!path)
		return 0;
	FILE *f = fopen(path, "re");
	size_t room = 0;
	ssize_t n = f ? getline(&s->relay_password, &room, f) : -1;
	int e = errno;
	if (f)
		fclose(f);
	if (n < 0)
		return op_fail_errno(op, RC_CONFIG, e, "cannot read %s", path);
	s->relay_password[strcspn(s->relay_password, "\r\n")] = '\0';
	return 0;
}

static int relay_prepare(struct op *op, struct server *s)
{
	static const struct {
		const char *word;
		enum relay_tls tls;
		uint16_t port;
	} kinds[] = { { "required", RELAY_TLS_REQUIRED, 587 },
		{ "optional", RELAY_TLS_OPTIONAL, 587 }, { "implicit", RELAY_TLS_IMPLICIT, 465 },
		{ "none", RELAY_TLS_NONE, 587 } };
	const struct config *c = s->config;
	if (!c->relay.host)
		return 0;
	size_t i = 0;
	while (i + 1 < countof(kinds) && strcmp(kinds[i].word, c->relay.tls) != 0)
		i++;
	struct relay_config relay = { .host = c->relay.host,
		.port = c->relay.port ? (uint16_t)c->relay.port : kinds[i].port,
		.tls = kinds[i].tls,
		.ca_file = c->relay.ca,
		.verify = c->relay.verify,
		.user = c->relay.user,
		.password = s->relay_password,
		.hostname = c->smtp.hostname,
		.timeout_ms = c->relay.timeout_ms };
	return relay_new(op, &relay, s->net, &s->relay);
}

// What waits is sent whether or not more may come; who can send nothing says so, and gives it up in time.
static int spool_prepare(struct op *op, struct server *s)
{
	struct admin_what *a = &s->administered;
	struct spool_totals waiting;
	*a = (struct admin_what){ .mail = s->mail,
		.spool = { .mail = s->mail,
			.relay = s->relay,
			.hostname = s->config->smtp.hostname,
			.pause_most_s = (uint32_t)(s->config->relay.spool_pause_ms / 1000),
			.expires_s = (uint32_t)(s->config->relay.spool_expires_ms / 1000) } };
	int rc = spool_open(op, s->mail, &a->spool.spool);
	if (rc < 0)
		return rc;
	spool_count(a->spool.spool, &waiting);
	if (waiting.messages)
		log_warn("spool", "%zu messages wait for the relay%s", waiting.messages,
			s->relay ? "" : ", but there is none (relay.host): they stay");
	if (!waiting.messages && !(s->relay && s->config->relay.spool))
		return 0;
	return spooler_new(op, &a->spool, &a->spooler);
}

static bool serves_submission(const struct config *c)
{
	for (size_t i = 0; i < c->listener_count; i++)
		if (c->listeners[i].protocol == PROTO_SUBMISSION ||
			c->listeners[i].protocol == PROTO_SUBMISSIONS)
			return true;
	return false;
}

static int front_prepare(struct op *op, struct server *s)
{
	const struct config *c = s->config;
	s->memory = budget_new(NULL, c->limits.memory);
	if (!s->memory)
		return op_fail(op, RC_NOMEM, "out of memory");
	int rc = seats_new(op, s->memory, c->limits.memory_per_user, &s->seats);
	if (rc < 0)
		return rc;
	struct imap_config imap = {
		.mail = s->mail,
		.auth = s->auth,
		.allow_plaintext = c->allow_plaintext,
		.seats = s->seats,
		.message_limit = (uint32_t)c->limits.messages,
		.save_limit = (uint32_t)c->limits.saved_messages,
		.literal_minus = c->imap.literal_minus,
		.progress_interval_ms = (unsigned)c->imap.progress_interval_ms,
		.idle_interval = (unsigned)(c->imap.idle_interval_ms / 1000),
		.autologout = (unsigned)(c->imap.autologout_ms / 1000),
		.login_timeout = (unsigned)(c->limits.login_ms / 1000),
		.sessions_per_user = (unsigned)c->limits.sessions_per_user,
		.greeting = c->imap.greeting,
		.version = STARLING_VERSION,
		.submit_users = c->imap.submit_users,
		.support_url = c->imap.support_url,
		.comment = c->imap.comment,
		.admin = c->imap.admin,
	};
	struct pop3_config pop3 = {
		.mail = s->mail,
		.auth = s->auth,
		.seats = s->seats,
		.allow_plaintext = c->allow_plaintext,
		.autologout = (unsigned)(c->pop3.autologout_ms / 1000),
		.login_timeout = (unsigned)(c->limits.login_ms / 1000),
		.sessions_per_user = (unsigned)c->limits.sessions_per_user,
		.version = STARLING_VERSION,
	};
	struct lmtp_config lmtp = { .mail = s->mail,
		.auth = s->auth,
		.memory = s->memory,
		.hostname = c->smtp.hostname,
		.timeout = (unsigned)(c->smtp.timeout_ms / 1000) };
	struct submission_config submission = {
		.mail = s->mail,
		.auth = s->auth,
		.memory = s->memory,
		.seats = s->seats,
		.hostname = c->smtp.hostname,
		.domains = c->submission.domains,
		.senders = c->submission.senders,
		.allow_plaintext = c->allow_plaintext,
		.timeout = (unsigned)(c->smtp.timeout_ms / 1000),
		.login_timeout = (unsigned)(c->limits.login_ms / 1000),
		.sessions_per_user = (unsigned)c->limits.sessions_per_user,
	};
	struct net_limits limits = { .connections = (unsigned)c->limits.connections,
		.connections_per_address = (unsigned)c->limits.connections_per_address,
		.stall_ms = c->limits.stall_ms };
	rc = imap_new(op, &imap, &s->imap);
	if (rc == 0)
		rc = pop3_new(op, &pop3, &s->pop3);
	if (rc == 0)
		rc = lmtp_new(op, &lmtp, &s->lmtp);
	if (rc == 0)
		rc = net_new(op, s->crew, &limits, &s->net);
	if (rc == 0)
		rc = relay_prepare(op, s);
	if (rc == 0)
		rc = spool_prepare(op, s);
	submission.relay = s->relay;
	submission.spool = s->administered.spool.spool;
	submission.spooler = s->administered.spooler;
	submission.spools = c->relay.spool && s->relay;
	if (rc == 0)
		rc = submission_new(op, &submission, &s->submission);
	if (rc == 0 && s->relay && serves_submission(c))
		rc = relay_probe_new(op, s->relay, &s->probe);
	return rc;
}

// How a protocol is served.
static const struct front {
	const struct service *service;
	struct span refusal; // to a connection over the limits
	bool tls_implicit;
} fronts[PROTO_COUNT] = {
#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}
#define IMAP_REFUSAL TEXT("* BYE [LIMIT] Too many connections, try again later.\r\n")
#define POP3_REFUSAL TEXT("-ERR [SYS/TEMP] Too many connections, try again later.\r\n")
#define SMTP_REFUSAL TEXT("421 4.3.2 Too many connections, try again later.\r\n")
	[PROTO_IMAP] = { &imap_service, IMAP_REFUSAL, false },
	[PROTO_IMAPS] = { &imap_service, IMAP_REFUSAL, true },
	[PROTO_POP3] = { &pop3_service, POP3_REFUSAL, false },
	[PROTO_POP3S] = { &pop3_service, POP3_REFUSAL, true },
	[PROTO_LMTP] = { &lmtp_service, SMTP_REFUSAL, false },
	[PROTO_SUBMISSION] = { &submission_service, SMTP_REFUSAL, false },
	[PROTO_SUBMISSIONS] = { &submission_service, SMTP_REFUSAL, true },
};

static const void *front_config(const struct server *s, const struct service *service)
{
	return service == &imap_service    ? (const void *)s->imap
		: service == &pop3_service ? (const void *)s->pop3
		: service == &lmtp_service ? (const void *)s->lmtp
					   : s->submission;
}

// Low ports take a capability, which is given up before there are threads that would keep it. Nobody is heard yet.
static int bind_all(struct op *op, struct server *s)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->config->listener_count; i++)
		rc = listener_bind(op, s->config->listeners[i].address, &s->bound[i]);
	return rc;
}

static int listen_all(struct op *op, struct server *s)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < s->config->listener_count; i++) {
		const struct config_listener *l = &s->config->listeners[i];
		const struct front *front = &fronts[l->protocol];
		struct listener_config config = {
			.address = l->address,
			.bound = &s->bound[i],
			.service = front->service,
			.service_config = front_config(s, front->service),
			.tls = s->tls,
			.tls_implicit = front->tls_implicit,
			.proxy_protocol = l->proxy_protocol,
			.refusal = front->refusal,
		};
		rc = listener_open(op, s->net, &config, &s->listeners[i]);
	}
	return rc;
}

// As many descriptors as we may have: each connection takes one.
static void descriptors_raise(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r); // fewer connections are possible then
	}
}

static int server_start(struct op *op, struct server *s, const char *program)
{
	descriptors_raise();
	if (s->config->sandbox)
		sandbox_no_dumps();
	(void)charset_preload(); // while the C library's modules can be read
	int rc = crew_new(op, &(struct crew_config){ 0 }, &s->crew);
	if (rc == 0)
		rc = tls_prepare(op, s);
	if (rc == 0)
		rc = relay_password_read(op, s);
	if (rc == 0)
		rc = privileges_drop(op, s->config->user, s->config->data);
	if (rc == 0)
		rc = signals_open(op, s); // before threads exist: they inherit the mask
	if (rc == 0)
		rc = bind_all(op, s);
	if (rc == 0)
		rc = privileges_drop_binding(op);
	if (rc == 0)
		rc = spawner_prepare(op, s, program);
	if (rc == 0)
		rc = keys_prepare(op, s);
	if (rc == 0)
		rc = privileges_drop_rest(op, s->config->data);
	if (rc == 0)
		rc = store_relocate(op, s->config->data, s->config->volume, true);
	if (rc == 0)
		rc = confine_files(op, s->config, s->reads_key);
	if (rc == 0)
		rc = mail_prepare(op, s);
	if (rc == 0)
		rc = front_prepare(op, s);
	if (rc == 0)
		rc = listen_all(op, s);
	if (rc == 0)
		rc = admin_open(op, s->config->data, &s->administered, &s->admin);
	if (rc == 0)
		rc = ports_write(op, s);
	if (rc == 0) {
		s->sweeper = (struct task){ .ops = &sweeper_ops, .fd = -1 };
		rc = task_start(op, s->crew, &s->sweeper);
	}
	if (rc == 0 && s->administered.spooler)
		rc = spooler_start(op, s->administered.spooler, s->crew);
	if (rc == 0 && s->probe)
		rc = relay_probe_start(op, s->probe, s->crew);
	if (rc == 0)
		rc = confine_calls(op, s->config);
	return rc;
}

static void server_stop(struct server *s)
{
	ports_remove(s);
	for (size_t i = 0; i < s->config->listener_count; i++)
		listener_close(s->listeners[i]);
	for (size_t i = 0; i < CONFIG_LISTENERS_MAX; i++)
		if (s->bound[i] >= 0)
			close(s->bound[i]);
	admin_close(s->admin);
	net_free(s->net);
	crew_free(s->crew);
	imap_free(s->imap);
	pop3_free(s->pop3);
	seats_unref(s->seats);
	budget_unref(s->memory);
	lmtp_free(s->lmtp);
	submission_free(s->submission);
	spooler_free(s->administered.spooler);
	spool_free(s->administered.spool.spool);
	relay_probe_free(s->probe);
	relay_free(s->relay);
	free(s->relay_password);
	mail_close(s->mail);
	auth_close(s->auth);
	store_close(s->store);
	tls_free(s->tls);
	tls_keys_close(s->keys);
	spawner_close(s->spawner);
}

int server_run(struct op *op, const struct config *config, const char *program)
{
	struct server *s = calloc(1, sizeof *s);
	if (!s)
		return op_fail(op, RC_NOMEM, "out of memory");
	s->config = config;
	s->signals.fd = -1;
	for (size_t i = 0; i < CONFIG_LISTENERS_MAX; i++)
		s->bound[i] = -1;
	int rc = server_start(op, s, program);
	if (rc == 0) {
		log_info("server", "Starling %s serves %s", STARLING_VERSION, config->data);
		for (size_t i = 0; i < config->listener_count; i++)
			log_info("server", "%s on %s, port %u",
				config_protocol_name(config->listeners[i].protocol),
				config->listeners[i].address, listener_port(s->listeners[i]));
		crew_run(s->crew);
	}
	server_stop(s);
	if (rc == 0)
		log_info("server", "stopped");
	free(s);
	return rc;
}
