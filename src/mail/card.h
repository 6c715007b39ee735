// SPDX-License-Identifier: Apache-2.0
// Starling: a card is what was parsed of a message when it arrived, as one immutable string of bytes that the store keeps beside the
// blob (store/store.h) and guards with its checksum. FETCH, SEARCH, SORT and THREAD are answered from it by copying or comparing
// bytes. The format (byte table in card.c) carries a version and a limit; what did not fit, or a card of another version, is made
// again from the message. Nothing that a card holds is trusted: card_check() bounds everything that the functions here use.
//
// A card describes the shared blob alone: offsets do not count a private prefix (mail/types.h). mail/content.h adds it.
//
// No locks: a card is a value.
#ifndef MAIL_CARD_H
#define MAIL_CARD_H

#include "base/op.h"
#include "mail/content.h"

struct buf;
struct mime_tree;

// --- making ---

// Where the octets of the message are read from while a card is made: only the beginning of one text part is wanted, for the preview.
struct card_source {
	// The piece at `offset`, at least one octet unless at the end. Valid until the next call.
	int (*piece)(struct op *op, void *ctx, uint64_t offset, struct span *ret_piece);
	void *ctx;
};
struct card_source card_source_span(const struct span *message);
struct card_source card_source_writer(struct blob_writer *w); // a message on its way: blob_peek()
struct card_source card_source_blob(const struct blob *b);

// The card of a parsed message, in op's arena; at most `limit` octets (BLOB_CARD_MAX for the store). Equal input gives equal octets.
// RC_NOMEM, RC_TOOBIG (a message of 4 GiB), or a fault of the source.
int card_build(struct op *op, const struct mime_tree *t, const struct card_source *source,
	size_t limit, struct span *ret_card);

// What joins messages to threads: stable 64-bit keys (the same in every process) of normalised message-ids and of the base subject.
struct thread_keys {
	uint64_t message_id; // 0: none
	uint64_t subject;    // of the base subject, folded; 0: empty
	const uint64_t *
		references; // oldest first; the first id of In-Reply-To when there are no References (RFC 5256 section 3)
	size_t count;  // at most CARD_REFERENCES_MAX: of more, the first and the last ones
	bool is_reply; // the subject says reply or forward (RFC 5256 section 2.1)
};
// In op's arena. From a parsed message (an append; without subject and is_reply) or from its card (THREAD).
int thread_keys_of_tree(struct op *op, const struct mime_tree *t, struct thread_keys *ret_keys);
int thread_keys_of_card(struct op *op, struct span card, struct thread_keys *ret_keys);

// --- reading ---

// True if the card is of this version, whole, and describes a message of `size` octets (without prefix). All functions below
// require it; of a card that passed they never read out of bounds.
bool card_check(struct span card, uint64_t size);

enum card_item {
	CARD_ENVELOPE,      // "(…)", 7-bit
	CARD_ENVELOPE_UTF8, // absent: the same as CARD_ENVELOPE
	CARD_STRUCTURE,     // BODYSTRUCTURE; BODY is derived from it
	CARD_STRUCTURE_UTF8,
	CARD_PREVIEW, // UTF-8
	// Folded (casefold()): decoded text of all fields of that name, with a NUL between them; address fields also as
	// "Name <local@domain>, …" where that differs. Absent: no such field. SEARCH compares these.
	CARD_SUBJECT,
	CARD_FROM,
	CARD_TO,
	CARD_CC,
	CARD_BCC,
	CARD_BASE_SUBJECT, // folded, RFC 5256 section 2.1
	CARD_MESSAGE_ID,   // normalised, without <>; absent: none
	// Folded sort keys: mailbox of the first address (RFC 5256), its display form (RFC 5957).
	CARD_SORT_FROM,
	CARD_SORT_TO,
	CARD_SORT_CC,
	CARD_DISPLAY_FROM,
	CARD_DISPLAY_TO,
	CARD_THREAD, // 8 octets each: thread_keys.message_id, .subject, .references
	CARD_FIELDS, // index of the header's fields, see card_fields_next()
	CARD_PARTS,  // the part table
	CARD_ITEMS
};
// Appends the text that a sort key (CARD_BASE_SUBJECT, CARD_SORT_..., CARD_DISPLAY_...) is folded from. True: it cannot be converted to UTF-8, and is
// octets behind one that no UTF-8 begins with. For collations other than that of the card.
bool card_key_text(struct op *op, const struct mime_tree *t, enum card_item item, struct buf *to);

