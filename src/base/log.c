// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Atomic int lowest_level = LOG_INFO_;

void log_level_set(enum log_level lowest)
{
	atomic_store(&lowest_level, (int)lowest);
}

// What may end a line, or what a terminal acts on: C0, DEL, and C1, which in UTF-8 is U+0080 to U+009F.
static bool is_control(const char *p, size_t n)
{
	unsigned char c = (unsigned char)p[0], next = n > 1 ? (unsigned char)p[1] : 0;
	return c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0);
}

void log_line(enum log_level level, const char *area, const char *fmt, ...)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	if ((int)level < atomic_load_explicit(&lowest_level, memory_order_relaxed))
		return;
	char line[1024];
	struct timespec now;
	struct tm tm;
	(void)clock_gettime(CLOCK_REALTIME, &now); // cannot fail
	(void)gmtime_r(&now.tv_sec, &tm);
	size_t n = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &tm);
	int m = snprintf(line + n, sizeof line - n, ".%03ldZ %s %s: ", now.tv_nsec / 1000000,
		names[level], area);
	n += m > 0 ? (size_t)m : 0;
	size_t text = n;
	va_list ap;
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
	va_end(ap);
	n += m > 0 ? (size_t)m : 0;
	if (n > sizeof line - 2)
		n = sizeof line - 2;
	for (size_t i = text; i < n; i++)
		if (is_control(&line[i], n - i))
			line[i] = '?';
	line[n++] = '\n';
	(void)!write(STDERR_FILENO, line, n); // nowhere to report a failure to
}
