// SPDX-License-Identifier: Apache-2.0
// Starling: assertions. must() stays in production: cheap invariants of our own code (null, magic,
// state). check() is for debug builds and may be slow. Neither is ever used on data that came from a
// peer or a disk: that is RC_SYNTAX or RC_CORRUPT (docs/style.md, rule 23).
#ifndef BASE_MUST_H
#define BASE_MUST_H

#include "base/attr.h"

#define must(expr) (likely(expr) ? (void)0 : must_failed(#expr, __FILE__, __LINE__))
#ifdef STARLING_DEBUG
#define check(expr) must(expr)
#else
#define check(expr) ((void)sizeof(!(expr)))
#endif

// Prints the broken invariant to standard error and aborts.
_Noreturn void must_failed(const char *expr, const char *file, int line);

#endif
