// SPDX-License-Identifier: Apache-2.0
// Answers of one line. Texts are ASCII (RFC 1939 section 3) without control characters.
#include "pop3/session_priv.h"

#include <stdio.h>

static const struct {
	int rc;
	const char *code;
} rows[] = {
	{ RC_NOMEM, "SYS/TEMP" },
	{ RC_IO, "SYS/TEMP" },
	{ RC_CORRUPT, "SYS/PERM" },
	{ RC_READONLY, "SYS/TEMP" },
	{ RC_NOSPACE, "SYS/TEMP" },
	{ RC_VERSION, "SYS/PERM" },
	{ RC_CONFLICT, "SYS/TEMP" },
	{ RC_LOCKED, "IN-USE" },
	{ RC_UNAVAILABLE, "SYS/TEMP" },
	{ RC_TIMEOUT, "SYS/TEMP" },
	{ RC_CANCELLED, "SYS/TEMP" },
	{ RC_CONFIG, "SYS/PERM" },
	{ RC_LIMIT, "SYS/TEMP" },
	{ RC_INUSE, "IN-USE" },
	{ RC_SERVERBUG, "SYS/PERM" },
	{ RC_CONTACTADMIN, "SYS/PERM" },
	{ RC_AUTHFAILED, "AUTH" },
	{ RC_AUTHZFAILED, "AUTH" },
	{ RC_EXPIRED, "AUTH" },
};

static void add_text(struct rope *out, const char *text)
{
	for (; *text; text++)
		rope_addc(out, *text >= ' ' && *text <= '~' ? *text : '?');
	rope_add(out, SPAN("\r\n"));
}

void pop3_ok(struct pop3_session *s, const char *fmt, ...)
{
	char text[OP_TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); // cut when too long
	va_end(ap);
	rope_add(pop3_out(s), SPAN("+OK "));
	add_text(pop3_out(s), text);
}

void pop3_err(struct pop3_session *s, const char *code, const char *fmt, ...)
{
	char text[OP_TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap); // cut when too long
	va_end(ap);
	rope_add(pop3_out(s), SPAN("-ERR "));
	if (code)
		rope_addf(pop3_out(s), "[%s] ", code);
	add_text(pop3_out(s), text);
	if (s->state == POP3_AUTHORIZATION)
		s->bad++;
}

void pop3_fault(struct pop3_session *s, int rc)
{
	const char *code = NULL;
	for (size_t i = 0; i < countof(rows); i++)
		if (rows[i].rc == rc)
			code = rows[i].code;
	pop3_err(s, code, "%s", op_text(&s->op, rc));
}
