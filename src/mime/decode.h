// SPDX-License-Identifier: Apache-2.0
// Starling: Content-Transfer-Encodings (RFC 2045 section 6), decoded as a stream. Tolerant: junk in base64 is skipped, missing padding supplied, bad
// quoted-printable kept as it is. The result does not depend on how the input is cut.
#ifndef MIME_DECODE_H
#define MIME_DECODE_H

#include "base/buf.h"
#include "mime/tree.h"

// What the value of a Content-Transfer-Encoding field means (any case, comments and blanks dropped); absent or empty is IDENTITY.
enum mime_cte mime_cte_of(struct span value);
// Whether BINARY[] can be answered: IDENTITY, BASE64, QP; otherwise RC_UNKNOWNCTE is the caller's answer (RFC 3516 section 4.3).
static inline bool mime_cte_is_binary_ok(enum mime_cte cte)
{
	return cte <= MIME_CTE_QP;
}

struct mime_decoder { // small, by value; no memory of its own
	enum mime_cte cte;
	bool crlf;       // lone LF becomes CRLF (text parts: RFC 9051 BINARY[])
	bool was_cr;     // crlf: the last octet put out was CR
	bool begun;      // uuencode: past "begin"
	bool ended;      // base64: after padding; uuencode: after "end"
	uint8_t phase;   // base64: sextets held; quoted-printable, uuencode: state
	uint32_t held;   // base64: bits; quoted-printable: octets held in `keep`
	uint32_t blanks; // quoted-printable: blanks held back at the end of a line
	char keep[64];
};
// With `crlf`, decoded text gets CRLF line ends. UNKNOWN is copied like IDENTITY.
void mime_decoder_init(struct mime_decoder *d, enum mime_cte cte, bool crlf);
// Appends what the octets decode to. A failed buffer is seen in buf.failed.
void mime_decode(struct mime_decoder *d, struct span octets, struct buf *to);
void mime_decode_end(struct mime_decoder *d, struct buf *to);

#endif
