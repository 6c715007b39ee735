// SPDX-License-Identifier: Apache-2.0
// Part of model_fuzz.c: STORE, COPY, MOVE, EXPUNGE, FETCH. The model is changed first: what the client hears is held against the new state.

static void do_expunge(struct world *w, struct client *c)
{
	struct set s;
	bool uid = pick(w, 2);
	buf_addf(&w->text, "%sEXPUNGE%s", uid ? "UID " : "", uid ? " " : "");
	if (uid && !set_pick(w, c, true, &s))
		return noop(w, c);
	if (!c->readonly)
		model_expunge(w, c->box, uid ? &s : NULL);
	say(w, c, c->readonly ? ANSWER_NO : ANSWER_OK);
}

static unsigned stored(unsigned old, unsigned how, unsigned flags)
{
	return how == 0 ? flags : how == 1 ? old | flags : old & ~flags;
}

// RFC 9051 section 6.4.6; UNCHANGEDSINCE: RFC 7162 section 3.1.3.
static void do_store(struct world *w, struct client *c)
{
	static const char *const sign[] = { "", "+", "-" };
	struct set s;
	struct model_point since = { UINT64_MAX, 0 };
	unsigned how = pick(w, 3), kind = pick(w, 8), flags;
	bool uid = kind & 1, silent = kind & 2, gone = false;
	buf_addf(&w->text, "%sSTORE ", uid ? "UID " : "");
	if (!set_pick(w, c, uid, &s))
		return noop(w, c);
	if (kind & 4) {
		since = point_pick(w, c->box);
		buf_addf(&w->text, " (UNCHANGEDSINCE %llu)", (unsigned long long)since.highest);
		c->condstore = true;
	}
	buf_addf(&w->text, " %sFLAGS%s ", sign[how], silent ? ".SILENT" : "");
	flags_pick(w, &flags);
	bool expected[2 * MODEL_MESSAGES] = { false }; // fails the condition
	bool asked[2 * MODEL_MESSAGES] = { false };
	size_t failed = 0, count = c->n;
	for (size_t i = 0; i < c->n && !c->readonly; i++) {
		struct model_message *msg = set_message(&s, c, i, &gone);
		if (!msg)
			continue;
		asked[i] = !silent;
		expected[i] = msg->changed > since.when;
		failed += expected[i];
		if (expected[i])
			continue;
		model_flags_set(&w->model, c->box, msg, stored(msg->flags, how, flags));
		if (silent && c->list[i].flags >= 0) // what the client makes of its own change
			c->list[i].flags = (int)stored((unsigned)c->list[i].flags, how, flags);
	}
	uint32_t uids[2 * MODEL_MESSAGES];
	for (size_t i = 0; i < count; i++)
		uids[i] = c->list[i].uid;
	c->keeps_numbers = !uid;
	say(w, c, c->readonly || (gone && !uid) ? ANSWER_NO : ANSWER_OK);
	must(ranges_size(&c->modified) == failed);
	for (size_t i = 0; i < count; i++)
		must(!expected[i] || ranges_have(&c->modified, uid ? uids[i] : i + 1));
	for (size_t i = 0; i < c->n && !uid; i++)
		must(!asked[i] || expected[i] || c->list[i].fetched);
}

