// SPDX-License-Identifier: Apache-2.0
// Starling: records of the spool (format.h), to and from octets.
#ifndef MAIL_SPOOL_PRIV_H
#define MAIL_SPOOL_PRIV_H

#include "mail/format.h"
#include "mail/spool.h"

struct key key_spooled(uint64_t number);
uint64_t spooled_number(struct span key); // 0: it is no such key
// Names a recipient: the first DELIVERY_ID octets of a hash of the key and the address. False: out of memory.
bool spool_mark_id(const uint8_t key[SPOOL_KEY], struct span address, uint8_t *ret_id);

// account.c: programs that know no spool refuse the volume from now on, since their sweeps would drop what its records name. Durable on return: a
// message that is put in line behind it may be written where it could not. Blocks, once in a volume's life.
int mail_note_spool(struct op *op, struct mail *m);

struct store_ticket spool_slot_ticket(const struct spool_slot *slot);

void spool_encode(const struct spool_message *m, struct buf *to);
// Spans point into the value; recipients are in op's arena. RC_CORRUPT, RC_VERSION.
int spool_decode(
	struct op *op, uint64_t number, struct span value, struct spool_message *ret_message);

#endif
