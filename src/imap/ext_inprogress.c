// SPDX-License-Identifier: Apache-2.0
// INPROGRESS (RFC 9585). The first line comes when a command has run for an interval (10 seconds, as section 4 recommends), the next ones as far apart.
#include "base/clock.h"
#include "base/limits.h"
#include "imap/module.h"
#include "imap/progress.h"

// inprogress-tag = quoted / nil
static void write_tag(struct rope *out, struct span tag)
{
	if (span_find_char(tag, ']') < tag.n) { // section 4
		rope_add(out, SPAN("NIL "));
		return;
	}
	rope_addc(out, '"'); // a tag has nothing that would have to be escaped
	rope_add(out, tag);
	rope_add(out, SPAN("\" "));
}

void progress_tell(struct session *s, struct command *c, uint64_t done, uint64_t goal)
{
	uint64_t interval = s->config->progress_interval_ms ? s->config->progress_interval_ms
							    : IMAP_PROGRESS_MS;
	uint64_t now = clock_mono();
	bool due = c->progress_at && now >= c->progress_at;
	if (due || !c->progress_at)
		c->progress_at = now + interval * (NS_PER_S / 1000);
	if (!due)
		return;
	struct rope *out = session_out(s);
	rope_add(out, SPAN("* OK [INPROGRESS ("));
	write_tag(out, c->tag);
	if (done > UINT32_MAX || (!done && !goal))
		rope_add(out, SPAN("NIL NIL"));
	else if (goal > done && goal <= UINT32_MAX)
		rope_addf(out, "%u %u", (unsigned)done, (unsigned)goal);
	else
		rope_addf(out, "%u NIL", (unsigned)done);
	rope_add(out, SPAN(")] still at work\r\n"));
}

static const struct imap_capability capabilities[] = {
	{ "INPROGRESS", CAP_AFTER_LOGIN, NULL, NULL },
	{ NULL },
};

const struct imap_module imap_module_inprogress = {
	.name = "inprogress",
	.rfc = "RFC 9585",
	.capabilities = capabilities,
};
