// SPDX-License-Identifier: Apache-2.0
// Keys are rows of one table. The text is parsed by libconfig, which remembers the line of each setting. (The plan named libucl, for its nginx-like
// syntax; Debian's libucl is another library, a compressor, and libconfig is what Debian keeps that tells lines.)
#include "server/config.h"

#include "base/limits.h"
#include "base/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind {
	KIND_STRING,
	KIND_BOOL,
	KIND_COUNT,
	KIND_BYTES,
	KIND_TIME,
	KIND_LIMIT
}; // LIMIT: a count, or 0: none
struct key {
	const char *path;
	enum kind kind;
	size_t offset;
	uint64_t least, most;
	const char *standard, *help; // the default as text, and what it means
	const char *choices; // KIND_STRING: the words it may be, with blanks between; NULL: any
};
#define AT(member) offsetof(struct config, member)
static const struct key keys[] = {
	{ "data", KIND_STRING, AT(data), 0, 0, "the user's state folder",
		"where mail, users and certificates are kept" },
	{ "user", KIND_STRING, AT(user), 0, 0, "the owner of the data folder",
		"the system user to become after binding ports (when started as root)" },
	{ "log_level", KIND_STRING, AT(log_level), 0, 0, "info", "debug, info, warn or error",
		"debug info warn error" },
	{ "allow_plaintext", KIND_BOOL, AT(allow_plaintext), 0, 1, "no",
		"let passwords be sent without TLS from anywhere (loopback always may)" },
	{ "sandbox", KIND_BOOL, AT(sandbox), 0, 1, "yes",
		"restrict the processes to their files and system calls; no: for debugging alone "
		"(docs/safety.md)" },
	{ "tls.certificate", KIND_STRING, AT(tls.certificate), 0, 0, "DATA/tls/certificate.pem",
		"PEM chain; where none is given a self-signed one is made" },
	{ "tls.key", KIND_STRING, AT(tls.key), 0, 0, "DATA/tls/key.pem", "PEM private key" },
	{ "tls.client_ca", KIND_STRING, AT(tls.client_ca), 0, 0, "none",
		"PEM authorities of client certificates (SASL EXTERNAL)" },
	{ "auth.passwd_file", KIND_STRING, AT(auth.passwd_file), 0, 0, "none",
		"passwd-file with crypt hashes of migrated users, beside the own user file" },
	{ "limits.connections", KIND_COUNT, AT(limits.connections), 1, 10000000,
		"as many as descriptors allow", "connections in all" },
	{ "limits.connections_per_address", KIND_COUNT, AT(limits.connections_per_address), 0,
		10000000, "0 (three quarters of all)",
		"connections of one address (an IPv6 /64 counts as one)" },
	{ "limits.sessions_per_user", KIND_COUNT, AT(limits.sessions_per_user), 1, 1000000, "1000",
		"log-ins of one user at a time; more are answered NO [LIMIT]" },
	{ "limits.message_bytes", KIND_BYTES, AT(limits.message_bytes), 65536, UINT64_C(1) << 40,
		"128mb", "size of one message (APPENDLIMIT)" },
	{ "limits.memory", KIND_BYTES, AT(limits.memory), 16u << 20, UINT64_C(1) << 44, "1gb",
		"what big commands of all sessions hold in memory together; more are answered NO "
		"[LIMIT]. Beside it, SORT and THREAD keep a quarter of it at most, and 128mb" },
	{ "limits.memory_per_user", KIND_BYTES, AT(limits.memory_per_user), 4u << 20,
		UINT64_C(1) << 44, "512mb",
		"and those of one user; never more than he leaves for the others" },
	{ "limits.mailboxes", KIND_COUNT, AT(limits.mailboxes), 10, 10000000, "100000",
		"mailboxes of one account" },
	{ "limits.messages", KIND_LIMIT, AT(limits.messages), 1000, UINT32_MAX, "10000000",
		"messages that one command works on (MESSAGELIMIT), at least 1000; 0: any number" },
	{ "limits.saved_messages", KIND_LIMIT, AT(limits.saved_messages), 1000, UINT32_MAX, "0",
		"messages of one COPY or APPEND, at least 1000 (SAVELIMIT where limits.messages is "
		"0); 0: any number" },
	{ "limits.stall", KIND_TIME, AT(limits.stall_ms), 1000, 86400000, "5min",
		"a client that takes no output for so long is cut off" },
	{ "limits.login", KIND_TIME, AT(limits.login_ms), 1000, 86400000, "3min",
		"time to log in" },
	{ "imap.literal_minus", KIND_BOOL, AT(imap.literal_minus), 0, 1, "no",
		"advertise LITERAL- (4096 octets) in place of LITERAL+" },
	{ "imap.idle_interval", KIND_TIME, AT(imap.idle_interval_ms), 0, 86400000, "10min",
		"how often IDLE says that it is still there, which keeps NATs open; 0: never" },
	{ "imap.progress_interval", KIND_TIME, AT(imap.progress_interval_ms), 1, 600000, "10s",
		"how often a command that takes long says how far it is (INPROGRESS)" },
	{ "imap.autologout", KIND_TIME, AT(imap.autologout_ms), 1800000, 864000000, "30min",
		"silence after which a session ends (30 minutes at least: RFC 9051 section 5.4)" },
	{ "imap.greeting", KIND_STRING, AT(imap.greeting), 0, 0, "Starling ready",
		"text of the greeting" },
	{ "imap.submit_users", KIND_STRING, AT(imap.submit_users), 0, 0, "none",
		"users, with spaces between, that are submission servers: they may fetch URLs with "
		"submit+ (URLAUTH)" },
	{ "imap.support_url", KIND_STRING, AT(imap.support_url), 0, 0, "none",
		"shown in answer to ID" },
	{ "imap.server_comment", KIND_STRING, AT(imap.comment), 0, 0, "none",
		"a note for all users: /shared/comment of the server (METADATA)" },
	{ "imap.server_admin", KIND_STRING, AT(imap.admin), 0, 0, "none",
		"a URI by which the administrator is reached: /shared/admin (METADATA)" },
	{ "pop3.autologout", KIND_TIME, AT(pop3.autologout_ms), 600000, 864000000, "10min",
		"silence after which a session ends (10 minutes at least: RFC 1939 section 3)" },
	{ "submission.sent_copy", KIND_BOOL, AT(submission.sent_copy), 0, 1, "no",
		"file what a user sends in the mailbox of sent mail, unless the user's annotation "
		"/private/vendor/starling/sent-copy says yes or no" },
	{ "smtp.hostname", KIND_STRING, AT(smtp.hostname), 0, 0, "the system's name",
		"how LMTP and submission call this host" },
	{ "smtp.timeout", KIND_TIME, AT(smtp.timeout_ms), 1000, 86400000, "10min",
		"silence after which a session of LMTP or submission ends (RFC 5321 section "
		"4.5.3.2.7 says five minutes at least)" },
	{ "relay.host", KIND_STRING, AT(relay.host), 0, 0, "none",
		"the MTA that takes what users send to other domains (name or address); without it "
		"they can write to accounts here only" },
	{ "relay.port", KIND_COUNT, AT(relay.port), 1, 65535, "587, with relay.tls = implicit 465",
		"its port" },
	{ "relay.tls", KIND_STRING, AT(relay.tls), 0, 0, "required",
		"required: STARTTLS with a certificate that is checked; implicit: TLS at once; "
		"optional: STARTTLS if offered, unchecked; none",
		"required implicit optional none" },
	{ "relay.ca", KIND_STRING, AT(relay.ca), 0, 0, "the system's",
		"PEM authorities of its certificate" },
	{ "relay.verify", KIND_BOOL, AT(relay.verify), 0, 1, "yes", "check its certificate" },
	{ "relay.user", KIND_STRING, AT(relay.user), 0, 0, "none",
		"log-in there (SCRAM-SHA-256, or PLAIN or LOGIN over TLS)" },
	{ "relay.password_file", KIND_STRING, AT(relay.password_file), 0, 0, "none",
		"file with its password in the first line" },
	{ "relay.timeout", KIND_TIME, AT(relay.timeout_ms), 1000, 120000, "60s",
		"for a connection and for each answer of it; ten times as long for the answer to "
		"a message" },
	{ "relay.spool", KIND_BOOL, AT(relay.spool), 0, 1, "no",
		"while it cannot be reached, keep mail for it here, in bounds (docs/limits.md), "
		"and "
		"send it later; without, clients are told to keep it (451)" },
	{ "relay.spool_pause", KIND_TIME, AT(relay.spool_pause_ms), 1000,
		SPOOL_PAUSE_MAX_S *UINT64_C(1000), "30min",
		"the longest time until what waits is tried again" },
	{ "relay.spool_expires", KIND_TIME, AT(relay.spool_expires_ms), 1000, 2592000000, "5d",
		"what waits so long is given up, and its sender told (RFC 5321 section 4.5.4.1 "
		"says "
		"4-5 days at least)" },
	{ "submission.domains", KIND_STRING, AT(submission.domains), 0, 0,
		"smtp.hostname and localhost",
		"our domains, with blanks between: an address in them is the account's whose name "
		"is its local part" },
	{ "submission.senders", KIND_STRING, AT(submission.senders), 0, 0, "none",
		"further addresses that users may send as, with blanks between: "
		"info@example.org=anna sales@example.org=bert" },
	{ "store.segment_bytes", KIND_BYTES, AT(store.segment_bytes), 1 << 20, UINT64_C(1) << 32,
		"256mb", "size of a segment of the log" },
	{ "store.reserve_bytes", KIND_BYTES, AT(store.reserve_bytes), 0, UINT64_C(1) << 40, "64mb",
		"kept free so that deleting works on a full disk" },
	{ "store.grace", KIND_TIME, AT(store.grace_ms), 1, 86400000, "10min",
		"how long a session that still shows an expunged message can read it, at least" },
	{ "store.sweep_interval", KIND_TIME, AT(store.sweep_interval_ms), 10, 86400000, "10s",
		"how often it is asked whether giving back the space of expunged mail pays" },
	{ "store.page_cache", KIND_STRING, AT(store.page_cache), 0, 0, "auto",
		"auto: mail is written through the page cache while little comes, so that who "
		"reads it soon "
		"finds it there, and past it while much comes, which is quicker; yes: always "
		"through it; no: "
		"never, where the file system can do without",
		"auto yes no" },
	{ "store.sweep_always", KIND_BOOL, AT(store.sweep_always), 0, 1, "no",
		"give it back each time, whether that pays or not" },
};

