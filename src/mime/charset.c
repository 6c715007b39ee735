// SPDX-License-Identifier: Apache-2.0
// Starling: charsets to UTF-8 (mime/charset.h). The list below is the allow-list: names in it are written in the form that name_fold() gives
// (lower case letters and digits only), so that ISO_8859-1, iso-8859-1 and iso8859-1 are one entry.
#include "mime/charset.h"

#include "base/must.h"
#include "mime/utf8_priv.h"

#include <errno.h>
#include <iconv.h>
#include <pthread.h>
#include <stdlib.h>

enum conv_kind { CONV_GUESS, CONV_UTF8, CONV_1252, CONV_LATIN9, CONV_ICONV };

struct charset {
	const char *name;    // MIME name, for BADCHARSET
	const char *aliases; // folded, each followed by a space
	const char *iconv;   // NULL: built in
	uint8_t kind;        // enum conv_kind
	uint8_t unit;        // octets to skip at a bad sequence
	uint8_t ascii;       // enum ascii_kind
};

enum ascii_kind {
	SHIFTS, // octets below 0x80 may mean anything
	ASCII, // octets below 0x80 at a character's start are ASCII, whatever came before: the converter keeps no state
	STEPS, // the converter holds letters back or forgets its state at errors: fed octet by octet, so that cuts do not matter
};

