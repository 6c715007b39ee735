// SPDX-License-Identifier: Apache-2.0
#include "mail/sent_form.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

static EVP_MAC_CTX *mac_new(EVP_MAC *hmac, const uint8_t key[SENT_KEY])
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *c = EVP_MAC_CTX_new(hmac);
	if (c && EVP_MAC_init(c, key, SENT_KEY, params) == 1)
		return c;
	EVP_MAC_CTX_free(c);
	return NULL;
}

int sent_form_begin(struct op *op, struct sent_form *f, const uint8_t key[SENT_KEY])
{
	sent_form_done(f);
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (hmac) {
		f->mac = mac_new(hmac, key);
		f->bcc = mac_new(hmac, key);
		EVP_MAC_free(hmac); // the contexts hold it
	}
	if (f->mac && f->bcc) {
		f->field = SENT_KEPT;
		return 0;
	}
	sent_form_done(f);
	return op_fail(op, RC_NOMEM, "out of memory");
}

void sent_form_done(struct sent_form *f)
{
	EVP_MAC_CTX_free(f->mac);
	EVP_MAC_CTX_free(f->bcc);
	*f = (struct sent_form){ 0 };
}

static void put(struct sent_form *f, enum sent_place place, const char *p, size_t n)
{
	// Updating cannot fail once it has begun.
	if (place == SENT_BCC)
		(void)EVP_MAC_update(f->bcc, (const unsigned char *)p, n);
	else if (place != SENT_LEFT_OUT)
		(void)EVP_MAC_update(f->mac, (const unsigned char *)p, n);
}

// What a field is, from its name and whatever stands between that and the colon (obs-optional, RFC 5322 section 4.5.8).
static enum sent_place field_of(struct span name)
{
	while (name.n && (name.p[name.n - 1] == ' ' || name.p[name.n - 1] == '\t'))
		name.n--;
	if (span_caseeq(name, SPAN("bcc")) || span_caseeq(name, SPAN("resent-bcc")))
		return SENT_BCC;
	if (span_caseeq(name, SPAN("received")) || span_caseeq(name, SPAN("return-path")) ||
		span_caseeq(name, SPAN("delivered-to")))
		return SENT_LEFT_OUT;
	return SENT_KEPT;
}

// The line is known: what was held of it goes where it belongs.
static void decide(struct sent_form *f, enum sent_place field)
{
	f->place = f->field = field;
	f->has_bcc |= field == SENT_BCC;
	put(f, field, f->name, f->held);
	f->held = 0;
}

// One of the first octets of a header line.
static void take_first(struct sent_form *f, char c)
{
	bool empty = c == '\n' && (f->held == 0 || (f->held == 1 && f->name[0] == '\r'));
	bool folded = f->held == 0 && (c == ' ' || c == '\t');
	f->name[f->held++] = c;
	if (empty)
		decide(f, SENT_BODY);
	else if (folded)
		decide(f, f->field);
	else if (c == ':')
		decide(f, field_of(span_of(f->name, f->held - 1u)));
	else if (c == '\n' || f->held == SENT_NAME_HELD)
		decide(f, SENT_KEPT);
	if (c == '\n' && !empty)
		f->place = SENT_LINE;
}

void sent_form_add(struct sent_form *f, struct span octets)
{
	size_t at = 0;
	while (at < octets.n && f->place != SENT_BODY) {
		if (f->place == SENT_LINE) {
			take_first(f, octets.p[at++]);
			continue;
		}
		const char *lf = memchr(octets.p + at, '\n', octets.n - at);
		size_t end = lf ? (size_t)(lf - octets.p) + 1 : octets.n;
		put(f, f->place, octets.p + at, end - at);
		at = end;
		if (lf)
			f->place = SENT_LINE;
	}
	put(f, SENT_BODY, octets.p + at, octets.n - at);
	if (octets.n) {
		f->last[0] = octets.n > 1 ? octets.p[octets.n - 2] : f->last[1];
		f->last[1] = octets.p[octets.n - 1];
	}
}

void sent_form_end(struct sent_form *f, struct sent_mark *ret_mark)
{
	struct sent_mark mark = { 0 };
	size_t n;
	if (f->held)
		decide(f, SENT_KEPT);
	if (f->last[0] != '\r' || f->last[1] != '\n')
		put(f, f->place == SENT_LINE ? SENT_KEPT : f->place, "\r\n", 2);
	(void)EVP_MAC_final(f->mac, mark.digest, &n, sizeof mark.digest);
	if (f->has_bcc)
		(void)EVP_MAC_final(f->bcc, mark.bcc, &n, sizeof mark.bcc);
	*ret_mark = mark;
}
