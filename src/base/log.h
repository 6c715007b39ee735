// SPDX-License-Identifier: Apache-2.0
// Starling: the log of the process: one line each to standard error, `level area: text`, with the time in
// UTC. Libraries do not log errors: the boundary of a command logs once (docs/style.md, rule 17).
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/attr.h"

enum log_level { LOG_DEBUG_, LOG_INFO_, LOG_WARN_, LOG_ERROR_ };

// The lowest level that is written; LOG_INFO_ at first. Set once at start-up.
void log_level_set(enum log_level lowest);
// Control characters in the text are shown as '?': what a peer sent cannot forge a line.
void log_line(enum log_level level, const char *area, const char *fmt, ...) printf_like(3, 4);

#define log_debug(area, ...) log_line(LOG_DEBUG_, area, __VA_ARGS__)
#define log_info(area, ...) log_line(LOG_INFO_, area, __VA_ARGS__)
#define log_warn(area, ...) log_line(LOG_WARN_, area, __VA_ARGS__)
#define log_error(area, ...) log_line(LOG_ERROR_, area, __VA_ARGS__)

#endif
