// SPDX-License-Identifier: Apache-2.0
// Starling: what a message and a mailbox are made of. No sockets, tags or replies here.
#ifndef MAIL_TYPES_H
#define MAIL_TYPES_H

#include "base/num.h"
#include "base/span.h"
#include "store/store.h"

// System flags as bits (RFC 9051 section 2.3.2). \Recent is never stored: a view computes it (RFC 3501).
enum {
	FLAG_SEEN = 1,
	FLAG_ANSWERED = 2,
	FLAG_FLAGGED = 4,
	FLAG_DELETED = 8,
	FLAG_DRAFT = 16,
	FLAG_SYSTEM = 31, // all that are stored
	FLAG_RECENT = 32, // only in answers of a view
};

// Special uses as bits (RFC 6154, 8457, 9979 names in comments of mail/special.c).
enum {
	USE_ALL = 1,
	USE_ARCHIVE = 2,
	USE_DRAFTS = 4,
	USE_FLAGGED = 8,
	USE_JUNK = 16,
	USE_SENT = 32,
	USE_TRASH = 64,
	USE_IMPORTANT = 128,
	USE_SNOOZED = 256,
	USE_SCHEDULED = 512,
	USE_MEMOS = 1024,
};

// EMAILID, THREADID, MAILBOXID (RFC 8474): 128 bits given on arrival, printed as 'M', 'T' or 'F' and 26 base32 characters.
struct objectid {
	uint8_t b[16];
};
#define OBJECTID_TEXT 27
// The text in `to`: kind is 'M' (EMAILID), 'T' (THREADID) or 'F' (MAILBOXID).
struct span objectid_print(const struct objectid *id, char kind, char to[OBJECTID_TEXT]);
// False unless it is such a text of that kind.
bool objectid_parse(struct span text, char kind, struct objectid *ret_id);

// Bits of msg_cold.kind.
enum {
	MSG_NO_EOL = 1, // the last line has no CRLF: POP3 sends one, and counts it
	MSG_UIDL = 2,   // it was imported with a UIDL of its own (mail/uidl.h)
};

// The part of a message's record that never changes.
struct msg_cold {
	int64_t internal_date; // seconds since 1970, UTC
	int64_t save_date;     // when it came into this mailbox (RFC 8514)
	uint64_t size;         // RFC822.SIZE: octets of BODY[], prefix included
	struct blob_ref blob;  // the message as it is shared
	struct blob_ref
		prefix; // private header lines in front of it (Return-Path, Delivered-To); id 0: none
	struct objectid emailid, threadid;
	int16_t zone;  // minutes east of UTC that INTERNALDATE is shown in
	uint16_t kind; // MSG_ bits
	uint32_t prefix_size;
};

// A message of a view's picture. `cold` is NULL until asked for.
struct msg {
	struct uid uid;
	struct seq seq;
	struct modseq modseq;
	uint32_t flags; // FLAG_ bits, FLAG_RECENT included
	uint32_t kwset; // id of its set of keywords (mail/keywords.h); 0: none
	const struct msg_cold *cold;
};

#endif
