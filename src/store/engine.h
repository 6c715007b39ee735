// SPDX-License-Identifier: Apache-2.0
// Starling: what an engine provides. Called only through the functions of store/store.h, whose comments are the contract of each
// entry. The table is const and complete; engines are listed in store/store.c.
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include "store/store.h"

struct store_engine;
struct store { // the head of each engine's own object
	const struct store_engine *engine;
};

#endif
