// SPDX-License-Identifier: Apache-2.0
// Logging in at a relay that GNU SASL plays.
#include "smtp/relay_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka needs the ones above first
#include <cmocka.h>

#include "wire/base64.h"

#include <gsasl.h>

static struct op op;
static struct relay relay;
static const char *bound; // what the relay sees of the channel, in base64

static int property(Gsasl *ctx, Gsasl_session *session, Gsasl_property prop)
{
	(void)ctx;
	if (prop == GSASL_PASSWORD)
		return gsasl_property_set(session, prop, "secret");
	if (prop == GSASL_CB_TLS_EXPORTER && bound)
		return gsasl_property_set(session, prop, bound);
	if (prop == GSASL_VALIDATE_SIMPLE)
		return strcmp(gsasl_property_fast(session, GSASL_PASSWORD), "secret") == 0
			? GSASL_OK
			: GSASL_AUTHENTICATION_ERROR;
	return GSASL_NO_CALLBACK;
}

static int setup(void **state)
{
	(void)state;
	op_init(&op, 0);
	relay = (struct relay){ .config = { .user = "us", .password = "secret" } };
	bound = NULL;
	return gsasl_init(&relay.gsasl) == GSASL_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	gsasl_done(relay.gsasl);
	op_done(&op);
	return 0;
}

// Logs in; the mechanism's name in *ret_name. What the relay says of it.
static int log_in(
	struct span mechanisms, const struct relay_channel *channel, struct span *ret_name)
{
	Gsasl *ctx;
	Gsasl_session *server;
	struct relay_sasl *sasl;
	struct span line, word;
	char name[64], *answer = NULL;
	assert_int_equal(relay_sasl_begin(&op, &relay, mechanisms, channel, &sasl, &line), 0);
	line = span_split(span_trim(line), ' ', &word);
	assert_true(span_eq(word, SPAN("AUTH")));
	struct span text = span_split(line, ' ', ret_name);
	(void)snprintf(name, sizeof name, "%.*s", SPAN_FMT(*ret_name));
	assert_int_equal(gsasl_init(&ctx), GSASL_OK);
	gsasl_callback_set(ctx, property);
	assert_int_equal(gsasl_server_start(ctx, name, &server), GSASL_OK);
	int rc = GSASL_NEEDS_MORE;
	for (unsigned i = 0; rc == GSASL_NEEDS_MORE && i < 5; i++) {
		char in[1024];
		(void)snprintf(in, sizeof in, "%.*s", SPAN_FMT(span_trim(text)));
		rc = gsasl_step64(server, in, &answer);
		if (rc == GSASL_NEEDS_MORE || (rc == GSASL_OK && answer && *answer))
			assert_int_equal(relay_sasl_step(&op, sasl, span_str(answer), &text), 0);
		gsasl_free(answer);
		answer = NULL;
	}
	if (rc == GSASL_OK)
		assert_true(relay_sasl_is_done(sasl));
	relay_sasl_free(sasl);
	gsasl_finish(server);
	gsasl_done(ctx);
	return rc;
}

static void binds_to_the_channel(void **state)
{
	(void)state;
	const struct relay_channel tls = { .is_private = true, .binding = SPAN("0123456789") };
	const struct span all = SPAN("PLAIN SCRAM-SHA-256 SCRAM-SHA-256-PLUS");
	struct span name;
	bound = "MDEyMzQ1Njc4OQ==";
	assert_int_equal(log_in(all, &tls, &name), GSASL_OK);
	assert_true(span_eq(name, SPAN("SCRAM-SHA-256-PLUS")));
	bound = "bm90IG91cnM="; // somebody stands between
	assert_int_not_equal(log_in(all, &tls, &name), GSASL_OK);
	bound = NULL;
	assert_int_equal(log_in(SPAN("PLAIN SCRAM-SHA-256"), &tls, &name), GSASL_OK);
	assert_true(span_eq(name, SPAN("SCRAM-SHA-256")));
}

static void without_a_channel(void **state)
{
	(void)state;
	const struct relay_channel near = { .is_private = true }, open = { .is_private = false };
	struct relay_sasl *sasl;
	struct span name, line;
	assert_int_equal(
		log_in(SPAN("SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN"), &near, &name), GSASL_OK);
	assert_true(span_eq(name, SPAN("SCRAM-SHA-256")));
	assert_int_equal(log_in(SPAN("LOGIN PLAIN"), &near, &name), GSASL_OK);
	assert_true(span_eq(name, SPAN("PLAIN")));
	assert_int_equal(
		relay_sasl_begin(&op, &relay, SPAN("PLAIN LOGIN"), &open, &sasl, &line), RC_CANNOT);
	assert_int_equal(
		relay_sasl_begin(&op, &relay, SPAN("SCRAM-SHA-256-PLUS"), &near, &sasl, &line),
		RC_CANNOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(binds_to_the_channel, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_channel, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
