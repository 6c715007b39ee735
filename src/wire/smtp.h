// SPDX-License-Identifier: Apache-2.0
// Starling: the lines of SMTP and its kin (LMTP, submission): commands parsed (RFC 5321 section 4.1, RFC 2033, 3030, 3461, 6531), replies written.
// Pure: a line in, a struct out. What a parameter means is the front end's business; here it is found, bounded, and of the right form.
//
// Lines and data are cut by wire/line.h and wire/dots.h.
#ifndef WIRE_SMTP_H
#define WIRE_SMTP_H

#include "base/op.h"
#include "base/rope.h"

enum smtp_verb {
	SMTP_UNKNOWN,
	SMTP_HELO,
	SMTP_EHLO,
	SMTP_LHLO,
	SMTP_MAIL,
	SMTP_RCPT,
	SMTP_DATA,
	SMTP_BDAT,
	SMTP_RSET,
	SMTP_NOOP,
	SMTP_QUIT,
	SMTP_VRFY,
	SMTP_EXPN,
	SMTP_HELP,
	SMTP_STARTTLS,
	SMTP_AUTH,
	SMTP_BURL,
	SMTP_VERBS
};

// "<local@domain>"; the null path "<>" has nothing; "<Postmaster>" and LMTP's "<anna>" have no domain. Source routes are dropped.
struct smtp_path {
	struct span text;   // between the angle brackets, without a source route
	struct span local;  // a quoted one without its quotes
	struct span domain; // as written, "[192.0.2.1]" too; absent: none
	bool eight_bit;     // it needs SMTPUTF8
};
struct smtp_param {              // esmtp-param: name, or name=value
	struct span name, value; // value absent: none
};
struct smtp_command {
	enum smtp_verb verb;
	struct span argument;      // everything behind the verb, without outer spaces
	struct smtp_path path;     // MAIL, RCPT
	struct smtp_param *params; // MAIL, RCPT; no name twice
	size_t param_count;
	uint64_t size; // BDAT: octets of the chunk
	bool last;     // BDAT: LAST
};
// A line without its line end. 0, or RC_SYNTAX with a text that says what is wrong (501; with SMTP_UNKNOWN 500). What is not in the line itself
// is in op's arena.
int smtp_parse(struct op *op, struct span line, struct smtp_command *ret_command);

struct buf;
// A local part as it stands in an address: quoted where it has to be (RFC 5321 section 4.1.2).
void smtp_local_add(struct buf *b, struct span local);

// xtext (RFC 3461 section 4): "+2B" and the like; true if it is well-formed.
bool smtp_xtext_is_valid(struct span text);
// Appends what it stands for: any octets.
void smtp_xtext_decode(struct span text, struct buf *to);
// The address of an ORCPT of type utf-8 (RFC 6533 section 3), as utf-8-address: without its \x{HEX}. What is not well-formed is appended as it is.
void smtp_unitext_decode(struct span text, struct buf *to);
// NOTIFY and RET of RFC 3461 sections 4.1 and 4.3, ORCPT of section 4.2 (and RFC 6533's utf-8 addresses).
bool smtp_notify_is_valid(struct span value);
bool smtp_ret_is_valid(struct span value);
bool smtp_orcpt_is_valid(struct span value);

// "250 2.1.0 text" CRLF (RFC 5321 section 4.2, RFC 2034). `enhanced` NULL: without. Control characters of the text become '?', and so do octets
// above 0x7e unless `utf8`.
struct smtp_reply {
	unsigned code;
	const char *enhanced;
	bool utf8;
};
void smtp_reply(struct rope *to, const struct smtp_reply *reply, struct span text);
// The lines of a reply of many: "250-text", the last "250 text".
void smtp_reply_line(struct rope *to, unsigned code, struct span text, bool last);

#endif