#define PROTOCOLS "imap, imaps, pop3, pop3s, lmtp, submission, submissions"
static const struct {
	const char *name;
	uint16_t port, high_port;
	const char *host; // where it is served unless told otherwise; NULL: everywhere
} protocols[PROTO_COUNT] = {
	[PROTO_IMAP] = { "imap", 143, 1143 },
	[PROTO_IMAPS] = { "imaps", 993, 1993 },
	[PROTO_POP3] = { "pop3", 110, 1110 },
	[PROTO_POP3S] = { "pop3s", 995, 1995 },
	[PROTO_LMTP] = { "lmtp", 24, 1024,
		"127.0.0.1" }, // whoever reaches it may deliver to anybody
	[PROTO_SUBMISSION] = { "submission", 587, 1587 },
	[PROTO_SUBMISSIONS] = { "submissions", 465, 1465 },
};

const char *config_protocol_name(enum config_protocol p)
{
	return protocols[p].name;
}

void config_defaults(struct config *c)
{
	*c = (struct config){ .engine = "local", .log_level = "info", .sandbox = true };
	c->limits.sessions_per_user = 1000;
	c->limits.message_bytes = 128u << 20;
	c->limits.memory = UINT64_C(1) << 30;
	c->limits.memory_per_user = 512u << 20;
	c->limits.mailboxes = 100000;
	c->limits.messages = 10000000;
	c->limits.stall_ms = 300000;
	c->limits.login_ms = 180000;
	c->imap.idle_interval_ms = 600000;
	c->imap.autologout_ms = 1800000;
	c->pop3.autologout_ms = 600000;
	c->smtp.timeout_ms = 600000;
	c->relay.tls = "required";
	c->store.page_cache = "auto";
	c->relay.verify = true;
	c->relay.timeout_ms = 60000;
	c->relay.spool_pause_ms = 1800000;
	c->relay.spool_expires_ms = 432000000;
	c->imap.progress_interval_ms = 10000;
	c->store.grace_ms = 600000;
	c->store.sweep_interval_ms = 10000;
}

