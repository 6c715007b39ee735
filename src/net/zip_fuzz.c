// SPDX-License-Identifier: Apache-2.0
// Anything as compressed input, in pieces of a size that the first byte chooses, the inflater given up between any two:
// it must come out as from an inflater that is never given up.
#include "base/buf.h"
#include "base/limits.h"
#include "base/must.h"
#include "net/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What comes out before the input ends or turns out to be damaged, at most 1 MiB.
static void inflate_all(
	struct zip_pools *pools, struct span in, size_t step, bool idle, struct buf *out)
{
	struct op op;
	struct zip *z;
	op_init(&op, 0);
	must(zip_new(&op, pools, SPAN(""), 0, &z) == 0);
	for (int n = 0; in.n && n >= 0 && out->n < 1u << 20; in = span_skip(in, step)) {
		size_t room, take = in.n < step ? in.n : step;
		char *p = input_room(zip_raw(z), pools->buffers, take, &room);
		must(p);
		memcpy(p, in.p, take);
		input_added(zip_raw(z), take);
		while (out->n < 1u << 20 && (n = zip_inflate(&op, z, buf_room(out, 777), 777)) > 0)
			buf_added(out, (size_t)n);
		(void)zip_park(z); // what it could free is not asked here
		if (idle)
			zip_idle(z);
	}
	zip_free(z);
	op_done(&op);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct zip_pools pools;
	must(zip_pools_init(&pools, pool_new(NET_BUFFER, 2)));
	struct buf a = { 0 }, b = { 0 };
	struct span in = span_of(data + 1, size - 1);
	size_t step = data[0] + 1u;
	inflate_all(&pools, in, step, false, &a);
	inflate_all(&pools, in, step, true, &b);
	must(a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0));
	buf_done(&a);
	buf_done(&b);
	pool_free(pools.buffers);
	zip_pools_done(&pools);
	return 0;
}
