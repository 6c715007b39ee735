// SPDX-License-Identifier: Apache-2.0
// Starling: the content of one message: its card (what was parsed when it arrived) and its octets. Everything that FETCH, PREVIEW, SORT and
// SEARCH ask of a message comes from here; most of it is copied from the card.
#ifndef MAIL_CONTENT_H
#define MAIL_CONTENT_H

#include "base/rope.h"
#include "mail/types.h"
#include "mail/view.h"

enum content_form {
	FORM_ASCII,
	FORM_UTF8
}; // rev1's strings, or UTF-8 ones (IMAP4rev2, UTF8=ACCEPT)

struct card_part {       // a MIME part of the card's table, in order; part 0 is the message itself
	uint32_t parent; // index; part 0: UINT32_MAX
	uint32_t number; // 1.. among its parent's children
	uint32_t first_child, child_count; // children are found by `parent`; first_child 0: none
	uint8_t kind;                      // enum card_part_kind
	uint8_t encoding;                  // enum card_encoding
	uint16_t reserved;
	uint32_t lines;                              // of the body
	uint64_t header_start, body_start, body_end; // octet offsets in the message
	struct span charset;                         // of a text part, as written, "" if none
	struct span type, subtype;                   // as written
};
enum card_part_kind { PART_LEAF, PART_TEXT, PART_MULTIPART, PART_MESSAGE };
enum card_encoding {
	ENCODING_IDENTITY,
	ENCODING_BASE64,
	ENCODING_QP,
	ENCODING_UUENCODE,
	ENCODING_UNKNOWN
};

// An open message. Zeroed is closed.
struct content {
	struct blob blob, prefix;
	uint64_t size; // with prefix
	uint64_t prefix_size;
	struct span card; // checked
	bool card_made; // the stored card was of an older version, partial or damaged: this one was made afresh
	uint32_t parts;  // entries in the part table
	struct op *op;   // that it was opened with
	struct buf made; // the memory of a card made afresh
};
// Opens the message of a record with `cold`. Blocks only when the card must be made again or a page is not in memory. RC_CORRUPT.
int content_open(struct op *op, struct view *v, const struct msg *m, struct content *ret_content);
// The same without a view, for whoever has a record (check, tests).
int content_open_cold(
	struct op *op, struct store *s, const struct msg_cold *cold, struct content *ret_content);
void content_close(struct content *c); // accepts zeroed
// For who opens the messages of a cursor one after the other, after opening this one: those that follow are told of ahead (store/store.h).
enum content_use {
	USE_KEYS,
	USE_TEXTS,
	USE_HEADER
}; // of the card what SEARCH and SORT look at; ENVELOPE and the like; the header
void content_ahead(const struct content *c, const struct view_cursor *cursor, enum content_use use);

// Ready-made IMAP text, without the item's name: "(…)" . Valid until content_close(). BODY is derived from BODYSTRUCTURE into the
// arena of the op that opened the message: who fetches many marks and releases it for each.
struct span content_envelope(const struct content *c, enum content_form form);
struct span content_body(const struct content *c, enum content_form form);          // BODY
struct span content_bodystructure(const struct content *c, enum content_form form); // BODYSTRUCTURE

// Sections (RFC 9051 section 6.4.5). A section is a path of part numbers and what of it is meant.
enum section_what {
	SECTION_ALL,
	SECTION_HEADER,
	SECTION_FIELDS,
	SECTION_FIELDS_NOT,
	SECTION_TEXT,
	SECTION_MIME
};
struct section {
	const uint32_t *path;
	size_t depth; // 0: the message itself
	enum section_what what;
	const struct span *fields; // SECTION_FIELDS..: names
	size_t field_count;
	// section_prepare(): which buckets of names (mail/card.h) are asked for, a bit each.
	uint64_t buckets[4];
	bool is_prepared;
};
// For a section that is asked of many messages: what of it does not depend on the message.
void section_prepare(struct section *s);
// Outcome: there is no such part: NIL (RFC 9051: BODY[n] of a part that does not exist).
enum { SECTION_ABSENT = 1 };
struct octets_range {
	uint64_t from, to;
};
// Where the octets of a section lie in the message, prefix included. Of more than SECTION_RANGES those that do not fit are found again when
// they are wanted, from where the last ones were found: who asks for one piece after the other looks at each octet once. `size`: of all of it; NUL octets count as they are (they are shown as 0x80, same length). `looked`: octets that were
// looked at to find them, from `looked_at` on; they are gone with the content, or with what op's arena holds.
#define SECTION_RANGES 16u
struct section_place {       // a field of a header that is walked
	uint64_t at;         // octets of the section before it
	uint64_t offset;     // of it in the header, or in the prefix
	struct span index;   // what is left of the card's index; absent: it is walked without
	bool is_past_prefix; // it stands in the message itself
};
struct section_ranges {
	const struct section *section;
	struct octets_range at[SECTION_RANGES];
	uint32_t count;
	bool keeps_nul; // to be set by who wants NUL octets put out as they are
	uint64_t size, looked_at;
	struct span looked;
	struct section_place place; // of a field where the last piece ended; zeroed: the first
};
int content_section_find(struct op *op, const struct content *c, const struct section *s,
	struct section_ranges *ret_ranges);
// Appends octets `wanted` of the section that was found there (cut to its end) to the rope, mostly by reference; *ret_n is how many. Octets
// 0x00 are replaced by 0x80 (a literal must not hold NUL: RFC 9051 section 4.3). Costs O(n), not O(size), but for header fields.
int content_section_put(struct op *op, const struct content *c, struct section_ranges *ranges,
	struct octets_range wanted, struct rope *to, uint64_t *ret_n);
// Both at once, for who need not know the size first.
int content_section(struct op *op, const struct content *c, const struct section *s,
	uint64_t offset, uint64_t n, struct rope *to, uint64_t *ret_n);
// BINARY (RFC 9051 section 6.4.5 and 7.5.2, RFC 3516 section 4.2 and 4.3): the part decoded, appended; text with CRLF line ends.
// RC_UNKNOWNCTE, SECTION_ABSENT. *ret_has_nul tells whether a literal8 is needed. What is no leaf (multipart, message/rfc822, the
// message itself when the path is empty) has no encoding of its own to remove and is given as it is.
int content_binary(struct op *op, const struct content *c, const uint32_t *path, size_t depth,
	struct buf *ret_bytes, bool *ret_has_nul);
int content_binary_size(struct op *op, const struct content *c, const uint32_t *path, size_t depth,
	uint64_t *ret_size);

// The part table.
int content_part(
	struct op *op, const struct content *c, uint32_t index, struct card_part *ret_part);
// Keys of the card: UTF-8 text, for PREVIEW (RFC 8970), SORT, THREAD, SEARCH.
struct span content_preview(const struct content *c);
struct span content_base_subject(
	const struct content *c); // RFC 5256 section 2.1; folded (casefold())
struct span content_message_id(const struct content *c); // normalised, without <>
int64_t content_sent_date(
	const struct content *c); // Date: in UTC seconds; INT64_MIN when absent or broken
int32_t content_sent_day(const struct content
		*c); // Date: as written: days since 1970 of its calendar date; INT32_MIN

#endif
