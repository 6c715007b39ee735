// SPDX-License-Identifier: Apache-2.0
// Starling: keys and records of mail/ in the store, version 1. Numbers in values are little-endian, in keys big-endian (so that keys
// order like numbers). Every record that may change shape begins with its version.
//
// Partition 1, the system:
//     "S"                      system record: u16 version (FORMAT_SPOOLED, once anything was in the spool), u16 0, u32 0, u64 next account (a
//                              partition number, from 2)
//     "U" user name            u64 account
//     "L"                      key of the seals of URLAUTH: as of a mailbox, below
//     "T" token                u64 time: a backup with this token began (backup.h)
//     "X" be64 account         "": this partition is to be emptied (a removal or a restore that a crash may have cut short)
//     "V"                      u16 version, u16 0, u32 the highest UIDVALIDITY that any account gave that is removed
//     "Z"                      token of the final backup that gave this volume up
// Partition n, an account:
//     "A"                      account record, 64 octets, then the user's name
//         0 u16 version  4 u32 next id (nodes, data)  8 u32 last UIDVALIDITY  16 u64 modseq  24 i64 created
//         32 u64 octets of all annotations
//     "M" be32 node            header of a name in the tree: struct header below, 128 octets, then the last component of its name
//     "S" name                 "": this name is subscribed (RFC 9051 section 6.3.7: names, whatever mailbox they have)
//     "E" be32 node, name      annotation of that mailbox (RFC 5464), node 0: of the server: u16 version, u16 0, the value's octets
//     "L" be32 node            key of that mailbox for URLAUTH (urlauth.c): u16 version, u16 0, 32 random octets
//     "R" be64 key             16 octets: the thread that a message-id (thread_keys, mail/card.h) belongs to
//     "D" be32 period, id      u64 time: this delivery was made (deliver.c)
//     "G"                      while only some batches of a large change are there (edit.h): u64 its modseq, u32 how many
//     "F"                      key of the forms of sent messages (sent.c): u16 version, u16 0, 32 octets
//     "F" be32 period, digest  a sent message that is stored once (sent.c): the first 16 octets of its digest; SENT_OCTETS:
//         0 u16 version  2 u8 kind  3 u8 0  4 u32 data  8 u32 uid  12 u32 0  16 u64 time  24 digest  56 digest of its Bcc fields
//     "I" be32 data            "": messages are being restored under this data id, which no header names yet (restore.h)
//     "P" EMAILID              UIDL that the message was imported with (POP3), 1 to 70 octets
//     "B" be32 data, kind, be32 number: the messages of a mailbox:
//         "T" 0                top level of the directory: 40 octets a block
//             0 u32 block  4 u32 first uid  8 u32 last uid  12 u32 messages  16 u32 unseen  20 u32 deleted  24 u32 entries
//             28 u32 0  32 u64 highest modseq
//         "D" block            directory block: 40 octets a chunk, at most BLOCK_ENTRIES
//             0 u32 chunk  4 u32 base uid  8 u32 first live uid  12 u32 last live uid  16 u8 positions used  17 u8 messages
//             18 u8 unseen  19 u8 deleted  20 u32 0  24 u64 highest modseq  32 u64 base modseq
//         "H" chunk            hot records, 24 octets a position, at most CHUNK_RECORDS
//             0 u32 uid - base uid  4 u8 flags (0x80: the message is gone)  5 u8 0  6 u16 size, bits 32..47  8 u32 keyword set
//             12 u32 size, bits 0..31  16 u64 modseq (0: the base modseq)
//         "C" chunk            cold records at the same positions, 96 octets each, written once:
//             0 i64 internal date  8 i64 save date  16 u64 size  24 blob  40 prefix blob  56 EMAILID  72 THREADID
//             88 i16 zone  90 u16 kind (MSG_ bits)  92 u32 prefix size
//         "X" block            expunge log: 16 octets an entry, LOG_ENTRIES a block: u64 modseq, u32 first uid, u32 last uid
//         "K" 0                keywords in the order of their ids: u8 1, name (varint length, octets), or u8 2, a set: varint count,
//                              varint ids
// Partition SPOOL_PARTITION, which no account gets: the spool (spool.h):
//     "N"                      u64 number of the next message
//     "Q" be64 number          a message: u16 version  2 u16 flags (spool_record.c)  4 u32 tries  8 blob  24 u64 octets  32 i64 arrived
//         40 i64 next try  48 key, 32 octets  80 fields (varint length, octets): user, sender, prefix, why it waits; RET and ENVID, u8 1
//         and a field or u8 0; varint count of recipients; for each: address, a field, NOTIFY and ORCPT as RET; with the flag that says so: for each, u8 0,
//         or what has failed and is to be told of: u8 1 (2: it is our own word), fields: status, what was said. Programs before that flag try those again
//     "D" be32 period, id      u64 time: a mark of a recipient
// UIDs and modseqs relative to a base: the chunks of a large COPY are written before it is known which they get.
#ifndef MAIL_FORMAT_H
#define MAIL_FORMAT_H

