// SPDX-License-Identifier: Apache-2.0
#include "backup/catalog.h"

void catalog_add(struct buf *page, uint64_t id, const struct pack_ref *ref)
{
	buf_add_u64(page, id);
	buf_add_u64(page, ref->pack);
	buf_add_u64(page, ref->offset);
	buf_add_u64(page, ref->size);
	buf_add(page, span_of(ref->hash, PACK_HASH));
}

bool catalog_find(struct span page, uint64_t id, struct pack_ref *ret_ref)
{
	size_t low = 0, high = page.n / CATALOG_ENTRY;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (load_u64(page.p + mid * CATALOG_ENTRY) < id)
			low = mid + 1;
		else
			high = mid;
	}
	struct reader r = reader_of(span_skip(page, low * CATALOG_ENTRY));
	if (r.rest.n < CATALOG_ENTRY || reader_u64(&r) != id)
		return false;
	*ret_ref = (struct pack_ref){ .pack = reader_u64(&r) };
	ret_ref->offset = reader_u64(&r);
	ret_ref->size = reader_u64(&r);
	memcpy(ret_ref->hash, reader_bytes(&r, PACK_HASH).p, PACK_HASH);
	return true;
}

int catalog_page(struct op *op, struct pack_reader *packs, const struct manifest *m, uint64_t index,
	struct buf *to)
{
	size_t low = 0, high = m->catalog_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (m->catalogs[mid].index < index)
			low = mid + 1;
		else
			high = mid;
	}
	buf_reset(to);
	if (low == m->catalog_count || m->catalogs[low].index != index)
		return 0;
	return pack_read_whole(op, packs, &m->catalogs[low].ref, CATALOG_BYTES, to);
}

void catalog_init(struct catalog *c, const struct backup_folder *f, const struct manifest *m)
{
	*c = (struct catalog){ .manifest = m };
	pack_reader_init(&c->packs, f, &m->packs);
}

void catalog_done(struct catalog *c)
{
	for (size_t i = 0; i < CATALOG_CACHED; i++)
		buf_done(&c->slots[i].page);
	pack_reader_done(&c->packs);
}

int catalog_get(struct op *op, struct catalog *c, uint64_t id, struct pack_ref *ret_ref)
{
	uint64_t index = id / CATALOG_IDS;
	size_t i = index % CATALOG_CACHED;
	if (!c->slots[i].used || c->slots[i].index != index) {
		c->slots[i].used = false;
		int rc = catalog_page(op, &c->packs, c->manifest, index, &c->slots[i].page);
		if (rc < 0)
			return rc;
		c->slots[i].used = true;
		c->slots[i].index = index;
	}
	return catalog_find(buf_span(&c->slots[i].page), id, ret_ref) ? 0 : CATALOG_NONE;
}
