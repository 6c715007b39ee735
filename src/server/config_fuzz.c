// SPDX-License-Identifier: Apache-2.0
// Configuration files: what is taken has each number within its range and each choice among its words, what is refused names a line of the file for each
// fault, and a fault behind any text that is taken is found, so that nothing of a file is passed over in silence.
#include "base/must.h"
#include "server/config.c" // for its table of keys

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// libconfig forgets a string that a fault of syntax comes behind; once for each start of the program.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static void check_key(const struct config *c, const struct config *plain, const struct key *k)
{
	const char *at = (const char *)c + k->offset, *before = (const char *)plain + k->offset;
	uint64_t v = 0, was = 0;
	const char *text;
	switch (k->kind) {
	case KIND_STRING:
		memcpy(&text, at, sizeof text);
		must(!text || !k->choices || is_choice(k->choices, text));
		must(!text || *text);
		break;
	case KIND_BOOL:
		must(*at == 0 || *at == 1);
		break;
	default:
		memcpy(&v, at, sizeof v);
		memcpy(&was, before, sizeof was);
		must(v == was || (v >= k->least && v <= k->most) || (k->kind == KIND_LIMIT && !v));
	}
}

static void check_taken(const struct config *c)
{
	struct config plain;
	config_defaults(&plain);
	for (size_t i = 0; i < countof(keys); i++)
		check_key(c, &plain, &keys[i]);
	must(c->listener_count <= CONFIG_LISTENERS_MAX);
	for (size_t i = 0; i < c->listener_count; i++)
		must(c->listeners[i].protocol < PROTO_COUNT && *c->listeners[i].address);
}

// "fuzz.conf:LINE: what\n" each, of a line that there is.
static void check_faults(struct span faults, struct span text)
{
	uint64_t lines = 1, line;
	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	must(faults.n > 0 && faults.p[faults.n - 1] == '\n');
	while (faults.n) {
		struct span one, number;
		must(span_starts(faults, SPAN("fuzz.conf:")));
		faults = span_split(span_skip(faults, 10), '\n', &one);
		one = span_split(one, ':', &number);
		must(span_to_u64(number, lines, &line) && line > 0 && one.n > 1);
	}
}

static int parse(struct op *op, struct config *c, struct span text, struct buf *faults)
{
	config_defaults(c);
	return config_parse(op, c, "fuzz.conf", text, faults);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct op op;
	struct config c;
	struct buf faults = { 0 }, longer = { 0 };
	struct span text = span_of(data, size);
	if (memmem(data, size, "@include", 8)) // it would read files
		return 0;
	op_init(&op, 0);
	int rc = parse(&op, &c, text, &faults);
	if (rc == 0) {
		must(faults.n == 0);
		check_taken(&c);
		buf_add(&longer, text);
		buf_add(&longer, SPAN("\nno_such_key = 1;\n"));
		rc = parse(&op, &c, buf_span(&longer), &faults);
		text = buf_span(&longer);
	}
	must(rc == RC_CONFIG);
	check_faults(buf_span(&faults), text);
	buf_done(&longer);
	buf_done(&faults);
	op_done(&op);
	return 0;
}
