// SPDX-License-Identifier: Apache-2.0
// Starling: the MIME parser (mime/parse.h): a push parser over lines. Only the beginning of a line can matter (an empty line in a header, a
// boundary); the few octets that decide are stashed when a piece ends within them. Everything else is counted and skipped.
//
// The stack holds the part that is being read and all that enclose it. Its top decides the state:
//   HEADER   the top's header is being collected
//   LEAF     the top is a leaf: its body runs to the next boundary
//   BETWEEN  the top is a multipart: preamble or epilogue
//   SKIP     the rest of a boundary line
#include "mime/parse.h"

#include "base/limits.h"
#include "base/lines.h"
#include "mime/content_priv.h"

enum state { HEADER, LEAF, BETWEEN, SKIP };

struct open {
	uint32_t part;
	struct span boundary; // multipart; empty otherwise
	bool ended;           // its close delimiter was seen
	bool is_digest;
	uint32_t last_child; // opened from it so far; MIME_NONE
	uint64_t lines_at;   // line ends of the message before its header; then before its body
};

#define STASH_MAX (MIME_BOUNDARY_MAX + 8u)
#define HEADER_FIRST 4096u // octets of the first header buffer

struct mime_parser {
	struct mime_part *parts;
	uint32_t count, cap;
	struct open *stack;  // MIME_DEPTH_MAX + 1
	uint32_t depth;      // entries
	uint32_t boundaries; // entries with a boundary
	size_t longest;      // of their boundaries
	enum state state, after_skip;
	bool at_line_start;
	bool in_empty_line; // of a header: it ends with this line
	bool swallow;       // the last part takes everything
	char last;          // octet before pos
	uint8_t eol;        // length of the line end before the present line, 0 at the start
	uint64_t pos, lines;
	char *header; // of the top, up to MIME_HEADER_MAX
	size_t header_n, header_cap;
	size_t kept;
	size_t stash_n;
	char stash[STASH_MAX];
	struct mime_tree tree;
};

// ---- parts

static int part_new(struct op *op, struct mime_parser *p, uint32_t parent, uint32_t *ret_index)
{
	if (p->count == p->cap) {
		uint32_t cap = p->cap ? p->cap * 2 : 8;
		struct mime_part *more = op_alloc(op, cap * sizeof *more);
		if (!more)
			return RC_NOMEM;
		if (p->count > 0)
			memcpy(more, p->parts, p->count * sizeof *more);
		p->parts = more;
		p->cap = cap;
	}
	uint32_t index = p->count++;
	struct mime_part *part = &p->parts[index];
	*part = (struct mime_part){
		.parent = parent, .child = MIME_NONE, .next = MIME_NONE, .number = 1
	};
	if (parent != MIME_NONE) {
		struct mime_part *up = &p->parts[parent];
		part->depth = (uint16_t)(up->depth + 1);
		part->number = ++up->children;
		part->is_root = up->kind == MIME_MESSAGE;
	} else {
		part->is_root = true;
	}
	*ret_index = index;
	return 0;
}

// Links a new child behind `before`, the last child so far (MIME_NONE: the first).
static void part_link(struct mime_parser *p, uint32_t parent, uint32_t before, uint32_t child)
{
	if (before == MIME_NONE)
		p->parts[parent].child = child;
	else
		p->parts[before].next = child;
}

static void part_fill_empty(struct mime_part *part, uint64_t at)
{
	part->header_start = part->body_start = part->body_end = at;
	part->is_text = true;
	part->is_added = true;
	part->type = SPAN("text");
	part->subtype = SPAN("plain");
	part->encoding = SPAN("7bit");
}

// Opens a part whose header begins at p->pos.
static int part_open(struct op *op, struct mime_parser *p, uint32_t parent, uint32_t before)
{
	uint32_t index;
	int rc = part_new(op, p, parent, &index);
	if (rc < 0)
		return rc;
	if (parent != MIME_NONE)
		part_link(p, parent, before, index);
	p->parts[index].header_start = p->pos;
	p->stack[p->depth++] =
		(struct open){ .part = index, .last_child = MIME_NONE, .lines_at = p->lines };
	p->state = HEADER;
	p->header_n = 0;
	return 0;
}

static void boundaries_count(struct mime_parser *p)
{
	p->boundaries = 0;
	p->longest = 0;
	for (uint32_t i = 0; i < p->depth; i++) {
		size_t n = p->stack[i].boundary.n;
		p->boundaries += n > 0;
		if (n > p->longest)
			p->longest = n;
	}
}

