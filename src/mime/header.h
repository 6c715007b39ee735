// SPDX-License-Identifier: Apache-2.0
// Starling: header fields: walking a raw header, unfolding, and reading values: text with encoded-words, addresses, message-ids, dates, base
// subjects (RFC 5322 with section 4, 2047, 6532, 6854, 5256 section 2.1). All tolerant: nothing here fails because of what a header holds.
#ifndef MIME_HEADER_H
#define MIME_HEADER_H

#include "base/buf.h"
#include "base/op.h"

// ---- fields

struct mime_field {
	struct span
		name; // without trailing blanks; a line without a colon has an empty name and is all value
	struct span value; // after the colon, raw: with folds, without the last line end
	struct span raw;   // all of it, with its line end
	size_t offset;     // of raw in the header
};
struct mime_fields {
	struct span header;
	size_t at;
	bool at_end; // at the empty line, or the end: header.p + at is the empty line if any
};
static inline struct mime_fields mime_fields_of(struct span header)
{
	return (struct mime_fields){ header, 0, false };
}
// False after the last field.
bool mime_fields_next(struct mime_fields *it, struct mime_field *ret_field);
// The first field of that name (any case).
bool mime_field_find(struct span header, struct span name, struct mime_field *ret_field);
// The value on one line (RFC 5322 section 2.2.3), without blanks around it: the value itself if it was not folded, else a copy in the arena. Line
// ends that are no folds (a bare CR) become spaces. p == NULL: out of memory.
struct span mime_unfold(struct arena *a, struct span value);

// ---- text

// Appends the value as UTF-8 for people and for SEARCH: unfolded, encoded-words decoded (RFC 2047 section 6; also where they are not allowed
// but found in mail: in quoted strings, next to other text), joined when adjacent, also where a character was split across them; raw 8-bit
// as UTF-8 if well-formed, else as Windows-1252. Words that cannot be decoded stay as they are.
void mime_text_of(struct span value, struct buf *to);

// The same with the octets of encoded-words as they are, not converted from their charset. False: not all of them can be converted, since their
// charset is not known or they are no text of it (RFC 5255 section 4.6, steps a and b).
bool mime_text_octets(struct span value, struct buf *to);

// ---- addresses

enum mime_address_kind { MIME_ADDRESS, MIME_GROUP_BEGIN, MIME_GROUP_END };
struct mime_address {
	enum mime_address_kind kind;
	struct span
		name; // display name or group name, unquoted, encoded-words as found; absent if none
	struct span route;  // obs-route "@a,@b"; absent if none
	struct span local;  // unquoted; empty if there was none
	struct span domain; // without blanks and comments; empty if there was none ("root")
};
struct mime_addresses {
	struct span rest; // unfolded value, or raw: folds are blanks
	uint32_t count;   // given out so far; at most MIME_ADDRESSES_MAX
	bool in_group;
	bool failed; // out of memory
	char *out;   // where results are written
	size_t room;
};
static inline struct mime_addresses mime_addresses_of(struct span value)
{
	return (struct mime_addresses){ .rest = value };
}
// False after the last. A group always ends. Spans point into the value or the arena. An address without a display name takes its name from a
// comment behind it ("pete@x (Pete)"), as older mail does. Text that is no address is given as a name with empty local and domain.
bool mime_addresses_next(struct arena *a, struct mime_addresses *it, struct mime_address *ret);

// ---- message-ids

// The next id of Message-ID, In-Reply-To or References: without <>, quoting and blanks removed (RFC 5256: ids that differ only in quoting are
// the same). Other words are skipped. False: no more. *rest is advanced. With `bare_too`, a Message-ID without <> counts if it has an '@'.
bool mime_msgid_next(struct arena *a, struct span *rest, bool bare_too, struct span *ret_id);

// ---- dates

struct mime_date {
	int64_t utc;     // seconds since 1970
	int32_t day;     // days since 1970 of the calendar date as written (SENTON)
	int16_t zone;    // minutes east of UTC; 0 if unknown
	bool zone_known; // a valid zone was written
	bool time_known; // a valid time was written; else 00:00:00
};
// RFC 5322 section 3.3 and 4.3 and common malformed dates (missing or wrong day names, "Nov 21, 1997", asctime, ISO 8601, two-digit years,
// "GMT+0100", full month names, dots in times). False: no valid calendar date; *ret is untouched.
bool mime_date_parse(struct span value, struct mime_date *ret);
// Days since 1970-01-01 of a date of the Gregorian calendar.
int64_t mime_days_of(int64_t year, unsigned month, unsigned day);

// ---- subjects

// Appends the base subject (RFC 5256 section 2.1) of a Subject value; *ret_is_reply: a reply or forward by its rules (THREAD needs it).
void mime_base_subject(struct span value, struct buf *to, bool *ret_is_reply);
// The same of mime_text_octets(), with its answer.
bool mime_base_subject_octets(struct span value, struct buf *to, bool *ret_is_reply);

#endif