// ISO-8859-1 is read as Windows-1252: its C1 controls never occur in mail, curly quotes under its name do all the time.
static const struct charset list[] = {
	{ "US-ASCII", "usascii ascii ansix341968 iso646us us 646 ", NULL, CONV_GUESS, 1, ASCII },
	{ "UTF-8", "utf8 unicode11utf8 xutf8 cp65001 ", NULL, CONV_UTF8, 1, ASCII },
	{ "ISO-8859-1", "iso88591 latin1 l1 cp819 ibm819 iso885911987 88591 ", NULL, CONV_1252, 1,
		ASCII },
	{ "windows-1252", "windows1252 cp1252 win1252 xcp1252 ansi 1252 ", NULL, CONV_1252, 1,
		ASCII },
	{ "ISO-8859-15", "iso885915 latin9 l9 885915 latin0 ", NULL, CONV_LATIN9, 1, ASCII },
	{ "ISO-8859-2", "iso88592 latin2 l2 iso885921987 ", "ISO-8859-2", CONV_ICONV, 1, ASCII },
	{ "ISO-8859-3", "iso88593 latin3 l3 ", "ISO-8859-3", CONV_ICONV, 1, ASCII },
	{ "ISO-8859-4", "iso88594 latin4 l4 ", "ISO-8859-4", CONV_ICONV, 1, ASCII },
	{ "ISO-8859-5", "iso88595 cyrillic ", "ISO-8859-5", CONV_ICONV, 1, ASCII },
	{ "ISO-8859-6", "iso88596 arabic iso88596i iso88596e ", "ISO-8859-6", CONV_ICONV, 1,
		ASCII },
	{ "ISO-8859-7", "iso88597 greek ", "ISO-8859-7", CONV_ICONV, 1, ASCII },
	{ "ISO-8859-8", "iso88598 hebrew iso88598i iso88598e ", "ISO-8859-8", CONV_ICONV, 1,
		ASCII },
	{ "ISO-8859-9", "iso88599 latin5 l5 ", "CP1254", CONV_ICONV, 1, ASCII },
	{ "ISO-8859-10", "iso885910 latin6 l6 ", "ISO-8859-10", CONV_ICONV, 1, ASCII },
	{ "ISO-8859-11", "iso885911 ", "ISO-8859-11", CONV_ICONV, 1, ASCII },
	{ "ISO-8859-13", "iso885913 latin7 ", "ISO-8859-13", CONV_ICONV, 1, ASCII },
	{ "ISO-8859-14", "iso885914 latin8 ", "ISO-8859-14", CONV_ICONV, 1, ASCII },
	{ "ISO-8859-16", "iso885916 latin10 ", "ISO-8859-16", CONV_ICONV, 1, ASCII },
	{ "windows-1250", "windows1250 cp1250 win1250 xcp1250 ", "CP1250", CONV_ICONV, 1, ASCII },
	{ "windows-1251", "windows1251 cp1251 win1251 xcp1251 ", "CP1251", CONV_ICONV, 1, ASCII },
	{ "windows-1253", "windows1253 cp1253 win1253 ", "CP1253", CONV_ICONV, 1, ASCII },
	{ "windows-1254", "windows1254 cp1254 win1254 ", "CP1254", CONV_ICONV, 1, ASCII },
	{ "windows-1255", "windows1255 cp1255 win1255 ", "CP1255", CONV_ICONV, 1, STEPS },
	{ "windows-1256", "windows1256 cp1256 win1256 ", "CP1256", CONV_ICONV, 1, ASCII },
	{ "windows-1257", "windows1257 cp1257 win1257 ", "CP1257", CONV_ICONV, 1, ASCII },
	{ "windows-1258", "windows1258 cp1258 win1258 ", "CP1258", CONV_ICONV, 1, STEPS },
	{ "KOI8-R", "koi8r koi8 cskoi8r ", "KOI8-R", CONV_ICONV, 1, ASCII },
	{ "KOI8-U", "koi8u koi8ru ", "KOI8-U", CONV_ICONV, 1, ASCII },
	{ "IBM437", "ibm437 cp437 437 ", "CP437", CONV_ICONV, 1, ASCII },
	{ "IBM850", "ibm850 cp850 850 ", "CP850", CONV_ICONV, 1, ASCII },
	{ "IBM852", "ibm852 cp852 ", "CP852", CONV_ICONV, 1, ASCII },
	{ "IBM855", "ibm855 cp855 ", "CP855", CONV_ICONV, 1, ASCII },
	{ "IBM862", "ibm862 cp862 dos862 ", "CP862", CONV_ICONV, 1, ASCII },
	{ "IBM866", "ibm866 cp866 ", "CP866", CONV_ICONV, 1, ASCII },
	{ "macintosh", "macintosh mac macroman xmacroman ", "MACINTOSH", CONV_ICONV, 1, ASCII },
	{ "x-mac-cyrillic", "xmaccyrillic maccyrillic ", "MAC-CYRILLIC", CONV_ICONV, 1, ASCII },
	{ "TIS-620", "tis620 windows874 cp874 ", "CP874", CONV_ICONV, 1, ASCII },
	{ "VISCII", "viscii ", "VISCII", CONV_ICONV, 1, SHIFTS },
	{ "GB2312", "gb2312 euccn csgb2312 gbk cp936 ms936 windows936 xgbk gb18030 gb180302000 ",
		"GB18030", CONV_ICONV, 1, ASCII },
	{ "Big5", "big5 cnbig5 csbig5 xxbig5 cp950 ms950 ", "CP950", CONV_ICONV, 1, ASCII },
	{ "Big5-HKSCS", "big5hkscs ", "BIG5-HKSCS", CONV_ICONV, 1, STEPS },
	{ "ISO-2022-JP", "iso2022jp csiso2022jp iso2022jp1 iso2022jp2 iso2022jpms cp50220 cp50221 ",
		"ISO-2022-JP-2", CONV_ICONV, 1, SHIFTS },
	{ "EUC-JP", "eucjp xeucjp ujis xujis eucjpms cseucpkdfmtjapanese ", "EUC-JP-MS", CONV_ICONV,
		1, ASCII },
	{ "Shift_JIS", "shiftjis sjis mskanji csshiftjis xsjis windows31j cp932 ms932 windows932 ",
		"CP932", CONV_ICONV, 1, ASCII },
	{ "ISO-2022-KR", "iso2022kr csiso2022kr ", "ISO-2022-KR", CONV_ICONV, 1, SHIFTS },
	{ "EUC-KR",
		"euckr ksc56011987 ksc56011989 ksc5601 korean cseuckr cp949 ms949 uhc windows949 "
		"xwindows949 ",
		"UHC", CONV_ICONV, 1, ASCII },
	{ "UTF-7", "utf7 unicode11utf7 csunicode11utf7 ", "UTF-7", CONV_ICONV, 1, STEPS },
	{ "UTF-16", "utf16 unicode iso10646ucs2 ucs2 csunicode ", "UTF-16", CONV_ICONV, 2, SHIFTS },
	{ "UTF-16LE", "utf16le ucs2le ", "UTF-16LE", CONV_ICONV, 2, SHIFTS },
	{ "UTF-16BE", "utf16be ucs2be ", "UTF-16BE", CONV_ICONV, 2, SHIFTS },
	{ "UTF-32", "utf32 iso10646ucs4 ucs4 ", "UTF-32", CONV_ICONV, 4, SHIFTS },
	{ "UTF-32LE", "utf32le ucs4le ", "UTF-32LE", CONV_ICONV, 4, SHIFTS },
	{ "UTF-32BE", "utf32be ucs4be ", "UTF-32BE", CONV_ICONV, 4, SHIFTS },
};

