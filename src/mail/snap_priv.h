// SPDX-License-Identifier: Apache-2.0
// Starling: the cache of cold records, for account.c.
#ifndef MAIL_SNAP_PRIV_H
#define MAIL_SNAP_PRIV_H

#include "mail/mail_priv.h"
#include "mail/view.h"

#define COLD_CACHE_SETS 32u // 256 chunks: about 3.7 MB when full
#define COLD_CACHE_WAYS 8u

struct cold_cache;
struct cold_cache *cold_cache_new(void);
void cold_cache_free(struct cold_cache *c);

#endif
