// SPDX-License-Identifier: Apache-2.0
// COMPRESS=DEFLATE (RFC 4978): the stream is core (net/conn.h); here is the command.
#include "imap/module.h"
#include "imap/session_priv.h"

// compress = "COMPRESS" SP algorithm
static int compress_parse(struct session *s, struct command *c, struct cursor *in)
{
	(void)s;
	(void)c;
	cursor_sp(in);
	if (!cursor_try_word(in, "DEFLATE"))
		cursor_fail(in, "DEFLATE");
	return 0;
}

static int compress_run(struct session *s, struct command *c)
{
	(void)c;
	if (conn_is_compressed(s->conn))
		return command_no(s, "COMPRESSIONACTIVE", "compression is active already");
	return command_ok(s, NULL, "compression begins now");
}

static void compress_after(struct session *s)
{
	if (conn_start_compress(&s->op, s->conn) < 0)
		s->state =
			STATE_LOGOUT; // the client takes what follows as compressed: nothing can be said
}

static bool compress_offered(const struct session *s)
{
	return !conn_is_compressed(s->conn);
}

static const struct imap_capability capabilities[] = {
	{ "COMPRESS=DEFLATE", CAP_AFTER_LOGIN, compress_offered, NULL },
	{ NULL },
};
static const struct imap_command commands[] = {
	{ "COMPRESS", STATE_AUTHENTICATED | STATE_SELECTED, compress_parse, compress_run, NULL,
		NULL, compress_after },
	{ NULL },
};

const struct imap_module imap_module_compress = {
	.name = "compress",
	.rfc = "RFC 4978",
	.capabilities = capabilities,
	.commands = commands,
};