// Where parts end: octets and line ends of the message before it.
struct end {
	uint64_t at, lines;
};

// Closes the top at `end`, or later if its header reaches further; then `end` moves for those around it, too.
static int top_close(struct op *op, struct mime_parser *p, struct end *end)
{
	struct open *top = &p->stack[--p->depth];
	struct mime_part *part = &p->parts[top->part];
	if (end->at < part->body_start) // the line end before the boundary is that of the header
		*end = (struct end){ part->body_start, top->lines_at };
	part->body_end = end->at;
	part->body_lines = end->lines - top->lines_at;
	if (part->kind != MIME_MULTIPART || part->child != MIME_NONE)
		return 0;
	uint32_t child, parent = top->part;
	int rc = part_new(op, p, parent, &child);
	if (rc < 0)
		return rc;
	part_link(p, parent, MIME_NONE, child);
	part_fill_empty(&p->parts[child], end->at);
	return 0;
}

// ---- headers

// Room for n octets in all. Grows by four: the old buffers stay in the arena.
static int header_room(struct op *op, struct mime_parser *p, size_t n, size_t max)
{
	if (n <= p->header_cap)
		return 0;
	size_t cap = p->header_cap ? p->header_cap : HEADER_FIRST / 4;
	while (cap < n)
		cap *= 4;
	if (cap > max)
		cap = max;
	char *more = arena_bytes(&op->arena, cap);
	if (!more)
		return op_fail(op, RC_NOMEM, "out of memory");
	if (p->header_n > 0)
		memcpy(more, p->header, p->header_n);
	p->header = more;
	p->header_cap = cap;
	return 0;
}

static int header_add(struct op *op, struct mime_parser *p, struct span s)
{
	size_t max = p->depth == 1 ? MIME_HEADER_MAX : MIME_PART_HEADER_MAX;
	if (p->header_n + s.n > max) {
		s.n = max - p->header_n;
		p->tree.limited = true;
	}
	int rc = s.n > 0 ? header_room(op, p, p->header_n + s.n, max) : 0;
	if (rc < 0 || s.n == 0)
		return rc;
	memcpy(p->header + p->header_n, s.p, s.n);
	p->header_n += s.n;
	return 0;
}

static void part_make_opaque(struct mime_parser *p, struct mime_part *part)
{
	part->kind = MIME_LEAF;
	part->is_opaque = true;
	p->tree.limited = true;
}

// The header of the top ends at p->pos.
static int header_end(struct op *op, struct mime_parser *p)
{
	struct open *top = &p->stack[p->depth - 1];
	struct mime_part *part = &p->parts[top->part];
	struct span header = span_of(p->header, p->header_n);
	part->body_start = p->pos;
	part->header_lines = p->lines - top->lines_at;
	top->lines_at = p->lines;
	p->tree.header_8bit |= !span_is_ascii(header);
	bool is_first = top->part == 0;
	if (is_first) { // the tree keeps it
		p->tree.header = header;
		p->header = NULL;
		p->header_cap = 0;
	}
	p->header_n = 0;
	struct content_in in = { header, is_first, part->is_root,
		p->depth > 1 && p->stack[p->depth - 2].is_digest, &p->kept };
	struct content_out out;
	int rc = content_read(op, &in, part, &out);
	if (rc < 0)
		return rc;
	bool last = p->count >= MIME_PARTS_MAX;
	if (part->kind != MIME_LEAF && (p->depth > MIME_DEPTH_MAX || last))
		part_make_opaque(p, part);
	if (last) {
		if (part->kind == MIME_LEAF && !part->is_opaque)
			part_make_opaque(p, part);
		part->is_text = false;
		p->swallow = true;
	}
	p->state = part->kind == MIME_MULTIPART ? BETWEEN : LEAF;
	if (part->kind == MIME_MULTIPART) {
		top->boundary = out.boundary;
		top->is_digest = mime_type_is(part, SPAN("multipart"), SPAN("digest"));
		boundaries_count(p);
	}
	return part->kind == MIME_MESSAGE ? part_open(op, p, top->part, MIME_NONE) : 0;
}

// Ends all headers that are open at p->pos (a message in a message begins with a header of its own).
static int headers_end(struct op *op, struct mime_parser *p)
{
	while (p->state == HEADER) {
		int rc = header_end(op, p);
		if (rc < 0)
			return rc;
	}
	return 0;
}

// ---- boundaries

