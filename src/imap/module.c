// SPDX-License-Identifier: Apache-2.0
#include "imap/module.h"

#include <pthread.h>
#include <stdlib.h>

#define IMAP_MODULE(name) extern const struct imap_module imap_module_##name;
#include "imap/modules.def"
#undef IMAP_MODULE

const struct imap_module *const imap_modules[] = {
#define IMAP_MODULE(name) &imap_module_##name,
#include "imap/modules.def"
#undef IMAP_MODULE
	NULL,
};

#define COMMANDS_MAX 128u

// All rows sorted by name: made once, const from then on.
static const struct imap_command *commands[COMMANDS_MAX];
static size_t command_count;
static pthread_once_t commands_once = PTHREAD_ONCE_INIT;

static int by_name(const void *a, const void *b)
{
	const struct imap_command *const *x = a, *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

static void commands_make(void)
{
	for (size_t i = 0; imap_modules[i]; i++)
		for (const struct imap_command *row = imap_modules[i]->commands; row && row->name;
			row++) {
			must(command_count < COMMANDS_MAX);
			commands[command_count++] = row;
		}
	qsort(commands, command_count, sizeof commands[0], by_name);
}

const struct imap_command *module_command(struct span name)
{
	(void)pthread_once(&commands_once, commands_make); // fails only for bad arguments
	size_t low = 0, high = command_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = span_casecmp(name, span_str(commands[mid]->name));
		if (order == 0)
			return commands[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

const void *module_find(size_t table, size_t row_size, struct span name)
{
	for (size_t i = 0; imap_modules[i]; i++) {
		const char *row;
		memcpy(&row, (const char *)imap_modules[i] + table, sizeof row);
		for (; row; row += row_size) {
			const char *row_name;
			memcpy(&row_name, row, sizeof row_name);
			if (!row_name)
				break;
			if (span_caseeq(name, span_str(row_name)))
				return row;
		}
	}
	return NULL;
}
