// SPDX-License-Identifier: Apache-2.0
#include "mail/idle.h"

#include "base/limits.h"
#include "base/must.h"
#include "mail/mail_priv.h"

// About what an account takes (mail/README.md has what was measured): by itself, for each name, for each message of a mailbox whose records are loaded.
#define SELF_OCTETS 1024u
#define THREAD_OCTETS 24576u // and its table of message-ids
#define NAME_OCTETS 600u
#define MESSAGE_OCTETS 32u

// Without holders nobody changes any of this.
static uint64_t octets_of(const struct account *a)
{
	uint64_t names = a->tree ? a->tree->count : 0;
	uint64_t self = SELF_OCTETS + (a->thread ? THREAD_OCTETS : 0);
	return self + names * NAME_OCTETS + a->idle_messages * MESSAGE_OCTETS;
}

void idle_add(struct idle *idle, struct account *a)
{
	a->link = (struct idle_link){ .older = idle->newest, .octets = octets_of(a) };
	if (idle->newest)
		idle->newest->link.newer = a;
	else
		idle->oldest = a;
	idle->newest = a;
	idle->count++;
	idle->octets += a->link.octets;
}

void idle_remove(struct idle *idle, struct account *a)
{
	struct account *older = a->link.older, *newer = a->link.newer;
	must(idle->count > 0 && idle->octets >= a->link.octets);
	if (older)
		older->link.newer = newer;
	else
		idle->oldest = newer;
	if (newer)
		newer->link.older = older;
	else
		idle->newest = older;
	idle->count--;
	idle->octets -= a->link.octets;
}

struct account *idle_excess(const struct idle *idle)
{
	return idle->count > ACCOUNTS_IDLE_MAX || idle->octets > ACCOUNTS_IDLE_OCTETS ? idle->oldest
										      : NULL;
}
