// SPDX-License-Identifier: Apache-2.0
// mbox: messages behind "From " lines (RFC 4155 appendix A). A From_ line has a time and a year in it and stands behind an empty line (or at the
// start), or in front of a header field (after a message that was cut off), so that a sentence that begins with "From " does not cut a message
// in two. ">From " loses one ">" (mboxrd). Content-Length is not believed. What stands before the first From_ line is a message when it looks
// like one, else noted. Flags come from Status, X-Status, X-Keywords and Mozilla's; the fields stay where they are: mail is not altered.
#include "cli/import.h"

#include "base/limits.h"
#include "mail/keywords.h"
#include "wire/date.h"

#include <stdio.h>
#include <stdlib.h>

#define FIELD_NAME_MAX 80u // longer words with ':' are hardly a field's name

struct from_line {
	int64_t date;
	bool good;
};

// "hh:mm" or "hh:mm:ss"; seconds of the day, -1 if it is not one.
static int32_t time_parse(struct span w)
{
	uint64_t h, m, s = 0;
	bool shape = (w.n == 5 || w.n == 8) && w.p[2] == ':' && (w.n == 5 || w.p[5] == ':');
	if (!shape || !span_to_u64(span_cut(w, 0, 2), 23, &h) ||
		!span_to_u64(span_cut(w, 3, 5), 59, &m) ||
		(w.n == 8 && !span_to_u64(span_cut(w, 6, 8), 60, &s)))
		return -1;
	return (int32_t)(h * 3600 + m * 60 + s);
}

// "+0130" in seconds; INT32_MIN if it is not one.
static int32_t zone_parse(struct span w)
{
	uint64_t v;
	if (w.n != 5 || (w.p[0] != '+' && w.p[0] != '-') ||
		!span_to_u64(span_skip(w, 1), 1459, &v) || v % 100 > 59)
		return INT32_MIN;
	int32_t seconds = (int32_t)(v / 100 * 3600 + v % 100 * 60);
	return w.p[0] == '-' ? -seconds : seconds;
}

// "From sender Sat Jan  3 01:05:34 1996", in UTC or with a zone: asctime's words, taken by what they look like.
static struct from_line from_parse(struct span line)
{
	struct from_line f = { 0 };
	uint64_t day = 0, year = 0, v;
	int month = 0;
	int32_t seconds = -1, zone = 0;
	if (!span_starts(line, SPAN("From ")))
		return f;
	struct span rest = span_trim(span_skip(line, 5)), word;
	rest = span_split(rest, ' ', &word); // the sender
	while (rest.n) {
		rest = span_split(rest, ' ', &word);
		if (month_from_name(word))
			month = month_from_name(word);
		else if (time_parse(word) >= 0)
			seconds = time_parse(word);
		else if (zone_parse(word) != INT32_MIN)
			zone = zone_parse(word);
		else if (word.n == 4 && span_to_u64(word, 9999, &v) && v >= 1900)
			year = v;
		else if (word.n && word.n <= 2 && span_to_u64(word, 31, &v) && v)
			day = v;
	}
	f.good = month && seconds >= 0 && year;
	if (f.good)
		f.date = (int64_t)days_from_date((int)year, month, day ? (int)day : 1) * 86400 +
			seconds - zone;
	return f;
}

// "Name:" of a header field (RFC 5322 section 2.2).
static bool is_field(struct span text)
{
	size_t n = 0;
	while (n < text.n && n < FIELD_NAME_MAX && text.p[n] > ' ' && text.p[n] < 0x7f &&
		text.p[n] != ':')
		n++;
	return n > 0 && n < text.n && text.p[n] == ':';
}

// A From_ line of the whole text; `rest` is what follows it.
static struct from_line separator_parse(struct span line, struct span rest, bool after_empty)
{
	struct from_line from = from_parse(line);
	from.good &= after_empty || is_field(rest);
	return from;
}

static struct span without_bom(struct span text)
{
	return span_starts(text, SPAN("\xef\xbb\xbf")) ? span_skip(text, 3) : text;
}

bool source_is_message(struct span text)
{
	text = without_bom(text);
	return is_field(text) && !from_parse(span_cut(text, 0, span_find_char(text, '\n'))).good;
}

bool source_is_mbox(struct span text)
{
	bool like_message = source_is_message(text);
	for (struct span rest = without_bom(text); rest.n;) {
		struct span line;
		rest = span_split(rest, '\n', &line);
		// In a message, a From_ line may be what somebody quoted; with fields behind it hardly.
		if (from_parse(line).good && (!like_message || is_field(rest)))
			return true;
	}
	return false;
}

// --- flags ---

struct found { // in the header of the message at hand
	struct flag_list list;
	struct span keywords[KEYWORDS_PER_IMPORT];
	struct span uidl; // X-UIDL, as qpopper and Dovecot write it
};

static void letters_take(struct found *f, struct span value)
{
	static const struct {
		char letter;
		uint32_t flag;
	} rows[] = { { 'R', FLAG_SEEN }, { 'A', FLAG_ANSWERED }, { 'F', FLAG_FLAGGED },
		{ 'D', FLAG_DELETED }, { 'T', FLAG_DRAFT } };
	for (size_t i = 0; i < value.n; i++)
		for (size_t k = 0; k < countof(rows); k++)
			if (value.p[i] == rows[k].letter)
				f->list.flags |= rows[k].flag;
}

