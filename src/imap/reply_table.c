// SPDX-License-Identifier: Apache-2.0
#include "imap/reply_table.h"

#include <stddef.h>

static const struct reply_row rows[] = {
	{ RC_NOMEM, false, "LIMIT" },
	{ RC_IO, false, "UNAVAILABLE" },
	{ RC_CORRUPT, false, "CORRUPTION" },
	{ RC_READONLY, false, "UNAVAILABLE" },
	{ RC_NOSPACE, false, "UNAVAILABLE" },
	{ RC_VERSION, false, "UNAVAILABLE" },
	{ RC_CONFLICT, false, "INUSE" },
	{ RC_LOCKED, false, "INUSE" },
	{ RC_UNAVAILABLE, false, "UNAVAILABLE" },
	{ RC_TIMEOUT, false, "UNAVAILABLE" },
	{ RC_CANCELLED, false, NULL },
	{ RC_CLOSED, false, NULL },
	{ RC_SYNTAX, true, NULL },
	{ RC_CONFIG, false, "CONTACTADMIN" },
	{ RC_LIMIT, false, "LIMIT" },
	{ RC_TOOBIG, false, "TOOBIG" }, // RFC 7889 section 4
	{ RC_OVERQUOTA, false, "OVERQUOTA" },
	{ RC_NONEXISTENT, false, "NONEXISTENT" },
	{ RC_ALREADYEXISTS, false, "ALREADYEXISTS" },
	{ RC_TRYCREATE, false, "TRYCREATE" },
	{ RC_HASCHILDREN, false, "HASCHILDREN" },
	{ RC_INUSE, false, "INUSE" },
	{ RC_NOPERM, false, "NOPERM" },
	{ RC_CANNOT, false, "CANNOT" },
	{ RC_BADNAME, false, "CANNOT" },
	{ RC_USEATTR, false, "USEATTR" }, // RFC 6154 section 3
	{ RC_EXPUNGED, false, "EXPUNGEISSUED" },
	{ RC_NOTSAVED, false, "NOTSAVED" },
	{ RC_BADCHARSET, false, "BADCHARSET" },
	{ RC_UNKNOWNCTE, false, "UNKNOWN-CTE" },
	{ RC_BADURL, false, NULL }, // RFC 4469 section 4.1: imap/ext_catenate.c gives the code
	{ RC_CLIENTBUG, true, "CLIENTBUG" },
	{ RC_UIDREQUIRED, true, "UIDREQUIRED" }, // RFC 9586 section 3
	{ RC_MESSAGELIMIT, false, NULL },        // RFC 9738: message_limit_refuse() gives the code
	{ RC_SERVERBUG, false, "SERVERBUG" },
	{ RC_AUTHFAILED, false, "AUTHENTICATIONFAILED" },
	{ RC_AUTHZFAILED, false, "AUTHORIZATIONFAILED" },
	{ RC_EXPIRED, false, "EXPIRED" },
	{ RC_PRIVACY, false, "PRIVACYREQUIRED" },
	{ RC_CONTACTADMIN, false, "CONTACTADMIN" },
};
_Static_assert(sizeof rows / sizeof rows[0] == RC_end_ - RC_first_ - 1, "every fault has a row");

const struct reply_row *reply_row_of(int rc)
{
	static const struct reply_row unknown = { 0, false, "SERVERBUG" };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].rc == rc)
			return &rows[i];
	return &unknown;
}
