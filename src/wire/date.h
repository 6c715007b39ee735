// SPDX-License-Identifier: Apache-2.0
// Starling: dates as IMAP writes them, and the calendar (proleptic Gregorian) under them. No time zone database, no locale.
#ifndef WIRE_DATE_H
#define WIRE_DATE_H

#include "base/span.h"

// Days since 1970-01-01 of a date; month 1..12. Any year from 0 to 9999.
int32_t days_from_date(int year, int month, int day);
void date_from_days(int32_t days, int *ret_year, int *ret_month, int *ret_day);
int days_in_month(int year, int month);
// "Jan" .. "Dec" (any case) is 1..12; 0 for anything else.
int month_from_name(struct span name);
const char *month_name(int month);

// RFC 9051 section 9 date-time without its quotes, always 26 octets: "17-Jul-1996 02:44:25 -0700". `seconds` since 1970 UTC are shown in
// the zone (minutes east of UTC). Times outside the years 0..9999 are cut to them.
#define DATE_TIME_SIZE 26u
void date_time_print(char to[DATE_TIME_SIZE], int64_t seconds, int16_t zone);
// Both of RFC 9051 section 9; false if malformed or no such date. Without quotes.
bool date_text_parse(struct span text, int32_t *ret_days);
bool date_time_parse(struct span text, int64_t *ret_seconds, int16_t *ret_zone);

#endif
