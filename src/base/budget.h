// SPDX-License-Identifier: Apache-2.0
// Starling: a budget bounds how much memory some work may hold at a time: that of a user's sessions, within that of the whole server. What counts is
// what a peer can make big: blocks of arenas from 64 KiB on (base/arena.h), work of SORT and THREAD, literals, decoded parts on their way
// out. Reference-counted, since output outlives its session. Any thread, lock-free.
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>

struct budget;

// At most `most` octets (0: no bound), all of which `parent` (NULL: none; a reference is taken) must have room for, too; and never more than it leaves
// free there. So one takes half of the parent's at most, two a third each, and however many take what they can get: the next one finds some.
// NULL: out of memory.
struct budget *budget_new(struct budget *parent, size_t most);
struct budget *budget_ref(struct budget *b); // accepts NULL
void budget_unref(struct budget *b);         // accepts NULL
// False: there is no room; nothing was taken. A NULL budget has room for everything.
bool budget_take(struct budget *b, size_t n) must_use;
void budget_give(struct budget *b, size_t n);
size_t budget_used(const struct budget *b);

// What one thing holds of a budget. Zeroed: of none.
struct charge {
	struct budget *budget; // a reference
	size_t n;
};
void charge_init(struct charge *c, struct budget *b);
bool charge_add(struct charge *c, size_t n) must_use; // false: there is no room
void charge_less(struct charge *c, size_t n);         // gives some back: n <= c->n
void charge_done(struct charge *c);                   // gives all back; accepts zeroed

#endif
