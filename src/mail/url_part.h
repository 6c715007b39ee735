// SPDX-License-Identifier: Apache-2.0
// Starling: the octets that an IMAP URL means: of a message or one of its sections, or of a range of those. Who may have them is not asked here
// (mail/urlauth.h, or it is the user's own account).
#ifndef MAIL_URL_PART_H
#define MAIL_URL_PART_H

#include "mail/content.h"

struct mailbox;
struct url;

struct url_part { // must not move while it is open; zeroed is closed
	struct view *view;
	struct content content;
	struct section section;
	struct section_ranges ranges;
	struct octets_range asked; // by the URL, whatever there is
	uint64_t from, to;         // octets of the section
};
enum {
	URL_NOTHING = 1, // outcome: nothing that is there, or nothing that this one may have
	URL_WAIT,        // of urlauth_open() (mail/urlauth.h)
};
// The part of a message in this account's mailbox (canonical, whatever url->mailbox is). URL_NOTHING: no such mailbox, another UIDVALIDITY, no such
// message or section. As for BODY.PEEK: no flag changes, \Recent is not taken. May block (CREW_DISK).
int url_part_open(struct op *op, struct account *a, const struct url *url, struct span mailbox,
	struct url_part *ret_part);
// The same in this mailbox, whatever its name is now.
int url_part_open_in(struct op *op, struct account *a, const struct url *url, struct mailbox *mb,
	struct url_part *ret_part);
void url_part_close(struct url_part *part); // accepts zeroed
static inline uint64_t url_part_size(const struct url_part *part)
{
	return part->to - part->from;
}
// Appends octets [at, at + n) of the part to the rope, mostly by reference; the rope may outlive the part. NUL octets come as they are, or as 0x80
// (`for_literal`: a literal must not hold them, RFC 9051 section 4.3).
int url_part_put(struct op *op, struct url_part *part, uint64_t at, uint64_t n, bool for_literal,
	struct rope *to);

#endif