// --- faults ---

struct parse {
	struct op *op;
	struct config *config;
	const char *name;
	struct buf *faults;
	bool bad, listen_seen;
};

static void fault(struct parse *p, const config_setting_t *at, const char *path, const char *fmt,
	...) printf_like(4, 5);
static void fault(
	struct parse *p, const config_setting_t *at, const char *path, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); // may be cut
	va_end(ap);
	const char *file = config_setting_source_file(at); // NULL: not in one that is included
	buf_addf(p->faults, "%s:%u: %s: %s\n", file ? file : p->name,
		config_setting_source_line(at), path, text);
	p->bad = true;
}

// Edits that turn one word into the other (Levenshtein), for suggestions; words are short.
static unsigned distance(const char *a, const char *b)
{
	unsigned row[64];
	size_t n = strlen(b);
	if (n >= countof(row))
		return UINT32_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 0; a[i]; i++) {
		unsigned corner = row[0];
		row[0] = (unsigned)i + 1;
		for (size_t j = 0; j < n; j++) {
			unsigned best = corner + (a[i] != b[j]);
			corner = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j + 1] + 1 < best)
				best = row[j + 1] + 1;
			row[j + 1] = best;
		}
	}
	return row[n];
}

static void fault_unknown(struct parse *p, const config_setting_t *at, const char *path)
{
	const char *best = NULL;
	unsigned least = UINT32_MAX;
	for (size_t i = 0; i <= countof(keys); i++) {
		const char *known = i < countof(keys) ? keys[i].path : "listen";
		unsigned d = distance(path, known);
		if (d < least) {
			least = d;
			best = known;
		}
	}
	if (best && least <= 2 + strlen(path) / 4)
		fault(p, at, path, "unknown key; did you mean %s?", best);
	else
		fault(p, at, path, "unknown key");
}