// Thunderbird's: hexadecimal bits.
static void mozilla_take(struct found *f, struct span value)
{
	static const struct {
		unsigned bit;
		uint32_t flag;
	} rows[] = { { 1, FLAG_SEEN }, { 2, FLAG_ANSWERED }, { 4, FLAG_FLAGGED },
		{ 8, FLAG_DELETED } }; // 8: expunged, the file not yet compacted
	char text[5];
	if (value.n == 0 || value.n >= sizeof text)
		return;
	memcpy(text, value.p, value.n);
	text[value.n] = '\0';
	unsigned long bits = strtoul(text, NULL, 16);
	for (size_t k = 0; k < countof(rows); k++)
		if (bits & rows[k].bit)
			f->list.flags |= rows[k].flag;
}

static void keywords_take(struct found *f, struct span value)
{
	while (value.n) {
		struct span word;
		value = span_split(value, ' ', &word);
		if (keyword_is_valid(word) && f->list.keyword_count < KEYWORDS_PER_IMPORT)
			f->keywords[f->list.keyword_count++] = word;
	}
}

static void header_scan(struct span message, struct found *f)
{
	*f = (struct found){ 0 };
	while (message.n) {
		struct span line, name;
		message = span_split(message, '\n', &line);
		struct span value = span_trim(span_split(line, ':', &name));
		if (span_trim(line).n == 0)
			break;
		if (span_caseeq(name, SPAN("Status")) || span_caseeq(name, SPAN("X-Status")))
			letters_take(f, value);
		else if (span_caseeq(name, SPAN("X-Mozilla-Status")))
			mozilla_take(f, value);
		else if (span_caseeq(name, SPAN("X-Keywords")) ||
			span_caseeq(name, SPAN("X-Mozilla-Keys")))
			keywords_take(f, value);
		else if (!f->uidl.p && span_caseeq(name, SPAN("X-UIDL")))
			f->uidl = value;
	}
	f->list.keywords = f->keywords;
}

// --- messages ---

// The text with one ">" less on each line that is ">From " with any number of ">".
static struct span unquote(struct span text, struct buf *b)
{
	buf_reset(b);
	struct span rest = text;
	size_t copied = 0;
	while (rest.n) {
		struct span line;
		rest = span_split(rest, '\n', &line);
		size_t marks = 0;
		while (marks < line.n && line.p[marks] == '>')
			marks++;
		if (!marks || !span_starts(span_skip(line, marks), SPAN("From ")))
			continue;
		size_t at = (size_t)(line.p - text.p);
		buf_add(b, span_cut(text, copied, at));
		copied = at + 1;
	}
	if (!copied)
		return text;
	buf_add(b, span_skip(text, copied));
	return buf_span(b);
}

// The empty line in front of the next From_ line is the separator's, not the message's.
static struct span cut_separator(struct span text)
{
	if (span_eq(text, SPAN("\n")) || span_eq(text, SPAN("\r\n")))
		text.n = 0;
	else if (text.n >= 2 && text.p[text.n - 1] == '\n' && text.p[text.n - 2] == '\n')
		text.n -= 1;
	else if (text.n >= 3 && text.p[text.n - 1] == '\n' && text.p[text.n - 2] == '\r' &&
		text.p[text.n - 3] == '\n')
		text.n -= 2;
	return text;
}

static int message_hand_over(
	struct importer *i, const char *path, size_t line, struct span text, int64_t date)
{
	struct buf plain = { 0 };
	struct found f;
	char where[4200];
	struct span octets = unquote(cut_separator(text), &plain);
	header_scan(octets, &f);
	(void)snprintf(where, sizeof where, "%s:%zu", path, line); // may be cut: only shown
	struct import_message m = {
		.octets = octets, .flags = f.list, .date = date, .uidl = f.uidl, .where = where
	};
	int rc = 0;
	if (plain.failed)
		rc = op_fail(import_op(i), RC_NOMEM, "out of memory");
	else if (octets.n == 0)
		import_unreadable(i, where, "an empty message");
	else
		rc = import_message(i, &m);
	buf_done(&plain);
	return rc;
}

// What stands before the first From_ line.
static int head_hand_over(struct importer *i, const char *path, struct span head)
{
	if (span_trim(head).n == 0)
		return 0;
	if (source_is_message(head)) // the mbox lost its first line
		return message_hand_over(i, path, 1, head, INT64_MIN);
	import_unreadable(
		i, path, "does not begin with a \"From \" line: taken from the first one on");
	return 0;
}

int source_mbox(struct importer *i, const char *path)
{
	struct import_file file;
	int rc = import_file_open(i, path, &file);
	if (rc)
		return rc < 0 ? rc : 0;
	struct span text = without_bom(file.text), rest = text, message = SPAN_NONE;
	const char *end = text.p + text.n;
	size_t number = 0, began = 0;
	int64_t date = INT64_MIN;
	bool after_empty = true, like_message = source_is_message(text);
	while (rest.n && rc == 0) {
		struct span line;
		const char *at = rest.p;
		rest = span_split(rest, '\n', &line);
		number++;
		// Behind garbage no empty line is asked for.
		struct from_line from =
			separator_parse(line, rest, after_empty || (!message.p && !like_message));
		after_empty = line.n == 0 || (line.n == 1 && line.p[0] == '\r');
		if (!from.good)
			continue;
		if (message.p)
			rc = message_hand_over(
				i, path, began, span_of(message.p, (size_t)(at - message.p)), date);
		else
			rc = head_hand_over(i, path, span_of(text.p, (size_t)(at - text.p)));
		message = span_of(rest.p ? rest.p : end, 0);
		date = from.date;
		began = number;
	}
	if (rc == 0 && message.p)
		rc = message_hand_over(
			i, path, began, span_of(message.p, (size_t)(end - message.p)), date);
	import_file_close(&file);
	return rc;
}
