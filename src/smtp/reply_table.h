// SPDX-License-Identifier: Apache-2.0
// Starling: what a fault is in SMTP: the one table from RC_ to reply code and enhanced status code (RFC 5321 section 4.2.3, RFC 3463).
#ifndef SMTP_REPLY_TABLE_H
#define SMTP_REPLY_TABLE_H

struct smtp_reply;
// Whatever is not known is temporary: the MTA keeps the message and tries again.
struct smtp_reply smtp_reply_of(int rc);

#endif