// Windows-1252, 0x80..0x9f; the five holes are C1 controls, as everywhere on the web.
static const uint16_t high_1252[32] = { 0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c,
	0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178 };

#define REPLACEMENT SPAN("\xef\xbf\xbd")
#define NAME_MAX_ 40u

// ---- names

// Letters and digits of the name in lower case, and a blank; 0 if it is too long or empty.
static size_t name_fold(struct span name, char out[NAME_MAX_ + 1])
{
	size_t n = 0;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = ascii_lower((unsigned char)name.p[i]);
		if (c == '*' && n > 0)
			break; // a language (RFC 2231 section 5)
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			continue;
		if (n == NAME_MAX_)
			return 0;
		out[n++] = (char)c;
	}
	if (n > 0)
		out[n++] = ' ';
	return n;
}

static const struct charset *charset_find(struct span name)
{
	char key[NAME_MAX_ + 1];
	size_t n = name_fold(name, key);
	if (n == 0)
		return NULL;
	for (size_t i = 0; i < countof(list); i++)
		for (const char *at = list[i].aliases; *at; at = strchr(at, ' ') + 1)
			if (at[0] == key[0] && strncmp(at, key, n) == 0)
				return &list[i];
	return NULL;
}

bool charset_is_known(struct span name)
{
	return charset_find(name) != NULL;
}

struct span charset_nth(size_t i)
{
	return i < countof(list) ? span_str(list[i].name) : SPAN_NONE;
}

// ---- iconv descriptors of this thread: at most one idle one for each charset

struct iconv_cache {
	iconv_t idle[countof(list)]; // NULL: none
};
static pthread_key_t cache_key;
static pthread_once_t cache_once = PTHREAD_ONCE_INIT;
static pthread_once_t preload_once = PTHREAD_ONCE_INIT;
static iconv_t preloaded[countof(list)]; // made once by preload()

static void cache_free(void *p)
{
	struct iconv_cache *c = p;
	for (size_t i = 0; i < countof(list); i++)
		if (c->idle[i])
			(void)iconv_close(c->idle[i]);
	free(c);
}

static void cache_key_make(void)
{
	must(pthread_key_create(&cache_key, cache_free) == 0);
}

static struct iconv_cache *cache_mine(void)
{
	(void)pthread_once(&cache_once, cache_key_make); // cannot fail
	struct iconv_cache *c = pthread_getspecific(cache_key);
	if (!c) {
		c = calloc(1, sizeof *c);
		if (c && pthread_setspecific(cache_key, c) != 0) {
			free(c);
			c = NULL;
		}
	}
	return c;
}

// A descriptor in its initial state, or NULL.
static iconv_t cd_take(size_t which)
{
	struct iconv_cache *c = cache_mine();
	iconv_t cd = c ? c->idle[which] : NULL;
	if (cd) {
		c->idle[which] = NULL;
		(void)iconv(cd, NULL, NULL, NULL, NULL); // resets; cannot fail without output
		return cd;
	}
	cd = iconv_open("UTF-8", list[which].iconv);
	return cd == (iconv_t)-1 ? NULL : cd; // NOLINT: the interface of iconv
}

static void cd_give(size_t which, iconv_t cd)
{
	struct iconv_cache *c = cache_mine();
	if (c && !c->idle[which])
		c->idle[which] = cd;
	else
		(void)iconv_close(cd); // nothing to be done about it
}

// Descriptors opened here stay open for ever: they keep the C library's modules loaded, so that a later iconv_open() reads no file.
static void preload(void)
{
	for (size_t i = 0; i < countof(list); i++)
		if (list[i].iconv)
			preloaded[i] = iconv_open("UTF-8", list[i].iconv);
}

size_t charset_preload(void)
{
	(void)pthread_once(&preload_once, preload); // cannot fail
	size_t n = 0;
	for (size_t i = 0; i < countof(list); i++)
		n += !list[i].iconv ||
			preloaded[i] != (iconv_t)-1; // NOLINT: the interface of iconv
	return n;
}

