// SPDX-License-Identifier: Apache-2.0
// Starling: the cache of cold records, for account.c.
#ifndef MAIL_SNAP_PRIV_H
#define MAIL_SNAP_PRIV_H

#include "mail/mail_priv.h"
#include "mail/view.h"

#define COLD_CACHE_SLOTS 256u // about 3.7 MB when full

struct cold_cache;
struct cold_cache *cold_cache_new(void);
void cold_cache_free(struct cold_cache *c);

#endif
