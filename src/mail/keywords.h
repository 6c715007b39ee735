// SPDX-License-Identifier: Apache-2.0
// Starling: keywords of a mailbox. Messages mostly share few combinations, so a record holds the id of a keyword *set*; each
// mailbox keeps a table of the sets in use and of the names in use (limits.h: KEYWORDS_MAX, KEYWORD_SETS_MAX, KEYWORD_LENGTH_MAX).
// A table is immutable and published with the mailbox's snapshot; ids never change their meaning.
// Names compare case-insensitively (ASCII) and keep the case in which they came first (RFC 9051 section 2.3.2).
#ifndef MAIL_KEYWORDS_H
#define MAIL_KEYWORDS_H

#include "base/op.h"

struct keywords;

#define KEYWORD_NONE UINT32_MAX

uint32_t keywords_count(const struct keywords *k); // names known, ids 0 .. count-1
struct span keywords_name(const struct keywords *k, uint32_t id);
uint32_t keywords_find(const struct keywords *k, struct span name); // KEYWORD_NONE
// The set as text, each name with a space before it (" $Forwarded Work"), for FLAGS; "" for set 0.
struct span keywords_set_text(const struct keywords *k, uint32_t kwset);
bool keywords_set_has(const struct keywords *k, uint32_t kwset, uint32_t id);
// True if the name may be a keyword: an atom (RFC 9051 flag-keyword), not beginning with a backslash, within the length limit.
bool keyword_is_valid(struct span name);

#endif
