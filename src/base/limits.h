// SPDX-License-Identifier: Apache-2.0
// Starling: every size that a peer drives has its limit here, by folder, with what happens beyond it (docs/style.md, rule 20).
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

// ---- mime: beyond a limit a message is still kept and shown; what is cut is said in src/mime/*.h.
#define MIME_DEPTH_MAX 100u   // nesting of parts; deeper: one opaque leaf
#define MIME_PARTS_MAX 10000u // parts of a message; the last one takes the rest as an opaque leaf
#define MIME_HEADER_MAX (10u << 20) // octets of one header that are looked at
#define MIME_HEADERS_KEPT_MAX                                                                      \
	(16u << 20) // octets of facts kept of all parts together; beyond: types and encodings only
#define MIME_FIELDS_MAX 20000u           // fields of one header that are looked at by the parser
#define MIME_FIELD_VALUE_MAX (64u << 10) // octets of a value that becomes a fact of a part
#define MIME_PARAMS_MAX 128u             // parameters of one field; more are dropped
#define MIME_ADDRESSES_MAX 100000u       // addresses read from one field
#define MIME_COMMENT_DEPTH_MAX 100u      // nested comments; deeper ones are text
#define MIME_BOUNDARY_MAX 256u // octets of a boundary that are compared (RFC 2046: at most 70)
#define MIME_TYPE_MAX                                                                              \
	127u // octets of a type or subtype name; longer: broken (RFC 4288 section 4.2)
#define MIME_LANGUAGES_MAX 64u             // tags of Content-Language; more are dropped
#define MIME_ENVELOPE_TEXT_MAX (64u << 10) // octets of a rendered ENVELOPE
#define MIME_STRUCTURE_TEXT_MAX (1u << 20) // octets of a rendered BODYSTRUCTURE
#define MIME_NEEDLES_MAX 64u               // substrings sought in one pass
#define MIME_PREVIEW_CHARS 200u            // characters of a preview (RFC 8970 section 3.3)

#endif
