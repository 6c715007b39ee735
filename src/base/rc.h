// SPDX-License-Identifier: Apache-2.0
// Starling: the one list of faults. A function returns 0 (done), a negative RC_ (a fault: pass it up
// unchanged; its text is in the op) or a positive outcome of its own enum (docs/style.md, rule 16).
// One table per protocol turns an RC_ into NO [OVERQUOTA], 552 5.2.2, an exit code (rule 18).
#ifndef BASE_RC_H
#define BASE_RC_H

// X(name, what it means)
#define RC_LIST(X)                                                                                 \
	X(NOMEM, "out of memory")                                                                  \
	X(IO, "input/output error")                                                                \
	X(CORRUPT, "stored data is damaged")                                                       \
	X(READONLY, "the store is read-only")                                                      \
	X(NOSPACE, "no space left on the volume")                                                  \
	X(VERSION, "data of an unknown format version")                                            \
	X(CONFLICT, "changed by another node, try again")                                          \
	X(LOCKED, "in use by another process")                                                     \
	X(UNAVAILABLE, "temporarily unavailable")                                                  \
	X(TIMEOUT, "took too long")                                                                \
	X(CANCELLED, "cancelled")                                                                  \
	X(CLOSED, "the peer closed the connection")                                                \
	X(SYNTAX, "syntax error")                                                                  \
	X(CONFIG, "configuration error")                                                           \
	X(LIMIT, "a limit was reached")                                                            \
	X(TOOBIG, "too big")                                                                       \
	X(OVERQUOTA, "over quota")                                                                 \
	X(NONEXISTENT, "does not exist")                                                           \
	X(ALREADYEXISTS, "exists already")                                                         \
	X(TRYCREATE, "mailbox does not exist, create it first")                                    \
	X(HASCHILDREN, "mailbox has children")                                                     \
	X(INUSE, "in use")                                                                         \
	X(NOPERM, "permission denied")                                                             \
	X(CANNOT, "cannot be done")                                                                \
	X(BADNAME, "name not allowed")                                                             \
	X(USEATTR, "special use not supported")                                                    \
	X(EXPUNGED, "some messages were expunged")                                                 \
	X(NOTSAVED, "search result was not saved")                                                 \
	X(BADCHARSET, "charset not supported")                                                     \
	X(UNKNOWNCTE, "unknown content-transfer-encoding")                                         \
	X(BADURL, "the URL means nothing that is there")                                           \
	X(CLIENTBUG, "client error")                                                               \
	X(UIDREQUIRED, "message numbers are not allowed once UIDONLY is enabled")                  \
	X(MESSAGELIMIT, "too many messages for one command")                                       \
	X(SERVERBUG, "internal error")                                                             \
	X(AUTHFAILED, "authentication failed")                                                     \
	X(AUTHZFAILED, "authorization failed")                                                     \
	X(EXPIRED, "credentials expired")                                                          \
	X(PRIVACY, "a secure connection is required")                                              \
	X(CONTACTADMIN, "contact the administrator")

enum {
	RC_OK = 0,
	RC_first_ = -1000,
#define RC_ENUM_(name, text) RC_##name,
	RC_LIST(RC_ENUM_)
#undef RC_ENUM_
		RC_end_
};

// The plain English of a fault ("out of memory"); "unknown error" for anything else. Static.
const char *rc_text(int rc);

#endif
