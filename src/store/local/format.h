// SPDX-License-Identifier: Apache-2.0
// Starling: what lies in the log of the local engine, byte by byte. All numbers are little-endian.
//
// Segment: a header block of 4096 bytes, then frames from offset 4096, each at a multiple of 8.
//       0  8  "STARLOG\n"          8  4  format version, 1     12  4  zero
//      16  8  segment number      24  8  size of the file      32  8  random nonce
//      40  8  made, seconds since 1970                         48  4  CRC-32C of bytes 0..47
//    2048 52  the same again: one bad sector must not take a whole segment with it. Zeros in segments of older programs
// The nonce's CRC-32C is the seed of every frame's header checksum.
//
// Frame: a header of 32 bytes, the payload, zeros up to a multiple of 8.
//       0  4  CRC-32C, seeded, of bytes 4..31
//       4  4  length of the payload
//       8  8  sequence number: epoch << 32 | count. One more than the frame before; a GROUP frame may jump ahead
//      16  1  type              17  1  version of that type: 1     18  2  zero
//      20  4  length of the first part of the payload
//      24  4  CRC-32C of the first part                            28  4  CRC-32C of the rest
// So the fields and card of a BLOB verify without reading its body.
//
// GROUP (first frame of each write; one part):
//       0  8  end of the group before it: durable when this was written     8  4  bytes of the group with this frame
//      12  4  frames behind this one                                       16  8  time, seconds since 1970
// BATCH (one part): 8 partition, then the encoded changes (store/batch.h).
// INDEX (one part): 8 id of the checkpoint, then entries of the index: key (varint length, octets), value (the same).
// CHECKPOINT (one part): 0 8 id   8 8 position: all before it is in the entries   16 8 position of the first INDEX frame   24 4 INDEX frames   28 4 zero.
//       It stands behind all of them and is written when they are durable. Ordinary replay passes over both kinds (local/checkpoint.h).
// EXTENT (one part): bytes of a blob that is still coming.
// BLOB: first part: the fields below, the extents (8 position, 4 length each), the card. Rest: the bytes behind the last extent.
//       0  8  id                  8  8  position that this replaces, 0: new
//      16  8  owner: partition   24  4  mailbox    28  4  uid    32  8  internal date   40  4  flags
//      44  4  length of the card 48  8  size of the blob         56  4  number of extents   60  4  zero
#ifndef STORE_LOCAL_FORMAT_H
#define STORE_LOCAL_FORMAT_H

#include "store/engine.h"

#define SEGMENT_HEADER 4096u
#define SEGMENT_VERSION 1u
#define SEGMENT_MIN (4u << 20)
#define SEGMENT_MAX (UINT64_C(1) << 31)
#define FRAME_HEADER 32u
#define FRAME_VERSION 1u
#define GROUP_PAYLOAD 24u
#define GROUP_FRAME (FRAME_HEADER + GROUP_PAYLOAD)
#define BLOB_FIELDS 64u
#define EXTENT_ENTRY 12u
#define CHECKPOINT_PAYLOAD 32u
// BLOB_MAX / BLOB_EXTENT extents and a card, and the tail: the longest payload there is.
#define PAYLOAD_MAX                                                                                \
	((uint32_t)(BLOB_FIELDS + BLOB_MAX / BLOB_EXTENT * EXTENT_ENTRY + BLOB_CARD_MAX +          \
		BLOB_EXTENT))

enum frame_type {
	FRAME_GROUP = 1,
	FRAME_BATCH,
	FRAME_BLOB,
	FRAME_EXTENT,
	FRAME_INDEX,
	FRAME_CHECKPOINT,
	FRAME_TYPES
};

static inline uint64_t pos_of(uint32_t segment, uint32_t offset)
{
	return (uint64_t)segment << 32 | offset;
}
static inline uint32_t pos_segment(uint64_t pos)
{
	return (uint32_t)(pos >> 32);
}
static inline uint32_t pos_offset(uint64_t pos)
{
	return (uint32_t)pos;
}

struct segment_header {
	uint32_t number;
	uint64_t size, nonce;
};
void segment_header_encode(char to[SEGMENT_HEADER], const struct segment_header *h);
// From the header or its copy. 0, RC_VERSION, or RC_CORRUPT; says nothing in an op: the caller knows the file.
int segment_header_decode(const char *from, struct segment_header *ret_header);
// Whether one of the two is damaged although the other can be read.
bool segment_header_is_hurt(const char *from);
// Which of the two is to be written again as the other one is: offsets in the block, and how many octets. False: none of them, or both are damaged.
bool segment_header_remedy(
	const char *from, uint32_t *ret_good, uint32_t *ret_bad, uint32_t *ret_n);
uint32_t segment_seed(uint64_t nonce);

struct frame {
	uint32_t length, first;
	uint64_t seq;
	enum frame_type type;
	uint8_t version;
	uint32_t first_crc, rest_crc;
};
static inline uint32_t frame_size(uint32_t length)
{
	return FRAME_HEADER + ((length + 7) & ~7u);
}
void frame_encode(char to[FRAME_HEADER], const struct frame *f, uint32_t seed);
// The header at `from` (FRAME_HEADER bytes): true when its checksum is right and its lengths are possible. The type and version
// may be unknown ones of a newer program.
bool frame_decode(const char *from, uint32_t seed, struct frame *ret_frame);
// The same without the checksum, for a header that was verified lately (local/checked.h): its lengths are held to their limits again.
bool frame_decode_again(const char *from, struct frame *ret_frame);
static inline bool frame_is_known(const struct frame *f)
{
	return f->type >= FRAME_GROUP && f->type < FRAME_TYPES && f->version == FRAME_VERSION;
}
bool frame_first_ok(const struct frame *f, const char *payload);
bool frame_rest_ok(const struct frame *f, const char *payload);

struct blob_fields {
	uint64_t id, replaces, size;
	struct blob_owner owner;
	uint32_t card_n, extent_count;
};
void blob_fields_encode(char to[BLOB_FIELDS], const struct blob_fields *b);
// From the payload of a verified BLOB frame; false when the fields contradict the frame.
bool blob_fields_decode(const struct frame *f, const char *payload, struct blob_fields *ret_fields);
static inline const char *blob_extent_list(const char *payload)
{
	return payload + BLOB_FIELDS;
}
static inline struct blob_extent blob_extent_at(const char *payload, uint32_t i)
{
	const char *p = blob_extent_list(payload) + (size_t)i * EXTENT_ENTRY;
	return (struct blob_extent){ load_u64(p), load_u32(p + 8) };
}

struct group_fields {
	uint64_t before; // end of the group before
	uint32_t bytes, frames;
	int64_t time;
};
void group_fields_encode(char to[GROUP_PAYLOAD], const struct group_fields *g);
struct group_fields group_fields_decode(const char *payload);

#endif