// --- values ---

struct unit {
	const char *name;
	uint64_t factor;
};
static const struct unit times[] = { { "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 },
	{ "d", 86400000 }, { NULL, 1000 } };
static const struct unit sizes[] = { { "kb", 1u << 10 }, { "mb", 1u << 20 }, { "gb", 1u << 30 },
	{ "tb", UINT64_C(1) << 40 }, { NULL, 1 } };

// "5min", "10mb", "12": digits, then a unit of the table or (the last row) none.
static bool parse_units(struct span text, const struct unit *units, uint64_t *ret_value)
{
	size_t digits = 0;
	uint64_t v;
	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	struct span unit = span_trim(span_skip(text, digits));
	while (units->name && !span_caseeq(unit, span_str(units->name)))
		units++;
	return (units->name || unit.n == 0) &&
		span_to_u64(span_cut(text, 0, digits), UINT64_MAX, &v) &&
		!__builtin_mul_overflow(v, units->factor, ret_value);
}

static void set_number(struct parse *p, const struct key *k, const config_setting_t *o)
{
	const struct unit *units = k->kind == KIND_TIME ? times
		: k->kind == KIND_BYTES                 ? sizes
							: &sizes[countof(sizes) - 1];
	const char *text = config_setting_get_string(o);
	uint64_t v = 0;
	char digits[24];
	if (!text && config_setting_is_number(o) && config_setting_type(o) != CONFIG_TYPE_FLOAT) {
		(void)snprintf(digits, sizeof digits, "%lld", config_setting_get_int64(o)); // fits
		text = digits;
	}
	if (!text || !parse_units(span_str(text), units, &v)) {
		static const char *const what[] = { [KIND_COUNT] = "a number is expected",
			[KIND_LIMIT] = "a number is expected",
			[KIND_BYTES] = "a size is expected, such as 4096 or \"10mb\"",
			[KIND_TIME] = "a time is expected, such as \"90s\" or \"5min\"" };
		fault(p, o, k->path, "%s", what[k->kind]);
	} else if ((v < k->least || v > k->most) && (k->kind != KIND_LIMIT || v)) {
		uint64_t scale = k->kind == KIND_TIME ? 1000 : 1;
		fault(p, o, k->path, "must lie between %llu and %llu%s",
			(unsigned long long)(k->least / scale),
			(unsigned long long)(k->most / scale),
			k->kind == KIND_TIME ? " seconds" : "");
	} else {
		*(uint64_t *)(void *)((char *)p->config + k->offset) = v;
	}
}

static bool to_bool(const config_setting_t *o, bool *ret_value)
{
	const char *text = config_setting_get_string(o);
	struct span word = span_str(text);
	bool yes = text && (span_caseeq(word, SPAN("yes")) || span_caseeq(word, SPAN("on")));
	bool no = text && (span_caseeq(word, SPAN("no")) || span_caseeq(word, SPAN("off")));
	if (config_setting_type(o) != CONFIG_TYPE_BOOL && !yes && !no)
		return false;
	*ret_value = text ? yes : config_setting_get_bool(o) != 0;
	return true;
}

static bool is_choice(const char *choices, const char *text)
{
	struct span rest = span_str(choices), word;
	while (rest.p) {
		rest = span_split(rest, ' ', &word);
		if (span_eq(word, span_str(text)))
			return true;
	}
	return false;
}

static void set_key(struct parse *p, const struct key *k, const config_setting_t *o)
{
	char *at = (char *)p->config + k->offset;
	if (k->kind == KIND_BOOL) {
		if (!to_bool(o, (bool *)at))
			fault(p, o, k->path, "true or false is expected");
		return;
	}
	if (k->kind != KIND_STRING) {
		set_number(p, k, o);
		return;
	}
	const char *text = config_setting_get_string(o);
	if (!text || !*text) {
		fault(p, o, k->path, "a text in quotes is expected");
		return;
	}
	if (k->choices && !is_choice(k->choices, text)) {
		fault(p, o, k->path, "one of these is expected: %s", k->choices);
		return;
	}
	const char *copy = arena_str(&p->op->arena, span_str(text));
	if (!copy)
		fault(p, o, k->path, "out of memory");
	*(const char **)(void *)at = copy;
}

static int listener_add(struct op *op, struct config *c, enum config_protocol protocol,
	struct span address, bool proxy)
{
	if (c->listener_count == CONFIG_LISTENERS_MAX)
		return op_fail(
			op, RC_CONFIG, "more than %d addresses to listen on", CONFIG_LISTENERS_MAX);
	if (address.n == 0)
		return op_fail(
			op, RC_CONFIG, "an address is expected, such as *:143 or 127.0.0.1:1143");
	const char *copy = arena_str(&op->arena, address);
	if (!copy)
		return op_fail(op, RC_NOMEM, "out of memory");
	c->listeners[c->listener_count++] = (struct config_listener){ protocol, copy, proxy };
	return 0;
}

static int protocol_find(struct span name)
{
	for (int i = 0; i < PROTO_COUNT; i++)
		if (span_caseeq(name, span_str(protocols[i].name)))
			return i;
	return -1;
}

// "imap = "*:143";" or "imap = { address = "*:143"; proxy_protocol = true; };"
static void set_listener(struct parse *p, const char *path, int protocol, const config_setting_t *o)
{
	const config_setting_t *address = o;
	bool proxy = false;
	if (config_setting_is_group(o)) {
		const config_setting_t *flag = config_setting_get_member(o, "proxy_protocol");
		address = config_setting_get_member(o, "address");
		if (flag && !to_bool(flag, &proxy))
			fault(p, flag, path, "proxy_protocol: true or false is expected");
		for (int i = 0; i < config_setting_length(o); i++) {
			const config_setting_t *m = config_setting_get_elem(o, (unsigned)i);
			if (m != address && m != flag)
				fault(p, m, path,
					"%s is not known here; address and proxy_protocol are",
					config_setting_name(m));
		}
	}
	const char *text = address ? config_setting_get_string(address) : NULL;
	if (!text)
		fault(p, o, path, "an address is expected, such as \"*:143\"");
	else if (listener_add(p->op, p->config, (enum config_protocol)protocol, span_str(text),
			 proxy) < 0)
		fault(p, o, path, "%s", p->op->text);
}

// "listen = { imap = "*:143"; imaps = ( "*:993", { address = ...; } ); };"
static void set_listeners(struct parse *p, const config_setting_t *listen)
{
	if (!config_setting_is_group(listen)) {
		fault(p, listen, "listen",
			"a section is expected: listen = { imaps = \"*:993\"; };");
		return;
	}
	if (!p->listen_seen)
		p->config->listener_count = 0;
	p->listen_seen = true;
	for (int i = 0; i < config_setting_length(listen); i++) {
		const config_setting_t *o = config_setting_get_elem(listen, (unsigned)i);
		char path[96];
		(void)snprintf(path, sizeof path, "listen.%s",
			config_setting_name(o)); // may be cut: only shown
		int protocol = protocol_find(span_str(config_setting_name(o)));
		bool many = config_setting_is_array(o) || config_setting_is_list(o);
		if (protocol < 0)
			fault(p, o, path, "unknown protocol; known are " PROTOCOLS);
		for (int k = 0; protocol >= 0 && many && k < config_setting_length(o); k++)
			set_listener(p, path, protocol, config_setting_get_elem(o, (unsigned)k));
		if (protocol >= 0 && !many)
			set_listener(p, path, protocol, o);
	}
}

// A section: "tls = { key = ...; };"
static void set_section(
	struct parse *p, const char *prefix, const config_setting_t *section, int depth)
{
	for (int k = 0; k < config_setting_length(section); k++) {
		const config_setting_t *o = config_setting_get_elem(section, (unsigned)k);
		char path[96];
		// May be cut: it is unknown then.
		(void)snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "",
			config_setting_name(o));
		const struct key *found = NULL;
		bool is_section = false;
		for (size_t i = 0; i < countof(keys); i++) {
			if (span_eq(span_str(keys[i].path), span_str(path)))
				found = &keys[i];
			is_section |= strncmp(keys[i].path, path, strlen(path)) == 0 &&
				keys[i].path[strlen(path)] == '.';
		}
		if (found)
			set_key(p, found, o);
		else if (span_eq(span_str(path), SPAN("listen")))
			set_listeners(p, o);
		else if (is_section && config_setting_is_group(o) && depth < CONFIG_DEPTH_MAX)
			set_section(p, path, o, depth + 1);
		else if (is_section)
			fault(p, o, path, "a section is expected: %s = { ... };", path);
		else
			fault_unknown(p, o, path);
	}
}

