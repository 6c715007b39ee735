// SPDX-License-Identifier: Apache-2.0
// Fuzzes lists of unique-ids: the first octet says how many of the octets are a format, the rest is the list, whose own names are looked for.
#include "base/must.h"
#include "cli/uidl_source.h"
#include "mail/uidl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uidl_source s = { 0 };
	struct uidl_set set = { 0 };
	struct op op;
	bool is_new;
	if (size == 0 || size - 1 < data[0])
		return 0;
	char *format = span_to_str_new(span_of(data + 1, data[0]));
	struct span text = span_of(data + 1 + data[0], size - 1 - data[0]);
	op_init(&op, 0);
	must(format);
	int rc = uidl_source_read(
		&op, &s, text, uidl_format_is_valid(format) ? format : UIDL_FORMAT_DOVECOT);
	for (size_t i = 0; rc == 0 && i < s.n; i++) {
		struct span uidl = uidl_source_find(&s, s.v[i].name);
		must(!uidl.n || uidl_is_valid(uidl));
		if (uidl.n)
			rc = uidl_set_add(&op, &set, uidl, &is_new);
		if (uidl.n && rc == 0)
			rc = uidl_set_add(&op, &set, uidl, &is_new);
		must(!uidl.n || rc < 0 || !is_new);
	}
	uidl_set_done(&set);
	uidl_source_done(&s);
	op_done(&op);
	free(format);
	return 0;
}