// The entry of the stack whose boundary begins the line after "--"; -1 if none. See mime/parse.h for the choice.
static int boundary_find(const struct mime_parser *p, struct span line, bool *ret_closing)
{
	int best = -1;
	for (int i = (int)p->depth - 1; i >= 0; i--) {
		const struct open *o = &p->stack[i];
		if (o->boundary.n == 0 || line.n < 2 + o->boundary.n ||
			memcmp(line.p + 2, o->boundary.p, o->boundary.n) != 0)
			continue;
		if (best >= 0) {
			const struct open *b = &p->stack[best];
			if (o->boundary.n < b->boundary.n ||
				(o->boundary.n == b->boundary.n && (!b->ended || o->ended)))
				continue;
		}
		best = i;
	}
	if (best >= 0)
		*ret_closing =
			span_starts(span_skip(line, 2 + p->stack[best].boundary.n), SPAN("--"));
	return best;
}

// At a boundary line of stack entry `level`, which begins at p->pos.
static int boundary_met(struct op *op, struct mime_parser *p, uint32_t level, bool closing)
{
	int rc = headers_end(op, p);
	struct end end = { p->pos - p->eol, p->lines - (p->eol > 0) };
	while (rc == 0 && p->depth > level + 1)
		rc = top_close(op, p, &end);
	if (rc < 0)
		return rc;
	boundaries_count(p);
	p->stack[level].ended = closing;
	p->state = SKIP;
	p->after_skip = closing ? BETWEEN : HEADER;
	return 0;
}

// The line of a boundary has ended: what it announced begins.
static int boundary_done(struct op *op, struct mime_parser *p)
{
	p->state = p->after_skip;
	if (p->state != HEADER)
		return 0;
	struct open *top = &p->stack[p->depth - 1];
	int rc = part_open(op, p, top->part, top->last_child);
	if (rc == 0)
		top->last_child = top[1].part;
	return rc;
}

// ---- lines

enum line { LINE_SHORT, LINE_PLAIN, LINE_EMPTY, LINE_BOUNDARY };

// What the line is that begins with these octets; `all`: nothing more comes.
static enum line line_judge(
	const struct mime_parser *p, struct span s, bool all, int *ret_level, bool *ret_closing)
{
	if (s.n == 0)
		return all ? LINE_PLAIN : LINE_SHORT;
	char c = s.p[0];
	if (p->state == HEADER && c == '\n')
		return LINE_EMPTY;
	if (p->state == HEADER && c == '\r') {
		if (s.n == 1)
			return all ? LINE_PLAIN : LINE_SHORT;
		return s.p[1] == '\n' ? LINE_EMPTY : LINE_PLAIN;
	}
	if (c != '-' || p->boundaries == 0 || p->swallow)
		return LINE_PLAIN;
	if (s.n > 1 && s.p[1] != '-')
		return LINE_PLAIN;
	size_t need = p->longest + 4;
	const char *lf = memchr(s.p, '\n', s.n < need ? s.n : need);
	if (!lf && s.n < need && !all)
		return LINE_SHORT;
	struct span line = span_cut(s, 0, lf ? (size_t)(lf - s.p) : need);
	*ret_level = boundary_find(p, line, ret_closing);
	if (*ret_level < 0 || p->stack[*ret_level].ended)
		return LINE_PLAIN;
	return LINE_BOUNDARY;
}

static void advance(struct mime_parser *p, struct span s)
{
	bool ends = s.p[s.n - 1] == '\n';
	char before = s.n > 1 ? s.p[s.n - 2] : p->last;
	if (ends)
		p->eol = before == '\r' ? 2 : 1;
	p->at_line_start = ends;
	p->last = s.p[s.n - 1];
	p->pos += s.n;
}

// Takes octets of one line, perhaps with its end.
static int line_take(struct op *op, struct mime_parser *p, struct span s)
{
	if (s.n == 0)
		return 0;
	int rc = p->state == HEADER ? header_add(op, p, s) : 0;
	advance(p, s);
	if (!p->at_line_start)
		return rc;
	p->lines++;
	if (rc == 0 && p->state == SKIP)
		return boundary_done(op, p);
	if (rc == 0 && p->in_empty_line) {
		p->in_empty_line = false;
		return header_end(op, p);
	}
	return rc;
}

// At the start of a line: decides what it is, or says that more octets are needed. Takes none.
static int line_begin(
	struct op *op, struct mime_parser *p, struct span s, bool all, bool *ret_short)
{
	int level = -1;
	bool closing = false;
	enum line line = line_judge(p, s, all, &level, &closing);
	*ret_short = line == LINE_SHORT;
	if (line == LINE_SHORT)
		return 0;
	p->at_line_start = false;
	p->in_empty_line = line == LINE_EMPTY;
	return line == LINE_BOUNDARY ? boundary_met(op, p, (uint32_t)level, closing) : 0;
}