static void do_copy(struct world *w, struct client *c)
{
	struct set s;
	unsigned kind = pick(w, 4);
	bool uid = kind & 1, move = kind & 2, gone = false;
	size_t name = pick(w, MODEL_NAMES), count = 0;
	struct model_box *from = c->box, *to = w->model.name[name];
	uint32_t source[2 * MODEL_MESSAGES], first = to ? to->uid_next : 0;
	buf_addf(&w->text, "%s%s ", uid ? "UID " : "", move ? "MOVE" : "COPY");
	if (!set_pick(w, c, uid, &s))
		return noop(w, c);
	buf_addf(&w->text, " %s", model_name[name]);
	for (size_t i = 0; i < c->n; i++) {
		const struct model_message *msg = set_message(&s, c, i, &gone);
		if (msg)
			source[count++] = msg->uid;
	}
	if (to && to->n + count > BOX_MOST)
		return noop(w, c);
	bool refused = (move && c->readonly) || !to;
	for (size_t i = 0; i < count && !refused; i++) {
		struct model_message msg = *model_find(from, source[i]);
		model_add(&w->model, to, first + (uint32_t)i, msg.flags, msg.serial);
	}
	for (size_t i = 0; i < count && move && !refused; i++)
		model_remove(&w->model, from, source[i]);
	say(w, c, refused || (!uid && !count) ? ANSWER_NO : ANSWER_OK);
	must(ranges_size(&c->from) == (refused ? 0 : count));
	for (size_t i = 0; i < count && !refused; i++) { // RFC 4315 section 3
		must(ranges_nth(&c->from, i) == source[i]);
		must(ranges_nth(&c->to, i) == first + i);
	}
	must(refused || !count || c->uid_validity == to->validity);
}

static void do_fetch(struct world *w, struct client *c)
{
	static const char *const items[] = { "FLAGS", "(UID FLAGS)", "(UID FLAGS MODSEQ)",
		"(RFC822.SIZE UID)", "BODY.PEEK[]", "(UID BODY[])" };
	struct set s;
	struct model_point since = { 0, 0 };
	unsigned item = pick(w, 6), kind = pick(w, 8);
	bool uid = kind & 1, gone = false, asked[2 * MODEL_MESSAGES] = { false };
	bool vanished = kind == 7 && c->qresync;
	buf_addf(&w->text, "%sFETCH ", uid ? "UID " : "");
	if (!set_pick(w, c, uid, &s))
		return noop(w, c);
	buf_addf(&w->text, " %s", items[item]);
	if (kind & 4) {
		since = point_pick(w, c->box);
		buf_addf(&w->text, " (CHANGEDSINCE %llu%s)", (unsigned long long)since.highest,
			vanished ? " VANISHED" : "");
	}
	c->condstore |= kind & 4 || item == 2;
	for (size_t i = 0; i < c->n; i++) {
		struct model_message *msg = set_message(&s, c, i, &gone);
		asked[i] = msg && msg->changed > since.when;
		if (asked[i] && item == 5 && !c->readonly) // RFC 9051 section 6.4.5: BODY[]
			model_flags_set(&w->model, c->box, msg, msg->flags | MODEL_SEEN);
	}
	uint32_t uids[2 * MODEL_MESSAGES];
	size_t count = c->n;
	for (size_t i = 0; i < count; i++)
		uids[i] = c->list[i].uid;
	c->keeps_numbers = !uid;
	c->fetching = true;
	// Of messages that are gone and not told so, a number means NO (RFC 2180 section 4.1.2); with CHANGEDSINCE they are no match.
	enum answer answer = client_say(c, buf_span(&w->text));
	buf_reset(&w->text);
	synced(c);
	must(answer == ANSWER_OK || (answer == ANSWER_NO && gone && !uid));
	must(answer == ANSWER_NO || !gone || uid || kind & 4);
	for (size_t i = 0, k = 0; i < count; i++) {
		while (k < c->n && c->list[k].uid < uids[i])
			k++;
		must(!asked[i] || (k < c->n && c->list[k].uid == uids[i] && c->list[k].fetched));
	}
	// What the client had in its list is told as VANISHED without EARLIER instead.
	for (size_t i = 0; vanished && i < c->box->gone_count && i < 4 * MODEL_MESSAGES; i++) {
		const struct model_gone *g = &c->box->gone[i];
		bool told = ranges_have(&c->earlier, g->uid);
		for (size_t k = 0; k < count; k++)
			told |= uids[k] == g->uid;
		must(told || g->when <= since.when || !ranges_have(&s.r, g->uid));
	}
	c->keeps_numbers = c->fetching = false;
}
