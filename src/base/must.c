// SPDX-License-Identifier: Apache-2.0
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

void must_failed(const char *expr, const char *file, int line)
{
	fprintf(stderr, "starling: %s:%d: invariant broken: %s\n", file, line, expr);
	abort();
}