// The item's octets within the card; p == NULL if absent.
struct span card_item(struct span card, enum card_item item);
// True when the item was left out because the card would have been too long: absence says nothing then.
bool card_left_out(struct span card, enum card_item item);
// Bits 1 << item of all that were left out.
uint32_t card_left_out_items(struct span card);

enum {
	CARD_WIDE = 1,           // offsets have 32 bits
	CARD_HAS_NUL = 2,        // a NUL somewhere in the message
	CARD_HEADER_8BIT = 4,    // octets above 0x7f in the header of the message or of a part
	CARD_HEADER_ENCODED = 8, // "=?" in the header of the message
	CARD_IS_REPLY = 16,
};
uint32_t card_flags(struct span card);
int64_t card_sent_date(struct span card); // as content_sent_date()
int32_t card_sent_day(struct span card);
uint32_t card_parts(struct span card);
// RC_CORRUPT when the entry makes no sense; spans point into the card.
int card_part(struct op *op, struct span card, uint32_t index, struct card_part *ret_part);
// The child of that number (from 1) of a part.
bool card_child(struct span card, uint32_t parent, uint32_t number, uint32_t *ret_index);

// The fields of the main header in order, without looking at it: where each lies, and a small hash of its name.
struct card_fields {
	struct span rest;
	uint64_t offset; // of the next field
};
struct card_field {
	uint64_t offset, size; // of the whole field with its line end
	uint8_t bucket;        // card_name_bucket() of its name; 0: it has no name
};
static inline struct card_fields card_fields_of(struct span card)
{
	return (struct card_fields){ card_item(card, CARD_FIELDS), 0 };
}
bool card_fields_next_slow(struct card_fields *it, struct card_field *ret_field); // private
static inline bool card_fields_next(struct card_fields *it, struct card_field *ret_field)
{
	const unsigned char *p = (const unsigned char *)it->rest.p;
	if (it->rest.n < 3)
		return card_fields_next_slow(it, ret_field);
	uint64_t size = p[1]; // mostly a varint of one or two octets
	size_t used = 2;
	if (size & 0x80) {
		if (p[2] & 0x80)
			return card_fields_next_slow(it, ret_field);
		size = (size & 0x7f) | (uint64_t)p[2] << 7;
		used = 3;
	}
	*ret_field = (struct card_field){ it->offset, size, p[0] };
	it->rest = span_skip(it->rest, used);
	it->offset += size;
	return true;
}
// Passes over fields whose buckets are not among those of the set (bit b % 64 of [b / 64]), as far as that is quick: most fields are not asked for.
static inline void card_fields_pass(struct card_fields *it, const uint64_t buckets[4])
{
	const unsigned char *p = (const unsigned char *)it->rest.p;
	size_t n = it->rest.n, at = 0;
	uint64_t offset = it->offset;
	while (n - at >= 3 && !(buckets[p[at] / 64] >> p[at] % 64 & 1)) {
		if (p[at + 1] & p[at + 2] & 0x80)
			break; // a field of 16 KB
		bool two = p[at + 1] & 0x80;
		offset += two ? (p[at + 1] & 0x7fu) | (uint64_t)p[at + 2] << 7 : p[at + 1];
		at += two ? 3 : 2;
	}
	it->rest = span_skip(it->rest, at);
	it->offset = offset;
}
// 1..255, equal for names that differ in case only.
uint8_t card_name_bucket(struct span name);

// The end of the value at `at` in a text of BODYSTRUCTURE as mime/render.h writes it: an atom, a quoted string or a list. s.n + 1 when broken.
size_t card_value_end(struct span s, size_t at);
// Derives BODY from such a text. False: not such a text.
bool card_body_of(struct span structure, struct buf *to);

#endif