// Body octets that no boundary can end.
static void body_take(struct mime_parser *p, struct span s)
{
	p->lines += lines_count(s);
	advance(p, s);
}

// Octets outside headers, up to a line that may be a boundary. Returns what is left.
static struct span lines_take(struct mime_parser *p, struct span s)
{
	size_t n = lines_before(s, '-', &p->lines);
	advance(p, span_cut(s, 0, n));
	return span_skip(s, n);
}

// Moves octets to the stash, to the end of the line or of the stash.
static struct span stash_fill(struct mime_parser *p, struct span s)
{
	size_t n = span_find_char(s, '\n');
	n = n < s.n ? n + 1 : n;
	if (n > STASH_MAX - p->stash_n)
		n = STASH_MAX - p->stash_n;
	memcpy(p->stash + p->stash_n, s.p, n);
	p->stash_n += n;
	return span_skip(s, n);
}

static int stash_take(struct op *op, struct mime_parser *p)
{
	size_t n = p->stash_n;
	p->stash_n = 0;
	return line_take(op, p, span_of(p->stash, n));
}

// One step: the start of a line, or octets up to its end.
static int step(struct op *op, struct mime_parser *p, struct span *s)
{
	if (!p->at_line_start) {
		const char *lf = memchr(s->p, '\n', s->n);
		struct span piece = span_cut(*s, 0, lf ? (size_t)(lf - s->p) + 1 : s->n);
		*s = span_skip(*s, piece.n);
		return line_take(op, p, piece);
	}
	bool is_short = false;
	if (p->stash_n > 0)
		*s = stash_fill(p, *s);
	int rc = line_begin(
		op, p, p->stash_n > 0 ? span_of(p->stash, p->stash_n) : *s, false, &is_short);
	if (rc < 0)
		return rc;
	if (is_short && p->stash_n == 0)
		*s = stash_fill(p, *s);
	else if (!is_short && p->stash_n > 0)
		return stash_take(op, p);
	return 0;
}

// ---- the parser

int mime_begin(struct op *op, struct mime_parser **ret_parser)
{
	struct mime_parser *p = op_new(op, struct mime_parser);
	if (!p)
		return RC_NOMEM;
	*p = (struct mime_parser){ .at_line_start = true };
	p->stack = op_alloc(op, (MIME_DEPTH_MAX + 1) * sizeof *p->stack);
	if (!p->stack)
		return RC_NOMEM;
	int rc = part_open(op, p, MIME_NONE, MIME_NONE);
	if (rc == 0)
		*ret_parser = p;
	return rc;
}

int mime_feed(struct op *op, struct mime_parser *p, struct span octets)
{
	if (octets.n == 0)
		return 0;
	p->tree.has_nul = p->tree.has_nul || memchr(octets.p, 0, octets.n) != NULL;
	while (octets.n > 0) {
		if (p->state == LEAF && p->stash_n == 0 && (p->boundaries == 0 || p->swallow)) {
			body_take(p, octets);
			return 0;
		}
		bool is_outside = p->state == LEAF || p->state == BETWEEN;
		if (is_outside && p->stash_n == 0 && !(p->at_line_start && octets.p[0] == '-')) {
			octets = lines_take(p, octets);
			continue;
		}
		int rc = step(op, p, &octets);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int mime_end(struct op *op, struct mime_parser *p, const struct mime_tree **ret_tree)
{
	int rc = 0;
	if (p->stash_n > 0) {
		bool is_short;
		rc = line_begin(op, p, span_of(p->stash, p->stash_n), true, &is_short);
		if (rc == 0)
			rc = stash_take(op, p);
	}
	if (rc == 0 && p->state == SKIP)
		rc = boundary_done(op, p);
	if (rc == 0)
		rc = headers_end(op, p);
	struct end end = { p->pos, p->lines };
	while (rc == 0 && p->depth > 0)
		rc = top_close(op, p, &end);
	if (rc < 0)
		return rc;
	p->tree.parts = p->parts;
	p->tree.count = p->count;
	p->tree.size = p->pos;
	*ret_tree = &p->tree;
	return 0;
}

int mime_parse(struct op *op, struct span message, const struct mime_tree **ret_tree)
{
	struct mime_parser *p;
	int rc = mime_begin(op, &p);
	if (rc == 0)
		rc = mime_feed(op, p, message);
	return rc == 0 ? mime_end(op, p, ret_tree) : rc;
}
