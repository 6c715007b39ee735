// SPDX-License-Identifier: Apache-2.0
// Starling: dates of header fields (RFC 5322 sections 3.3 and 4.3), as they are and as they come. The value is first made compact (comments
// dropped, blanks squeezed, none around ':'), then read word by word; each word says by its shape what it is.
#include "mime/header.h"

#include "mime/lex_priv.h"

#define COMPACT_MAX 160u // a date is shorter; what follows it means nothing

struct reading {
	int64_t year;
	unsigned month, day, hour, minute, second;
	int zone;
	bool has_year, has_month, has_day, has_time, bad_time, has_zone, bad_zone, pm, am;
};

static const char months[12][4] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
	"oct", "nov", "dec" };
static const struct {
	char name[5];
	int16_t minutes;
} zones[] = { { "ut", 0 }, { "gmt", 0 }, { "utc", 0 }, { "z", 0 }, { "est", -300 }, { "edt", -240 },
	{ "cst", -360 }, { "cdt", -300 }, { "mst", -420 }, { "mdt", -360 }, { "pst", -480 },
	{ "pdt", -420 }, { "bst", 60 }, { "cet", 60 }, { "cest", 120 }, { "met", 60 },
	{ "mest", 120 }, { "eet", 120 }, { "eest", 180 }, { "wet", 0 }, { "west", 60 },
	{ "msk", 180 }, { "jst", 540 }, { "kst", 540 } };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static bool is_alpha(char c)
{
	c = (char)ascii_lower((unsigned char)c);
	return c >= 'a' && c <= 'z';
}

static size_t compact(struct span in, char out[COMPACT_MAX])
{
	size_t n = 0;
	bool blank = false;
	while (in.n > 0 && n + 1 < COMPACT_MAX) {
		char c = in.p[0];
		if (c == '(') {
			in = span_skip(in, comment_length(in));
			blank = true;
			continue;
		}
		in = span_skip(in, 1);
		if (is_blank(c) || c == ',' || c == '"') {
			blank = true;
			continue;
		}
		if (blank && n > 0 && c != ':' && out[n - 1] != ':')
			out[n++] = ' ';
		blank = false;
		out[n++] = c;
	}
	return n;
}

static size_t digits(struct span s, size_t at)
{
	size_t n = 0;
	while (at + n < s.n && is_digit(s.p[at + n]))
		n++;
	return n;
}

static unsigned number(struct span s, size_t at, size_t n)
{
	unsigned v = 0;
	for (size_t i = 0; i < n && v < 100000; i++)
		v = v * 10 + (unsigned)(s.p[at + i] - '0');
	return v;
}

static unsigned month_of(struct span word)
{
	if (word.n < 3)
		return 0;
	for (unsigned m = 0; m < 12; m++)
		if (span_casestarts(word, span_of(months[m], 3)))
			return m + 1;
	return 0;
}

// RFC 5322 section 4.3: years of two and three digits.
static void set_year(struct reading *r, unsigned v, size_t n)
{
	r->has_year = true;
	r->year = n <= 2 ? (v < 50 ? 2000 + v : 1900 + v) : n == 3 ? 1900 + v : v;
}

static void set_day(struct reading *r, unsigned v)
{
	r->has_day = true;
	r->day = v;
}

// hh:mm[:ss[.fraction]], also with dots, also "hh:mm:ss+0100". Returns the length, 0 if it is none.
static size_t read_time(struct span s, char sep, struct reading *r)
{
	unsigned part[3] = { 0 };
	size_t at = 0, count = 0;
	while (count < 3) {
		size_t n = digits(s, at);
		if (n == 0 || n > 2)
			break;
		part[count++] = number(s, at, n);
		at += n;
		if (at >= s.n || s.p[at] != sep)
			break;
		at++;
	}
	if (count < 2)
		return 0;
	if (at < s.n && (s.p[at] == '.' || s.p[at] == ',')) // a fraction of a second
		at += 1 + digits(s, at + 1);
	r->bad_time = part[0] > 23 || part[1] > 59 || part[2] > 60;
	r->has_time = true;
	r->hour = part[0];
	r->minute = part[1];
	r->second = part[2];
	return at;
}

// "+hhmm", "-hh:mm", "+hh". Returns the length, 0 if it is none.
static size_t read_zone(struct span s, struct reading *r)
{
	size_t n = digits(s, 1), used = 1 + n;
	unsigned hour = 0, minute = 0;
	if (n == 4 || n == 3) {
		hour = number(s, 1, n - 2);
		minute = number(s, 1 + n - 2, 2);
	} else if (n == 2 || n == 1) {
		hour = number(s, 1, n);
		if (used < s.n && s.p[used] == ':' && digits(s, used + 1) == 2) {
			minute = number(s, used + 1, 2);
			used += 3;
		}
	} else if (n == 0) {
		return 0;
	} else {
		hour = 99;
	}
	if (r->has_zone)
		return used;
	r->has_zone = true;
	r->bad_zone = minute > 59 || hour > 23;
	r->zone = (int)(hour * 60 + minute) * (s.p[0] == '-' ? -1 : 1);
	return used;
}

