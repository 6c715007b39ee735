// SPDX-License-Identifier: Apache-2.0
// Starling: what parsing, rendering and searching a message costs. "mime_bench [FILE]": a message in a file, else a made one of some 5 KB.
#include "base/clock.h"
#include "mime/header.h"
#include "mime/parse.h"
#include "mime/render.h"
#include "mime/text.h"

#include <stdio.h>
#include <stdlib.h>

static void message_make(struct buf *to)
{
	for (int i = 0; i < 5; i++)
		buf_addf(to,
			"Received: from mx%d.example.org (mx%d.example.org [192.0.2.%d])\r\n\tby "
			"mail.example.net (Postfix) with ESMTPS id 4F9D2%d\r\n\tfor "
			"<user@example.net>; Thu, 22 Aug 2002 14:23:3%d +0100\r\n",
			i, i, i, i, i);
	buf_add(to,
		SPAN("Return-Path: <list-bounces@example.org>\r\nMessage-ID: "
		     "<20020822132339.GA1234@example.org>\r\n"
		     "Date: Thu, 22 Aug 2002 14:23:39 +0100\r\nFrom: \"Some Body\" "
		     "<some.body@example.org>\r\n"
		     "To: A List <list@example.org>, Other <other@example.com>, "
		     "third@example.com\r\nCc: x@example.org\r\n"
		     "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= from the list\r\nIn-Reply-To: "
		     "<a@b>\r\nReferences: <a@b> <c@d>\r\n"
		     "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; "
		     "boundary=\"----=_Part_1234_5678.9012\"\r\n"
		     "X-Spam-Status: No, hits=-3.1 required=5.0\r\nList-Id: "
		     "<list.example.org>\r\nSender: list-bounces@example.org\r\n\r\n"
		     "This is a multi-part message in MIME "
		     "format.\r\n------=_Part_1234_5678.9012\r\n"
		     "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
		     "8bit\r\n\r\n"));
	for (int i = 0; i < 22; i++)
		buf_add(to,
			SPAN("The quick brown fox jumps over the lazy dog, and runs away into the "
			     "woods.\r\n"));
	buf_add(to,
		SPAN("------=_Part_1234_5678.9012\r\nContent-Type: text/html; charset=\"utf-8\"\r\n"
		     "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
	for (int i = 0; i < 14; i++)
		buf_add(to,
			SPAN("<p>The quick <b>brown</b> fox jumps =C3=BCber the lazy dog.</p> and "
			     "more =\r\n"));
	buf_add(to, SPAN("\r\n------=_Part_1234_5678.9012--\r\n"));
}

static void message_read(const char *path, struct buf *to)
{
	FILE *f = fopen(path, "rb");
	char *p;
	for (size_t n = 1; f && n > 0 && (p = buf_room(to, 65536)) != NULL; buf_added(to, n))
		n = fread(p, 1, 65536, f);
	if (f)
		(void)fclose(f); // only read
}

#define ROUNDS 20000u

static void report(const char *what, uint64_t start, size_t octets)
{
	double ns = (double)(clock_thread() - start) / ROUNDS;
	printf("%-28s %8.2f us  %8.1f MB/s\n", what, ns / 1000, (double)octets * 1000 / ns);
}

int main(int argc, char **argv)
{
	struct buf m = { 0 }, out = { 0 };
	if (argc > 1)
		message_read(argv[1], &m);
	else
		message_make(&m);
	struct op op;
	op_init(&op, 0);
	const struct mime_tree *t = NULL;
	printf("message: %zu octets\n", m.n);

	uint64_t start = clock_thread();
	for (unsigned i = 0; i < ROUNDS; i++) {
		op_reset(&op);
		if (mime_parse(&op, buf_span(&m), &t) < 0)
			return 1;
	}
	report("parse", start, m.n);
	printf("  arena: %zu octets\n", op.arena.used);

	bool same;
	for (int form = 0; form < 2; form++) {
		start = clock_thread();
		for (unsigned i = 0; i < ROUNDS; i++) {
			buf_reset(&out);
			if (mime_envelope_render(&op, t, 0, (enum mime_form)form, &out, &same) <
					0 ||
				mime_structure_render(
					&op, t, true, (enum mime_form)form, &out, &same) < 0)
				return 1;
		}
		report(form == 0 ? "ENVELOPE+BODYSTRUCTURE ASCII" : "ENVELOPE+BODYSTRUCTURE UTF-8",
			start, out.n);
	}

	struct mime_matcher *matcher;
	struct span needle = SPAN("NOT IN THIS MESSAGE");
	if (mime_matcher_new(&op, &needle, 1, &matcher) < 0)
		return 1;
	struct mime_text text = { 0 };
	for (uint32_t part = 0; part < t->count; part++) {
		const struct mime_part *p = &t->parts[part];
		if (!p->is_text)
			continue;
		struct span body = span_cut(buf_span(&m), p->body_start, p->body_end), got;
		start = clock_thread();
		for (unsigned i = 0; i < ROUNDS; i++) {
			mime_text_init(&text, (enum mime_cte)p->cte, p->charset, true);
			mime_matcher_restart(matcher);
			if (mime_text_feed(&text, body, &got) < 0)
				return 1;
			(void)mime_matcher_feed(matcher, got); // what it finds is not the question
			if (mime_text_end(&text, &got) < 0)
				return 1;
		}
		char what[64];
		(void)snprintf(what, sizeof what, "search part %u (cte %u)", part, p->cte);
		report(what, start, body.n);
	}
	mime_text_done(&text);
	op_done(&op);
	buf_done(&m);
	buf_done(&out);
	return 0;
}
