// SPDX-License-Identifier: Apache-2.0
// Starling: the languages of human-readable text (RFC 5255 section 3). Everything is written in English; what a session of another language
// gets is looked up where it is sent (reply_text(), imap/reply.h). Text without a translation stays English.
#ifndef IMAP_LANGUAGE_H
#define IMAP_LANGUAGE_H

#include "base/span.h"

struct buf;

enum language { LANGUAGE_DEFAULT, LANGUAGE_EN, LANGUAGE_DE, LANGUAGE_FR, LANGUAGE_ES, LANGUAGES };

// Its tag (RFC 4646): "i-default", "en", ...
struct span language_tag(enum language l);
// The language that a range means by lookup (RFC 4647 section 3.4): de-AT finds de; "*" finds the default. False: none.
bool language_find(struct span range, enum language *ret_language);
// language-range (RFC 4647 section 2.1)
bool language_is_range(struct span range);
// Appends the text in that language.
void language_translate(enum language l, struct span english, struct buf *to);

// Rows of the table (imap/language_table.c), the last one without `text`. In `text`, "*" stands for anything, "~" for something that is translated
// by itself; in the translations both stand for what was found, in the same order.
struct language_row {
	const char *text[LANGUAGES - LANGUAGE_EN];
};
extern const struct language_row language_rows[];

#endif
