// SPDX-License-Identifier: Apache-2.0
// Starling: the configuration: an immutable struct, read once from a file in libconfig's syntax and the command line, and passed down. Every fault
// of a file is listed at once, with its line; an unknown key is a fault, with the nearest known one as a suggestion.
// docs/configuration.md is written from the same table as this is read by (`starling config --help`).
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "base/buf.h"
#include "base/limits.h"
#include "base/op.h"

enum config_protocol {
	PROTO_IMAP,
	PROTO_IMAPS,
	PROTO_POP3,
	PROTO_POP3S,
	PROTO_LMTP,
	PROTO_SUBMISSION,
	PROTO_SUBMISSIONS,
	PROTO_COUNT
};

struct config_listener {
	enum config_protocol protocol;
	const char *address; // as in net/listener.h
	bool proxy_protocol;
};
struct config {
	const char *data;   // the data folder; never NULL after config_finish()
	const char *volume; // DATA/store: the store's own; set with `data`
	const char *engine; // "local", "memory"
	const char *user;   // to become after binding ports; NULL: stay
	const char *log_level;
	struct config_listener listeners[CONFIG_LISTENERS_MAX];
	size_t listener_count;
	bool allow_plaintext;
	bool sandbox; // the processes restrict themselves (server/confine.h)
	struct {
		const char *certificate, *key, *client_ca;
		bool self_signed; // nobody gave one: it is made where it is missing
	} tls;
	struct {
		const char *passwd_file;
	} auth;
	struct {
		uint64_t connections, connections_per_address, sessions_per_user, message_bytes,
			memory, memory_per_user, mailboxes;
		uint64_t messages, saved_messages; // of one command; 0: any number
		uint64_t stall_ms, login_ms;
	} limits;
	struct {
		bool literal_minus;
		uint64_t idle_interval_ms, autologout_ms, progress_interval_ms;
		const char *greeting, *submit_users, *support_url, *comment, *admin;
	} imap;
	struct {
		uint64_t autologout_ms;
	} pop3;
	struct {
		const char *hostname;
		uint64_t timeout_ms;
	} smtp;
	struct {
		const char *host, *tls, *ca, *user, *password_file;
		uint64_t port; // 0: the usual one
		bool verify, spool;
		uint64_t timeout_ms, spool_pause_ms, spool_expires_ms;
	} relay;
	struct {
		bool sent_copy;
		const char *domains, *senders;
	} submission;
	struct {
		uint64_t segment_bytes, reserve_bytes, grace_ms, sweep_interval_ms;
		bool sweep_always;
		const char *page_cache;
	} store;
};

// The defaults: enough to serve.
void config_defaults(struct config *c);
// Reads a file over what is there; strings live in op's arena. RC_CONFIG: *faults holds one line each ("FILE:12: text\n").
int config_load(struct op *op, struct config *c, const char *path, struct buf *faults);
// As config_load() of text that is in memory; `name` is shown in faults.
int config_parse(
	struct op *op, struct config *c, const char *name, struct span text, struct buf *faults);
// "imap=127.0.0.1:1143" of the command line. RC_CONFIG.
int config_add_listener(struct op *op, struct config *c, struct span text);
// Fills in what depends on the rest: the data folder, ports, the certificate's place; makes the folder.
int config_finish(struct op *op, struct config *c);
// The data folder alone: its default if none was given; makes it if so asked. RC_CONFIG: there is none, or it may not be used.
int config_data(struct op *op, struct config *c, bool make);
const char *config_protocol_name(enum config_protocol p);
// All keys with type, default and meaning, as the text of docs/configuration.md.
void config_print_help(struct buf *to);

#endif
