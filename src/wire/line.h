// SPDX-License-Identifier: Apache-2.0
// Starling: lines of line-based protocols (POP3, SMTP) cut out of buffered input, without copies. A line ends in LF, with or without a CR
// before it. A line longer than the limit is dropped as it comes and told once, at its end. Pure: the caller consumes.
#ifndef WIRE_LINE_H
#define WIRE_LINE_H

#include "base/span.h"

struct line_cutter {    // zeroed at the beginning
	bool dropping;  // the beginning of an over-long line was dropped
	size_t dropped; // octets of it
};
enum line_next {
	LINE_NEED, // no whole line there; *ret_used is > 0 while one is dropped
	LINE_GOT,
	LINE_LONG, // the end of a line that was too long: answer it as an error
	LINE_ENDLESS, // LINE_DROP_MAX octets were dropped and no end is in sight: give the connection up
};
// Looks at unread input. *ret_line (LINE_GOT) is without its line end and points into the input; *ret_used: how much of the input to
// consume, the line end included. `most`: octets of a line, line end included.
enum line_next line_cut(struct line_cutter *c, struct span input, size_t most,
	struct span *ret_line, size_t *ret_used);

#endif
