// SPDX-License-Identifier: Apache-2.0
// Starling: a thread that does what nobody waits for gives way to the others of its process, whatever priority that was started with.
#ifndef RUN_GIVE_WAY_H
#define RUN_GIVE_WAY_H

#include <errno.h>
#include <sys/resource.h>

// Of this thread alone (Linux). Where it cannot be done it only competes with everything else.
static inline void give_way(int by)
{
	errno = 0;
	int now = getpriority(PRIO_PROCESS, 0);
	if (now != -1 || errno == 0)
		(void)setpriority(PRIO_PROCESS, 0, now + by);
}

#endif
