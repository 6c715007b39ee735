// SPDX-License-Identifier: Apache-2.0
#include "wire/future_release.h"

#include "wire/date.h"

#include <stdio.h>

#define SECONDS_PER_DAY 86400

bool future_seconds_parse(struct span text, uint64_t *ret_seconds)
{
	return text.n && text.p[0] != '0' && span_to_u64(text, 999999999, ret_seconds);
}

// Digits at `at`, exactly n of them.
static bool digits(struct span text, size_t at, size_t n, int *ret_number)
{
	int v = 0;
	for (size_t i = at; i < at + n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (text.p[i] - '0');
	}
	*ret_number = v;
	return true;
}

// [time-secfrac] "Z"
static bool is_tail(struct span text)
{
	size_t at = 0;
	if (text.n && text.p[0] == '.') {
		for (at = 1; at < text.n && text.p[at] >= '0' && text.p[at] <= '9';)
			at++;
		if (at == 1)
			return false;
	}
	return span_caseeq(span_skip(text, at), SPAN("Z"));
}

bool future_time_parse(struct span text, int64_t *ret_time)
{
	static const char form[] = "0000-00-00T00:00:00";
	int year, month, day, hour, minute, second;
	if (text.n < sizeof form)
		return false;
	bool has_form = text.p[4] == '-' && text.p[7] == '-' && (text.p[10] | 0x20) == 't' &&
		text.p[13] == ':' && text.p[16] == ':' && is_tail(span_skip(text, sizeof form - 1));
	if (!has_form || !digits(text, 0, 4, &year) || !digits(text, 5, 2, &month) ||
		!digits(text, 8, 2, &day) || !digits(text, 11, 2, &hour) ||
		!digits(text, 14, 2, &minute) || !digits(text, 17, 2, &second))
		return false;
	// 60 is a leap second (RFC 3339 section 5.7): the one behind it.
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
		minute > 59 || second > 60)
		return false;
	*ret_time = (int64_t)days_from_date(year, month, day) * SECONDS_PER_DAY + hour * 3600 +
		minute * 60 + second;
	return true;
}

bool future_offer_parse(struct span text, struct future_release *ret_offer)
{
	struct future_release offer;
	struct span seconds, until = span_split(text, ' ', &seconds);
	if (!future_seconds_parse(seconds, &offer.seconds) ||
		!future_time_parse(span_trim(until), &offer.until))
		return false;
	*ret_offer = offer;
	return true;
}

void future_offer_print(char to[FUTURE_OFFER_SIZE], const struct future_release *offer)
{
	int year, month, day;
	int64_t days = offer->until / SECONDS_PER_DAY, rest = offer->until % SECONDS_PER_DAY;
	if (rest < 0) {
		rest += SECONDS_PER_DAY;
		days--;
	}
	date_from_days((int32_t)days, &year, &month, &day);
	(void)snprintf(to, FUTURE_OFFER_SIZE, "FUTURERELEASE %u %04u-%02u-%02uT%02u:%02u:%02uZ",
		(unsigned)offer->seconds, (unsigned)year, (unsigned)month, (unsigned)day,
		(unsigned)(rest / 3600), (unsigned)(rest / 60 % 60), (unsigned)(rest % 60)); // fits
}