#include "mail/types.h"

#include <assert.h>

#define FORMAT_VERSION 1u
#define FORMAT_SPOOLED                                                                             \
	2u // of the system record: programs before the spool must not sweep the volume
#define SYSTEM_PARTITION 1u
#define SPOOL_PARTITION (UINT64_C(1) << 63)
#define CHUNK_RECORDS 128u
#define BLOCK_ENTRIES 128u
#define HOT_OCTETS 24u
#define COLD_OCTETS 96u
#define ENTRY_OCTETS 40u
#define TOP_OCTETS 40u
#define LOG_OCTETS 16u
#define LOG_ENTRIES 256u
#define HEADER_OCTETS 128u
#define ACCOUNT_OCTETS 64u
#define HOT_GONE 0x80u
#define METADATA_OCTETS 4u
#define SENT_OCTETS 88u
#define PART_OCTETS 12u
#define HEADER_MODSEQ 80u // where it is in a header, and in the account's record
#define ACCOUNT_MODSEQ 16u

// The header of a name (offsets in the record to the right). Octets 0..31 belong to the tree, the rest to the messages.
struct header {
	uint32_t parent;    // 4: node, 0: none
	uint32_t data;      // 8: id under which its messages lie; 0: a name only (\NonExistent)
	uint32_t uses;      // 12
	struct objectid id; // 16: MAILBOXID
	uint32_t uid_validity, uid_next;    // 32 36
	uint32_t messages, unseen, deleted; // 40 44 48
	uint32_t recent_mark,
		recent; // 52 56: messages with uid >= recent_mark, and how many they are
	uint32_t blocks, next_chunk, next_block; // 60 64 68
	uint32_t keyword_octets;                 // 72: length of "K"
	uint32_t
		unseen_from; // 76: chunks from here on that the directory does not list are a COPY cut short; 0: none
	uint64_t modseq, size;        // 80 88
	uint64_t log_first, log_next; // 96 104: entries of the expunge log
	uint64_t log_trimmed;         // 112: it says nothing of modseqs up to this one
	uint64_t append_limit;        // 120: its own, and 1; 0: none (metadata.h)
};
void header_encode(const struct header *h, char to[HEADER_OCTETS]);
// RC_VERSION, RC_CORRUPT. *ret_name points into the value.
int header_decode(
	struct op *op, struct span value, struct header *ret_header, struct span *ret_name);

struct key {
	size_t n;
	char b[21];
};
struct key key_header(uint32_t node);
struct key key_data(uint32_t data, char kind, uint32_t number);
struct key key_data_begin(
	uint32_t data); // the first of a mailbox; that of data + 1 is behind the last
struct key key_thread(uint64_t id);
struct key key_metadata(
	uint32_t node); // of all annotations of a mailbox; that of node + 1 is behind the last
struct key key_urlauth(uint32_t node);
struct key key_seen(uint32_t period, const uint8_t *id);     // DELIVERY_ID octets
struct key key_sent(uint32_t period, const uint8_t *digest); // its first 16 octets
struct key key_restoring(uint32_t data);
struct key key_uidl(const struct objectid *emailid);
#define KEY(k) ((struct span){ (k).b, (k).n })

void cold_encode(const struct msg_cold *c, char to[COLD_OCTETS]);
void cold_decode(const char from[COLD_OCTETS], struct msg_cold *ret_cold);

#endif