// How many octets the string, comment or whatever takes that `s` begins with; more than there are: it does not end.
static size_t item_size(struct span s)
{
	size_t n = 1;
	if (s.p[0] == '#' || span_starts(s, SPAN("//")))
		return span_find_char(s, '\n');
	if (span_starts(s, SPAN("/*"))) {
		size_t end = span_find(span_skip(s, 2), SPAN("*/"));
		return end == SIZE_MAX ? s.n + 1 : end + 4;
	}
	if (s.p[0] != '"')
		return 1;
	while (n < s.n && s.p[n] != '"')
		n += s.p[n] == '\\' && n + 1 < s.n ? 2 : 1;
	return n + 1;
}

// libconfig takes a NUL octet, and a comment or string that does not end, for the end of the file: what stands behind it would be passed over in
// silence. Says where such a thing begins; NULL: nowhere.
static const char *cut_short(struct span text, size_t *ret_at)
{
	size_t nul = span_find_char(text, '\0');
	*ret_at = nul;
	if (nul < text.n)
		return "a NUL octet";
	for (size_t at = 0, n = 0; at < text.n; at += n) {
		n = item_size(span_skip(text, at));
		*ret_at = at;
		if (n > text.n - at)
			return text.p[at] == '"' ? "a string that does not end"
						 : "a comment that does not end";
	}
	return NULL;
}

