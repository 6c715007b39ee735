// SPDX-License-Identifier: Apache-2.0
// PROXY headers: whatever is taken is the same when it comes with more behind it, and not before all of it is there.
#include "base/must.h"
#include "net/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header h, exact;
	if (proxy_parse(span_of(data, size), &h) != PROXY_DONE)
		return 0;
	must(h.length <= size);
	must(proxy_parse(span_of(data, h.length), &exact) == PROXY_DONE &&
		exact.length == h.length);
	must(proxy_parse(span_of(data, h.length - 1), &exact) == PROXY_MORE);
	char text[PEER_TEXT_MAX];
	peer_text(&h.peer, text);
	return 0;
}
