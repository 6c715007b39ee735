// SPDX-License-Identifier: Apache-2.0
// Manifests with a hash that fits: what is taken is printed, and taken again, as the same.
#include "backup/manifest.h"
#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct op op;
	struct manifest m;
	struct buf text = { 0 }, printed = { 0 }, again = { 0 };
	uint8_t hash[PACK_HASH];
	op_init(&op, 0);
	buf_add(&text, SPAN("starling-backup-manifest 1\n"));
	buf_add(&text, span_of(data, size));
	pack_hash(buf_span(&text), hash);
	buf_add(&text, SPAN("end "));
	buf_add_hex(&text, span_of(hash, sizeof hash));
	buf_addc(&text, '\n');
	if (manifest_parse(&op, buf_span(&text), &m) == 0) {
		manifest_print(&m, &printed);
		manifest_done(&m);
		must(manifest_parse(&op, buf_span(&printed), &m) == 0);
		manifest_print(&m, &again);
		must(span_eq(buf_span(&printed), buf_span(&again)));
		manifest_done(&m);
	}
	buf_done(&text);
	buf_done(&printed);
	buf_done(&again);
	op_done(&op);
	return 0;
}
