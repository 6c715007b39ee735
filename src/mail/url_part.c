// SPDX-License-Identifier: Apache-2.0
#include "mail/url_part.h"

#include "mail/url.h"
#include "mail/view_priv.h"

// What of these faults means that there is no such thing.
static int nothing_of(int rc)
{
	return rc == RC_NONEXISTENT || rc == RC_BADNAME || rc == RC_SYNTAX ? URL_NOTHING : rc;
}

static int open_message(struct op *op, const struct url *url, struct mailbox *mb, struct account *a,
	struct url_part *p)
{
	struct msg m;
	int rc = nothing_of(view_open_mailbox(op, a, mb, VIEW_READONLY, &p->view));
	if (rc)
		return rc;
	if (url->uid == 0 || (url->uid_validity && url->uid_validity != view_uid_validity(p->view)))
		return URL_NOTHING;
	rc = nothing_of(view_msg(op, p->view, (struct uid){ url->uid }, &m));
	if (rc == MSG_GONE)
		return URL_NOTHING;
	return rc ? rc : content_open(op, p->view, &m, &p->content);
}

static int find_octets(struct op *op, const struct url *url, struct url_part *p)
{
	int rc = url->section.p ? nothing_of(url_section(op, url->section, &p->section)) : 0;
	if (rc == 0)
		rc = content_section_find(op, &p->content, &p->section, &p->ranges);
	if (rc)
		return rc == SECTION_ABSENT ? URL_NOTHING : rc;
	uint64_t size = p->ranges.size;
	p->asked = (struct octets_range){ url->offset,
		url->length ? url->offset + url->length : UINT64_MAX };
	p->from = p->asked.from < size ? p->asked.from : size;
	p->to = p->asked.to < size ? p->asked.to : size;
	return 0;
}

int url_part_open_in(struct op *op, struct account *a, const struct url *url, struct mailbox *mb,
	struct url_part *ret_part)
{
	*ret_part = (struct url_part){ .view = NULL };
	int rc = open_message(op, url, mb, a, ret_part);
	if (rc == 0)
		rc = find_octets(op, url, ret_part);
	if (rc)
		url_part_close(ret_part);
	return rc;
}

int url_part_open(struct op *op, struct account *a, const struct url *url, struct span mailbox,
	struct url_part *ret_part)
{
	*ret_part = (struct url_part){ .view = NULL };
	struct mailbox *mb = mailbox_by_name(a, mailbox);
	int rc = mb ? url_part_open_in(op, a, url, mb, ret_part) : URL_NOTHING;
	mailbox_unref(mb);
	return rc;
}

void url_part_close(struct url_part *part)
{
	content_close(&part->content);
	view_close(part->view);
	part->view = NULL;
}

int url_part_put(struct op *op, struct url_part *part, uint64_t at, uint64_t n, bool for_literal,
	struct rope *to)
{
	uint64_t wrote = 0;
	part->ranges.keeps_nul = !for_literal;
	int rc = content_section_put(op, &part->content, &part->ranges,
		(struct octets_range){ part->from + at, part->from + at + n }, to, &wrote);
	if (rc == 0 && wrote != n)
		rc = op_fail(op, RC_CORRUPT, "a section is shorter than it was");
	return rc < 0 || rc == 0 ? rc : op_fail(op, RC_CORRUPT, "a section is not there any more");
}
