// SPDX-License-Identifier: Apache-2.0
// Part of model_fuzz.c: SEARCH (RFC 9051 section 6.4.4; MODSEQ: RFC 7162 section 3.1.5), and what is left at the end.

struct key { // one that holds for a message, or not
	enum { KEY_ALL, KEY_FLAG, KEY_SET, KEY_CHANGED } kind;
	bool negated;
	unsigned flag;
	struct set set;
	struct model_point since;
};

static void key_pick(struct world *w, struct client *c, bool *keeps_numbers, struct key *ret_key)
{
	static const char *const words[] = { "SEEN", "ANSWERED", "FLAGGED", "DELETED", "DRAFT" };
	unsigned kind = pick(w, 8);
	struct key k = { .kind = KEY_ALL, .negated = pick(w, 3) == 0 };
	buf_addf(&w->text, k.negated ? " NOT " : " ");
	size_t before = w->text.n;
	if (kind < 4) {
		k.kind = KEY_FLAG;
		k.flag = pick(w, MODEL_FLAGS);
		bool un = pick(w, 2);
		buf_addf(&w->text, "%s%s%s", un ? "UN" : "", k.flag < 5 ? "" : "KEYWORD ",
			k.flag < 5 ? words[k.flag] : model_flag[k.flag]);
		k.negated ^= un;
	} else if (kind < 6) {
		k.kind = KEY_SET;
		buf_add(&w->text, kind == 4 ? SPAN("UID ") : SPAN(""));
		*keeps_numbers |= kind == 5;
		if (!set_pick(w, c, kind == 4, &k.set)) {
			w->text.n = before;
			k.kind = KEY_ALL;
		}
	} else if (kind == 6) {
		k.kind = KEY_CHANGED;
		k.since = point_pick(w, c->box);
		buf_addf(&w->text, "MODSEQ %llu", (unsigned long long)k.since.highest + 1);
		c->condstore = true;
	}
	if (k.kind == KEY_ALL)
		buf_add(&w->text, SPAN("ALL"));
	*ret_key = k;
}

static bool key_holds(
	const struct key *k, const struct client *c, size_t i, const struct model_message *msg)
{
	bool is = true;
	if (k->kind == KEY_FLAG)
		is = msg->flags >> k->flag & 1;
	else if (k->kind == KEY_SET)
		is = set_has(&k->set, c, i);
	else if (k->kind == KEY_CHANGED)
		is = msg->changed > k->since.when;
	return is != k->negated;
}

static void do_search(struct world *w, struct client *c)
{
	static const char *const returns[] = { "", " RETURN ()", " RETURN (MIN MAX COUNT)",
		" RETURN (ALL COUNT)" };
	struct key key[3];
	unsigned form = pick(w, 4), count = 1 + pick(w, 3), or = pick(w, 4);
	bool uid = pick(w, 2), numbers = !uid;
	bool may[2 * MODEL_MESSAGES] = { false }, must_be[2 * MODEL_MESSAGES] = { false };
	buf_addf(&w->text, "%sSEARCH%s", uid ? "UID " : "", returns[form]);
	bool is_or = or == 0 && count == 2;
	if (is_or)
		buf_add(&w->text, SPAN(" OR"));
	for (unsigned i = 0; i < count; i++)
		key_pick(w, c, &numbers, &key[i]);
	size_t n = c->n, found = 0, first = 0, last = 0;
	bool exact = c->told + 1 >= c->box->uid_next; // or there may be news, which it finds by UID
	for (size_t i = 0; i < n; i++) {
		const struct model_message *msg = model_find(c->box, c->list[i].uid);
		exact &= !!msg;
		bool all = true, any = false;
		for (unsigned k = 0; msg && k < count; k++) {
			all &= key_holds(&key[k], c, i, msg);
			any |= key_holds(&key[k], c, i, msg);
		}
		must_be[i] = msg && (is_or ? any : all);
		may[i] = must_be[i] || !msg;
		if (must_be[i])
			last = uid ? c->list[i].uid : i + 1;
		first = found || !must_be[i] ? first : last;
		found += must_be[i];
	}
	uint32_t uids[2 * MODEL_MESSAGES];
	for (size_t i = 0; i < n; i++)
		uids[i] = c->list[i].uid;
	c->search_uid = uid;
	c->keeps_numbers = numbers;
	say(w, c, ANSWER_OK);
	c->keeps_numbers = false;
	for (size_t i = 0, k = 0; i < n && c->search_all; i++) {
		while (k < c->n && c->list[k].uid < uids[i])
			k++;
		if (k < c->n && c->list[k].uid == uids[i])
			must(c->list[k].found ? may[i] : !must_be[i]);
		else
			must(!must_be[i]);
	}
	must(form == 2 || c->search_all || !found); // ALL is left out when there is none
	if (!exact)
		return;
	must(c->count == UINT64_MAX || c->count == found);
	must(c->min == UINT64_MAX || (c->min == first && c->max == last));
	must(form != 2 || !found || (c->min == first && c->max == last));
	must((form != 2 && form != 3) || c->count == found);
}

// Everything, as a client that comes anew sees it.
static void fetch_everything(struct world *w)
{
	struct client *c = &w->observer;
	for (size_t i = 0; i < MODEL_NAMES; i++) {
		struct model_box *b = w->model.name[i];
		if (!b)
			continue;
		c->box = b;
		c->n = 0;
		c->selecting = true;
		buf_addf(&w->text, "EXAMINE %s", model_name[i]);
		say(w, c, ANSWER_OK);
		must(c->n == b->n && c->uid_next == b->uid_next);
		if (b->n == 0)
			continue;
		buf_add(&w->text, SPAN("FETCH 1:* (UID FLAGS MODSEQ RFC822.SIZE BODY.PEEK[])"));
		c->fetching = true;
		say(w, c, ANSWER_OK);
		for (size_t k = 0; k < b->n; k++)
			must(c->list[k].fetched && c->list[k].flags == (int)b->m[k].flags);
	}
}
