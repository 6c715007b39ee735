// SPDX-License-Identifier: Apache-2.0
#include "wire/date.h"

#define SECONDS_PER_DAY 86400

static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	"Oct", "Nov", "Dec" };

// The era arithmetic of H. Hinnant, "chrono-compatible low-level date algorithms": years begin in March, so that the leap day is last.
int32_t days_from_date(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int yoe = y - era * 400;
	int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

void date_from_days(int32_t days, int *ret_year, int *ret_month, int *ret_day)
{
	int z = days + 719468;
	int era = (z >= 0 ? z : z - 146096) / 146097;
	int doe = z - era * 146097;
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * doy + 2) / 153;
	int month = mp < 10 ? mp + 3 : mp - 9;
	*ret_day = doy - (153 * mp + 2) / 5 + 1;
	*ret_month = month;
	*ret_year = yoe + era * 400 + (month <= 2);
}

int days_in_month(int year, int month)
{
	static const unsigned char days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && leap);
}

int month_from_name(struct span name)
{
	for (int i = 0; i < 12; i++)
		if (span_caseeq(name, span_of(months[i], 3)))
			return i + 1;
	return 0;
}

const char *month_name(int month)
{
	return months[month - 1];
}

static void print2(char *to, int v)
{
	to[0] = (char)('0' + v / 10 % 10);
	to[1] = (char)('0' + v % 10);
}

void date_time_print(char to[DATE_TIME_SIZE], int64_t seconds, int16_t zone)
{
	static const int64_t lowest = -62167219200, highest = 253402300799; // years 0000 and 9999
	int64_t local = seconds + (int64_t)zone * 60;
	if (local < lowest)
		local = lowest;
	if (local > highest)
		local = highest;
	int64_t days = local / SECONDS_PER_DAY;
	int rest = (int)(local % SECONDS_PER_DAY);
	if (rest < 0) {
		rest += SECONDS_PER_DAY;
		days--;
	}
	int year, month, day;
	date_from_days((int32_t)days, &year, &month, &day);
	memcpy(to, "00-xxx-0000 00:00:00 +0000", DATE_TIME_SIZE);
	print2(to, day);
	if (day < 10)
		to[0] = ' '; // date-day-fixed
	memcpy(to + 3, months[month - 1], 3);
	print2(to + 7, year / 100);
	print2(to + 9, year % 100);
	print2(to + 12, rest / 3600);
	print2(to + 15, rest / 60 % 60);
	print2(to + 18, rest % 60);
	int east = zone < 0 ? -zone : zone;
	to[21] = zone < 0 ? '-' : '+';
	print2(to + 22, east / 60);
	print2(to + 24, east % 60);
}

// Exactly n digits at p.
static bool digits(const char *p, size_t n, int *ret_value)
{
	int v = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = v * 10 + (p[i] - '0');
	}
	*ret_value = v;
	return true;
}

// "-Jul-1996" at p behind a day.
static bool month_and_year(const char *p, int day, int32_t *ret_days)
{
	int year;
	int month = month_from_name(span_of(p + 1, 3));
	if (p[0] != '-' || p[4] != '-' || !month || !digits(p + 5, 4, &year))
		return false;
	if (day < 1 || day > days_in_month(year, month))
		return false;
	*ret_days = days_from_date(year, month, day);
	return true;
}

bool date_text_parse(struct span text, int32_t *ret_days)
{
	int day;
	size_t n = text.n == 10 ? 1 : 2; // date-day = 1*2DIGIT
	if (text.n != 9 + n || !digits(text.p, n, &day))
		return false;
	return month_and_year(text.p + n, day, ret_days);
}

bool date_time_parse(struct span text, int64_t *ret_seconds, int16_t *ret_zone)
{
	int day, h, m, s, zh, zm;
	int32_t days;
	if (text.n != DATE_TIME_SIZE)
		return false;
	const char *p = text.p;
	// date-day-fixed = (SP DIGIT) / 2DIGIT
	if (p[0] == ' ' ? !digits(p + 1, 1, &day) : !digits(p, 2, &day))
		return false;
	if (!month_and_year(p + 2, day, &days))
		return false;
	if (p[11] != ' ' || !digits(p + 12, 2, &h) || p[14] != ':' || !digits(p + 15, 2, &m) ||
		p[17] != ':' || !digits(p + 18, 2, &s))
		return false;
	if (p[20] != ' ' || (p[21] != '+' && p[21] != '-') || !digits(p + 22, 2, &zh) ||
		!digits(p + 24, 2, &zm))
		return false;
	if (h > 23 || m > 59 || s > 60 || zh > 23 || zm > 59)
		return false;
	int zone = zh * 60 + zm;
	if (p[21] == '-')
		zone = -zone;
	*ret_zone = (int16_t)zone;
	*ret_seconds = (int64_t)days * SECONDS_PER_DAY + h * 3600 + m * 60 + s - zone * 60;
	return true;
}