static void read_alpha(struct span word, struct reading *r)
{
	unsigned month = month_of(word);
	if (month && !r->has_month) {
		r->has_month = true;
		r->month = month;
		return;
	}
	if (span_caseeq(word, SPAN("pm")) || span_caseeq(word, SPAN("am"))) {
		r->pm = ascii_lower((unsigned char)word.p[0]) == 'p';
		r->am = !r->pm;
		return;
	}
	if (r->has_zone || !r->has_time)
		return;
	for (size_t i = 0; i < countof(zones); i++) {
		if (span_caseeq(word, span_str(zones[i].name))) {
			r->has_zone = true;
			r->zone = zones[i].minutes;
		}
	}
}

// yyyy-mm-dd, dd-Mon-yy, mm/dd/yyyy and the like: three pieces. Returns the length, 0 if it is none.
static size_t read_triple(struct span s, struct reading *r)
{
	size_t n1 = digits(s, 0);
	if (r->has_day || n1 == 0 || n1 > 4 || n1 >= s.n || !memchr("-/.", s.p[n1], 3))
		return 0;
	char sep = s.p[n1];
	size_t at2 = n1 + 1, n2 = digits(s, at2);
	unsigned month = 0;
	if (n2 == 0) {
		while (at2 + n2 < s.n && is_alpha(s.p[at2 + n2]))
			n2++;
		month = month_of(span_cut(s, at2, at2 + n2));
		if (month == 0)
			return 0;
	}
	size_t at3 = at2 + n2 + 1, n3 = digits(s, at3);
	if (at3 > s.n || s.p[at3 - 1] != sep || n3 == 0 || n3 > 4)
		return 0;
	unsigned a = number(s, 0, n1), b = month ? month : number(s, at2, n2),
		 c = number(s, at3, n3);
	r->has_month = true;
	if (n1 >= 3) {
		set_year(r, a, n1);
		r->month = b;
		set_day(r, c);
		return at3 + n3;
	}
	bool month_first = !month && sep == '/' && a <= 12;
	r->month = month_first ? a : b;
	set_day(r, month_first ? b : a);
	set_year(r, c, n3);
	return at3 + n3;
}

static size_t read_number(struct span s, struct reading *r)
{
	size_t n = digits(s, 0);
	size_t used = 0;
	if (n <= 2 && n < s.n && s.p[n] == ':' && !r->has_time)
		return read_time(s, ':', r);
	if ((used = read_triple(s, r)) > 0)
		return used;
	if (n <= 2 && n < s.n && s.p[n] == '.' && !r->has_time && r->has_day) {
		used = read_time(s, '.', r);
		if (used > 0)
			return used;
	}
	unsigned v = number(s, 0, n);
	if (n <= 2 && !r->has_day)
		set_day(r, v);
	else if (!r->has_year && n <= 5)
		set_year(r, v, n);
	return n;
}

static void read_words(struct span s, struct reading *r)
{
	while (s.n > 0) {
		size_t n = 0;
		if (is_digit(s.p[0])) {
			n = read_number(s, r);
		} else if (is_alpha(s.p[0])) {
			while (n < s.n && is_alpha(s.p[n]))
				n++;
			read_alpha(span_cut(s, 0, n), r);
		} else if ((s.p[0] == '+' || s.p[0] == '-') && r->has_time) {
			n = read_zone(s, r);
		}
		s = span_skip(s, n > 0 ? n : 1);
	}
}

// Days from civil: years begin in March, eras have 400 years.
int64_t mime_days_of(int64_t year, unsigned month, unsigned day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t yoe = year - era * 400;
	int64_t doy = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static unsigned month_days(int64_t year, unsigned month)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

bool mime_date_parse(struct span value, struct mime_date *ret)
{
	char text[COMPACT_MAX];
	struct reading r = { 0 };
	read_words(span_of(text, compact(value, text)), &r);
	if (!r.has_day || !r.has_month || !r.has_year || r.month < 1 || r.month > 12 ||
		r.year > 99999)
		return false;
	if (r.day < 1 || r.day > month_days(r.year, r.month))
		return false;
	if ((r.pm || r.am) && r.hour >= 1 && r.hour <= 12)
		r.hour = r.hour % 12 + (r.pm ? 12 : 0);
	bool time = r.has_time && !r.bad_time;
	bool zone = r.has_zone && !r.bad_zone;
	int64_t day = mime_days_of(r.year, r.month, r.day);
	int64_t seconds = time ? (int64_t)r.hour * 3600 + r.minute * 60 + r.second : 0;
	*ret = (struct mime_date){
		.utc = day * 86400 + seconds - (zone ? (int64_t)r.zone * 60 : 0),
		.day = (int32_t)day,
		.zone = (int16_t)(zone ? r.zone : 0),
		.zone_known = zone,
		.time_known = time,
	};
	return true;
}