// ---- conversion

static void add_code(struct buf *to, uint32_t code)
{
	char *p = buf_room(to, 4);
	if (p)
		buf_added(to, utf8_put(p, code));
}

static uint32_t latin9_code(unsigned char c)
{
	switch (c) {
	case 0xa4:
		return 0x20ac;
	case 0xa6:
		return 0x160;
	case 0xa8:
		return 0x161;
	case 0xb4:
		return 0x17d;
	case 0xb8:
		return 0x17e;
	case 0xbc:
		return 0x152;
	case 0xbd:
		return 0x153;
	case 0xbe:
		return 0x178;
	default:
		return c;
	}
}

static uint32_t single_code(uint8_t kind, unsigned char c)
{
	if (kind == CONV_LATIN9)
		return latin9_code(c);
	return c >= 0x80 && c < 0xa0 ? high_1252[c - 0x80] : c;
}

static void convert_single(uint8_t kind, struct span in, struct buf *to)
{
	for (size_t i = 0; i < in.n;) {
		size_t run = ascii_run(in.p + i, in.n - i);
		if (run) {
			buf_add(to, span_of(in.p + i, run));
			i += run;
			continue;
		}
		add_code(to, single_code(kind, (unsigned char)in.p[i]));
		i++;
	}
}

static void utf8_bad(uint8_t kind, struct span octets, struct buf *to)
{
	if (kind == CONV_GUESS)
		convert_single(CONV_1252, octets, to);
	else
		buf_add(to, REPLACEMENT);
}

// Copies what is well-formed; returns how many octets at the end are an incomplete character.
static size_t convert_utf8(uint8_t kind, struct span in, struct buf *to)
{
	size_t good = 0, i = 0;
	while (i < in.n) {
		i += ascii_run(in.p + i, in.n - i);
		if (i == in.n)
			break;
		int step = utf8_step((const unsigned char *)in.p + i, in.n - i);
		if (step > 0) {
			i += (size_t)step;
			continue;
		}
		buf_add(to, span_of(in.p + good, i - good));
		good = i;
		if (step == UTF8_SHORT)
			return in.n - i;
		// A guess looks again at each octet but the first: it may begin a character of its own.
		size_t bad = (size_t)-step;
		utf8_bad(kind, span_of(in.p + i, bad), to);
		i += bad;
		good = i;
	}
	buf_add(to, span_of(in.p + good, in.n - good));
	return 0;
}

// The held octets and enough of the input to complete one character; returns how much of the input was used.
static size_t utf8_complete(struct charset_conv *c, struct span in, struct buf *to)
{
	size_t used = 0;
	while (c->held > 0 && used < in.n) {
		c->keep[c->held++] = in.p[used++];
		size_t short_by = convert_utf8(c->kind, span_of(c->keep, c->held), to);
		memmove(c->keep, c->keep + c->held - short_by, short_by);
		c->held = (uint8_t)short_by;
	}
	return used;
}

// One call of iconv() with room; returns its errno or 0.
static int iconv_some(iconv_t cd, char **at, size_t *left, struct buf *to)
{
	size_t room = *left * 2 + 64;
	char *out = buf_room(to, room);
	if (!out)
		return ENOMEM;
	char *end = out;
	size_t r = iconv(cd, at, left, &end, &room);
	int error = r == (size_t)-1 ? errno : 0;
	buf_added(to, (size_t)(end - out));
	return error;
}

// Converts all of in; returns how many octets at the end are incomplete.
static size_t convert_iconv(struct charset_conv *c, struct span in, struct buf *to)
{
	union {
		const char *in;
		char *out;
	} p = { .in = in.p }; // iconv() takes char ** and does not write there
	size_t left = in.n;
	while (left > 0) {
		int error = iconv_some(c->cd, &p.out, &left, to);
		if (error == EINVAL && left < sizeof c->keep)
			return left;
		if (error == EILSEQ || error == EINVAL) {
			buf_add(to, REPLACEMENT);
			size_t skip = list[c->which].unit < left ? list[c->which].unit : left;
			p.in += skip;
			left -= skip;
		} else if (error != 0 && error != E2BIG) {
			return 0; // out of memory: the buffer says so
		}
	}
	return 0;
}

