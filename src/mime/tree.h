// SPDX-License-Identifier: Apache-2.0
// Starling: what a message consists of: its MIME parts in the order of the message, with octet offsets and the facts of their headers.
// Made by mime/parse.h, always legal: whatever the message held, every multipart has at least one child, every message part exactly one.
// Everything lives in the arena of the op that parsed it; read-only afterwards.
#ifndef MIME_TREE_H
#define MIME_TREE_H

#include "base/span.h"

#define MIME_NONE UINT32_MAX // no such part

enum mime_kind {
	MIME_LEAF,
	MIME_MULTIPART,
	MIME_MESSAGE // message/rfc822 or message/global, not encoded: its one child is the root of the message in it
};

// Content-Transfer-Encoding (RFC 2045 section 6).
enum mime_cte {
	MIME_CTE_IDENTITY, // 7bit, 8bit, binary, absent
	MIME_CTE_BASE64,
	MIME_CTE_QP,
	MIME_CTE_UUENCODE, // x-uuencode and its spellings: for search only, RC_UNKNOWNCTE to BINARY[]
	MIME_CTE_UNKNOWN
};

// A parameter of Content-Type or Content-Disposition, continuations joined and percents decoded (RFC 2231).
struct mime_param {
	struct span name; // as written, without '*' and section number
	struct span
		value; // octets in `charset`; absent charset: as found in the header (ASCII, UTF-8, or raw 8-bit of unknown kind)
	struct span
		charset; // RFC 2231, as written; may be empty. p == NULL: not an extended parameter
	struct span language;
};

// A field value, unfolded. Fields that occur several times form a list in the order of the header.
struct mime_value {
	struct span text; // trimmed; may be empty; never CR or LF; may hold NUL and 8-bit octets
	const struct mime_value *next;
};

// The fields of ENVELOPE. Absent: text.p == NULL / list NULL. Of date .. message_id the first occurrence counts; addresses of all occurrences
// of a field are one list (RFC 5322 section 4.5.3).
struct mime_envelope {
	struct span date, subject, in_reply_to, message_id;
	const struct mime_value *from, *sender, *reply_to, *to, *cc, *bcc;
};

struct mime_part {
	uint32_t parent, child, next; // indexes: parent, first child, next sibling; MIME_NONE
	uint32_t number;              // 1.. among its siblings (the child of a message part: 1)
	uint32_t children;
	uint16_t depth; // 0: the message
	uint8_t kind;   // enum mime_kind
	uint8_t cte;    // enum mime_cte
	bool is_text;   // a leaf of type text/...
	bool is_root;   // of a message: part 0, or the child of a message part; has an envelope
	bool is_global; // MIME_MESSAGE: message/global rather than message/rfc822
	bool is_opaque; // a multipart or message that a limit or its encoding keeps closed: shown as application/octet-stream
	bool is_added; // not in the message: the empty child of a childless multipart; its offsets are the end of its parent's body

	// The header, with the empty line that ends it, is [header_start, body_start); the body [body_start, body_end). The line end before
	// a boundary belongs to the boundary (RFC 2046 section 5.1.1).
	uint64_t header_start, body_start, body_end;
	uint64_t header_lines, body_lines; // line ends (LF) in them

	struct span type, subtype; // as written; "text" "plain" where absent or broken
	const struct mime_param *params;
	uint32_t param_count;
	struct span charset; // text parts: of the charset parameter, as written; absent if none
	struct span id, description, encoding, md5,
		location;        // trimmed values; absent if none. encoding is never empty
	struct span disposition; // its type; absent if none
	const struct mime_param *disposition_params;
	uint32_t disposition_param_count;
	const struct mime_value *languages;   // of Content-Language, split at commas; NULL if none
	const struct mime_envelope *envelope; // is_root; else NULL
};

struct mime_tree {
	const struct mime_part
		*parts; // part 0 is the message; a child always comes after its parent
	uint32_t count;
	uint64_t size; // octets of the message
	struct span
		header; // the message's header as it came, with the empty line; cut at MIME_HEADER_MAX. For mime/header.h
	bool header_8bit; // some header of the message or of a part holds an octet above 0x7f
	bool has_nul;     // a NUL octet somewhere
	bool limited;     // a limit of base/limits.h hid something
};

// The part that a section's numbers name (RFC 9051 section 6.4.5.1); MIME_NONE if there is none. Empty path: 0, the message. The part found
// for "1" in a message that is not multipart is the root itself.
uint32_t mime_find(const struct mime_tree *t, const uint32_t *path, size_t depth);
// For HEADER, HEADER.FIELDS and TEXT of a part: the root of the message in a message part, MIME_NONE for other parts. For path length 0 the
// message itself is meant and this is not asked.
uint32_t mime_message_of(const struct mime_tree *t, uint32_t part);

// A parameter by name (any case); absent if there is none. Value as in struct mime_param.
struct span mime_param_get(const struct mime_param *params, uint32_t count, struct span name);
// Media type test, any case: mime_type_is(p, SPAN("text"), SPAN("html")); empty subtype: any.
bool mime_type_is(const struct mime_part *p, struct span type, struct span subtype);

#endif