// Tells of that; true if there was something to be told.
static bool is_cut_short(struct span text, const char *name, struct buf *faults)
{
	size_t at = 0, line = 1;
	const char *what = cut_short(text, &at);
	for (size_t i = 0; what && i < at; i++)
		line += text.p[i] == '\n';
	if (what)
		buf_addf(faults, "%s:%zu: %s\n", name, line, what);
	return what;
}

int config_parse(
	struct op *op, struct config *c, const char *name, struct span text, struct buf *faults)
{
	struct parse p = { op, c, name, faults, false, false };
	config_t parsed;
	char *copy = arena_str(&op->arena, text);
	if (!copy)
		return op_fail(op, RC_NOMEM, "out of memory");
	if (is_cut_short(text, name, faults))
		return op_fail(op, RC_CONFIG, "the configuration has faults");
	config_init(&parsed);
	if (config_read_string(&parsed, copy) == CONFIG_TRUE) {
		set_section(&p, "", config_root_setting(&parsed), 0);
	} else {
		const char *file = config_error_file(&parsed);
		buf_addf(faults, "%s:%d: %s\n", file ? file : name, config_error_line(&parsed),
			config_error_text(&parsed));
		p.bad = true;
	}
	config_destroy(&parsed);
	return p.bad ? op_fail(op, RC_CONFIG, "the configuration has faults") : 0;
}