static void feed_iconv(struct charset_conv *c, struct span in, struct buf *to)
{
	if (c->held == 0 && list[c->which].ascii == ASCII) {
		size_t run = ascii_run(in.p, in.n);
		buf_add(to, span_cut(in, 0, run));
		in = span_skip(in, run);
	}
	bool steps = list[c->which].ascii == STEPS;
	while ((c->held > 0 || steps) && in.n > 0) {
		c->keep[c->held++] = in.p[0];
		in = span_skip(in, 1);
		size_t rest = convert_iconv(c, span_of(c->keep, c->held), to);
		memmove(c->keep, c->keep + c->held - rest, rest);
		c->held = (uint8_t)rest;
	}
	size_t rest = convert_iconv(c, in, to);
	memcpy(c->keep + c->held, in.p + in.n - rest, rest);
	c->held = (uint8_t)(c->held + rest);
}

void charset_conv_init(struct charset_conv *c, struct span charset)
{
	*c = (struct charset_conv){ .kind = CONV_GUESS };
	const struct charset *found = charset_find(charset);
	if (!found)
		return;
	c->kind = found->kind;
	c->which = (uint16_t)(found - list);
	if (c->kind == CONV_ICONV) {
		c->cd = cd_take(c->which);
		if (!c->cd)
			c->kind = CONV_GUESS;
	}
}

void charset_convert(struct charset_conv *c, struct span octets, struct buf *to)
{
	if (octets.n == 0)
		return;
	switch ((enum conv_kind)c->kind) {
	case CONV_1252:
	case CONV_LATIN9:
		convert_single(c->kind, octets, to);
		return;
	case CONV_ICONV:
		feed_iconv(c, octets, to);
		return;
	case CONV_GUESS:
	case CONV_UTF8:
		break;
	}
	octets = span_skip(octets, utf8_complete(c, octets, to));
	if (octets.n == 0)
		return;
	size_t rest = convert_utf8(c->kind, octets, to);
	memcpy(c->keep, octets.p + octets.n - rest, rest);
	c->held = (uint8_t)rest;
}

void charset_conv_end(struct charset_conv *c, struct buf *to)
{
	if (c->held > 0 && c->kind == CONV_GUESS)
		convert_single(CONV_1252, span_of(c->keep, c->held), to);
	else if (c->held > 0)
		buf_add(to, REPLACEMENT);
	c->held = 0;
	if (c->kind == CONV_ICONV && c->cd) {
		char *none = NULL, *out = buf_room(to, 64);
		size_t left = 0, room = 64;
		char *end = out;
		if (out && iconv(c->cd, &none, &left, &end, &room) != (size_t)-1)
			buf_added(to, (size_t)(end - out));
	}
	charset_conv_done(c);
}

bool charset_conv_is_ascii_based(const struct charset_conv *c)
{
	return c->kind != CONV_ICONV || list[c->which].ascii == ASCII;
}

void charset_conv_done(struct charset_conv *c)
{
	if (c->cd)
		cd_give(c->which, c->cd);
	*c = (struct charset_conv){ .kind = CONV_GUESS };
}

void charset_to_utf8(struct span charset, struct span octets, struct buf *to)
{
	struct charset_conv c;
	charset_conv_init(&c, charset);
	charset_convert(&c, octets, to);
	charset_conv_end(&c, to);
}

bool charset_check(struct span charset, struct span octets)
{
	const struct charset *found = charset_find(charset);
	if (!found)
		return false;
	if (found->kind == CONV_GUESS)
		return span_is_ascii(octets);
	if (found->kind == CONV_UTF8)
		return span_is_utf8(octets);
	if (found->kind != CONV_ICONV)
		return true;
	struct charset_conv c;
	struct buf out = { 0 };
	charset_conv_init(&c, charset);
	charset_convert(&c, octets, &out);
	charset_conv_end(&c, &out);
	// A real U+FFFD in the input counts as bad: no text that somebody searches for has one.
	bool ok = !out.failed && span_find(buf_span(&out), REPLACEMENT) == SIZE_MAX;
	buf_done(&out);
	return ok;
}

void charset_guess_to_utf8(struct span octets, struct buf *to)
{
	if (span_is_utf8(octets))
		buf_add(to, octets);
	else
		convert_single(CONV_1252, octets, to);
}
