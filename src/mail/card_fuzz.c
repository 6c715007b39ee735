// SPDX-License-Identifier: Apache-2.0
// Fuzzes cards: hostile ones are read without harm, and one that is made of hostile octets is sound. The first octet chooses.
#include "base/must.h"
#include "mail/card.h"
#include "mime/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct op *op, struct span card)
{
	struct card_fields it = card_fields_of(card);
	struct card_field f;
	struct card_part p;
	struct thread_keys keys;
	struct buf body = { 0 };
	uint32_t at;
	size_t sum = 0;
	for (int i = 0; i < CARD_ITEMS; i++) {
		struct span s = card_item(card, (enum card_item)i);
		if (s.n)
			sum += (unsigned char)s.p[0] + (unsigned char)s.p[s.n - 1];
	}
	while (card_fields_next(&it, &f))
		sum += f.size;
	for (uint32_t i = 0; i < card_parts(card); i++) {
		if (card_part(op, card, i, &p))
			break;
		sum += p.type.n + p.subtype.n + p.charset.n + card_child(card, i, 1, &at);
	}
	(void)thread_keys_of_card(op, card, &keys); // only its reads matter here
	sum += card_body_of(card_item(card, CARD_STRUCTURE), &body);
	buf_done(&body);
	(void)sum;
}

static void make(struct op *op, struct span message, size_t limit)
{
	const struct mime_tree *t;
	struct card_source source = card_source_span(&message);
	struct span card, again;
	if (mime_parse(op, message, &t) || card_build(op, t, &source, limit, &card))
		return;
	must(card.n <= limit && card_check(card, message.n));
	must(card_build(op, t, &source, limit, &again) == 0 && span_eq(card, again));
	struct buf body = { 0 };
	struct card_part p;
	if (!card_left_out(card, CARD_STRUCTURE))
		must(card_body_of(card_item(card, CARD_STRUCTURE), &body));
	buf_done(&body);
	for (uint32_t i = 0; !card_left_out(card, CARD_PARTS) && i < card_parts(card); i++)
		must(card_part(op, card, i, &p) == 0);
	use(op, card);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct op op;
	op_init(&op, 0);
	struct span rest = span_of(data + 1, size ? size - 1 : 0);
	if (size == 0)
		return 0;
	if (data[0] % 4 == 0 && rest.n >= 16 && card_check(rest, load_u64(rest.p + 8)))
		use(&op, rest);
	else
		make(&op, rest, data[0] % 4 == 1 ? 200u + 8u * data[0] : BLOB_CARD_MAX);
	op_done(&op);
	return 0;
}