int config_load(struct op *op, struct config *c, const char *path, struct buf *faults)
{
	struct buf text = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return op_fail_errno(op, RC_CONFIG, errno, "cannot read %s", path);
	ssize_t n = 1;
	while (n > 0 && text.n <= CONFIG_FILE_MAX) {
		char *room = buf_room(&text, 65536);
		n = room ? read(fd, room, 65536) : -1;
		if (n > 0)
			buf_added(&text, (size_t)n);
	}
	int e = errno;
	close(fd);
	int rc = n < 0  ? op_fail_errno(op, RC_CONFIG, e, "cannot read %s", path)
		: n > 0 ? op_fail(op, RC_CONFIG, "%s is too big for a configuration", path)
			: config_parse(op, c, path, text.n ? buf_span(&text) : SPAN(""), faults);
	buf_done(&text);
	return rc;
}

int config_add_listener(struct op *op, struct config *c, struct span text)
{
	struct span name;
	struct span address = span_split(text, '=', &name);
	int protocol = protocol_find(name);
	if (!address.p || protocol < 0)
		return op_fail(op, RC_CONFIG,
			"--listen PROTO=ADDRESS:PORT is expected, PROTO being one of " PROTOCOLS
			"; not %.*s",
			SPAN_FMT(text));
	return listener_add(op, c, (enum config_protocol)protocol, address, false);
}

// --- what depends on the rest ---

static const char *path_of(struct op *op, const char *dir, const char *name)
{
	struct buf b = { 0 };
	buf_addf(&b, "%s/%s", dir, name);
	char *path = b.failed ? NULL : arena_str(&op->arena, buf_span(&b));
	buf_done(&b);
	return path;
}

// Root's data lies in /var/lib; a person's in the XDG state folder.
static const char *default_data(struct op *op)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	if (geteuid() == 0)
		return "/var/lib/starling";
	if (state && state[0] == '/')
		return path_of(op, state, "starling");
	return path_of(op, home && home[0] == '/' ? home : "/tmp", ".local/state/starling");
}

// A folder that is made is durable: what is acknowledged lies in it.
static int make_folder(struct op *op, const char *path, mode_t mode)
{
	if (mkdir(path, mode) == 0)
		return whole_name_flush(op, path);
	return errno == EEXIST ? 0 : op_fail_errno(op, RC_CONFIG, errno, "cannot make %s", path);
}

static int make_folders(struct op *op, const char *path)
{
	char *p = arena_str(&op->arena, span_str(path));
	if (!p)
		return op_fail(op, RC_NOMEM, "out of memory");
	for (size_t n = strlen(p); n > 1 && p[n - 1] == '/'; n--)
		p[n - 1] = '\0'; // else the last folder would be made as one on the way
	int rc = 0;
	for (char *slash = strchr(p + 1, '/'); slash && rc == 0; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		rc = make_folder(op, p, 0755);
		*slash = '/';
	}
	if (rc == 0)
		rc = make_folder(op, p, 0700);
	if (rc == 0)
		rc = whole_name_flush(
			op, p); // a start that was killed may have made it and no more
	return rc;
}

// Told here: what is made in it first would only say that it cannot be made.
static int folder_check(struct op *op, const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return errno == ENOENT ? op_fail(op, RC_CONFIG, "there is no data folder %s", path)
				       : op_fail_errno(op, RC_CONFIG, errno,
						 "cannot use the data folder %s", path);
	if (!S_ISDIR(st.st_mode))
		return op_fail(op, RC_CONFIG, "%s is not a folder", path);
	if (faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) != 0 && errno == EACCES)
		return op_fail(op, RC_CONFIG,
			"no right to use the data folder %s: root may, and user %u, whose it is",
			path, (unsigned)st.st_uid);
	return 0;
}

int config_data(struct op *op, struct config *c, bool make)
{
	if (!c->data)
		c->data = default_data(op);
	c->volume = c->data ? path_of(op, c->data, "store") : NULL;
	if (!c->volume)
		return op_fail(op, RC_NOMEM, "out of memory");
	int rc = make ? make_folders(op, c->data) : 0;
	return rc < 0 ? rc : folder_check(op, c->data);
}

// Root may, and who was given the right (packaging/starling.service).
static bool may_bind_low_ports(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	return geteuid() == 0 ||
		(syscall(SYS_capget, &header, data) == 0 &&
			data[0].effective & 1u << CAP_NET_BIND_SERVICE);
}

int config_finish(struct op *op, struct config *c)
{
	int rc = config_data(op, c, true);
	if (rc == 0 && !c->tls.certificate && !c->tls.key) {
		c->tls.certificate = path_of(op, c->data, "tls/certificate.pem");
		c->tls.key = path_of(op, c->data, "tls/key.pem");
		c->tls.self_signed = true;
		if (!c->tls.certificate || !c->tls.key)
			return op_fail(op, RC_NOMEM, "out of memory");
		rc = make_folders(op, path_of(op, c->data, "tls"));
	}
	if (rc == 0 && (!c->tls.certificate || !c->tls.key))
		rc = op_fail(op, RC_CONFIG,
			"tls.certificate and tls.key belong together: give both or neither");
	bool given = c->listener_count > 0, low = may_bind_low_ports();
	for (int i = 0; rc == 0 && !given && i < PROTO_COUNT; i++) {
		char address[32];
		(void)snprintf(address, sizeof address, "%s:%u",
			protocols[i].host ? protocols[i].host : "*",
			(unsigned)(low ? protocols[i].port : protocols[i].high_port));
		rc = listener_add(op, c, (enum config_protocol)i, span_str(address), false);
	}
	return rc;
}

void config_print_help(struct buf *to)
{
	static const char *const kinds[] = { "text", "yes/no", "number", "bytes", "time",
		"number" };
	buf_add(to,
		SPAN("listen = { imap = \"*:143\"; imaps = \"*:993\"; };\n    addresses to serve, "
		     "by "
		     "protocol (" PROTOCOLS "); a value may be an array, or a section { address = "
		     "\"*:143\"; proxy_protocol = true; }; without listen: all on their usual "
		     "ports, lmtp on loopback alone\n"));
	for (size_t i = 0; i < countof(keys); i++)
		buf_addf(to, "%s (%s, default %s)\n    %s\n", keys[i].path, kinds[keys[i].kind],
			keys[i].standard, keys[i].help);
}
