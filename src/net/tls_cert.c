// SPDX-License-Identifier: Apache-2.0
// The certificate of a first start: self-signed, so that TLS works at once; a person replaces it. And what the time says of any.
#include "net/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "net/tls_priv.h"

#define VALID_SECONDS (10L * 365 * 24 * 3600)
#define UNTIMELY_ROOM 64u
#define HOST_MAX 253 // RFC 1035 section 2.3.4, as text

// The machine's name as far as it is a DNS name, else "".
static struct span host_name(char *text, size_t size)
{
	if (gethostname(text, size) != 0)
		return SPAN("");
	text[size - 1] = 0;
	struct span s = span_str(text);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = ascii_lower((unsigned char)s.p[i]);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
			return SPAN("");
	}
	return s;
}

static bool extension_add(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool added = e && X509_add_ext(cert, e, -1) == 1;
	X509_EXTENSION_free(e);
	return added;
}

static bool names_set(X509 *cert)
{
	char text[HOST_MAX + 1];
	struct span host = host_name(text, sizeof text);
	bool is_named = host.n && !span_caseeq(host, SPAN("localhost"));
	struct span cn =
		is_named && host.n <= 64 ? host : SPAN("localhost"); // RFC 5280: ub-common-name
	X509_NAME *name = X509_NAME_new();
	struct buf alt = { 0 };
	if (is_named)
		buf_addf(&alt, "DNS:%.*s,", SPAN_FMT(host));
	buf_add(&alt, SPAN("DNS:localhost,IP:127.0.0.1,IP:::1"));
	buf_addc(&alt, 0);
	bool good = name && !alt.failed &&
		X509_NAME_add_entry_by_txt(
			name, "CN", MBSTRING_UTF8, (const void *)cn.p, (int)cn.n, -1, 0) == 1 &&
		X509_set_subject_name(cert, name) == 1 && X509_set_issuer_name(cert, name) == 1 &&
		extension_add(cert, NID_subject_alt_name, alt.p);
	X509_NAME_free(name);
	buf_done(&alt);
	return good;
}

static bool serial_set(X509 *cert)
{
	unsigned char bytes[16];
	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return false;
	bytes[0] &= 0x7f;
	BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
	bool good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
	BN_free(n);
	return good;
}

static X509 *certificate_make(EVP_PKEY *key)
{
	X509 *cert = X509_new();
	if (cert && X509_set_version(cert, X509_VERSION_3) == 1 && serial_set(cert) &&
		X509_gmtime_adj(X509_getm_notBefore(cert), -3600) && // clocks differ a little
		X509_gmtime_adj(X509_getm_notAfter(cert), VALID_SECONDS) &&
		X509_set_pubkey(cert, key) == 1 && names_set(cert) &&
		extension_add(cert, NID_basic_constraints, "critical,CA:FALSE") &&
		extension_add(cert, NID_key_usage, "critical,digitalSignature") &&
		extension_add(cert, NID_ext_key_usage, "serverAuth") &&
		extension_add(cert, NID_subject_key_identifier, "hash") &&
		X509_sign(cert, key, EVP_sha256()) > 0)
		return cert;
	X509_free(cert);
	return NULL;
}

// Writes one PEM object to `path`.new, durably.
static int pem_write(struct op *op, const char *path, mode_t mode, EVP_PKEY *key, X509 *cert)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return op_fail_errno(op, RC_IO, errno, "cannot create %s", path);
	FILE *f = fdopen(fd, "w");
	bool good = f && fchmod(fd, mode) == 0 &&
		(key ? PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1
		     : PEM_write_X509(f, cert) == 1) &&
		fflush(f) == 0 && fsync(fd) == 0;
	int error = errno;
	if (f)
		good = fclose(f) == 0 && good;
	else
		close(fd);
	return good ? 0 : op_fail_errno(op, RC_IO, error, "cannot write %s", path);
}

static char *new_name(struct op *op, const char *path)
{
	struct buf b = { 0 };
	buf_add(&b, span_str(path));
	buf_add(&b, SPAN(".new"));
	char *name = b.failed ? NULL : arena_str(&op->arena, buf_span(&b));
	buf_done(&b);
	if (!name)
		(void)op_fail(op, RC_NOMEM, "out of memory");
	return name;
}

static int files_write(
	struct op *op, const char *cert_file, const char *key_file, EVP_PKEY *key, X509 *cert)
{
	const char *cert_new = new_name(op, cert_file), *key_new = new_name(op, key_file);
	if (!cert_new || !key_new)
		return RC_NOMEM;
	int rc = pem_write(op, key_new, 0600, key, NULL);
	if (rc == 0)
		rc = pem_write(op, cert_new, 0644, NULL, cert);
	if (rc == 0 && (rename(key_new, key_file) != 0 || rename(cert_new, cert_file) != 0))
		rc = op_fail_errno(op, RC_IO, errno, "cannot create %s", cert_file);
	return rc;
}

// What ended between the two renames is gone on with: both files were whole before the first.
static void files_rename_again(const char *cert_file, const char *cert_new)
{
	if (access(cert_file, F_OK) != 0 && access(cert_new, F_OK) == 0)
		(void)rename(cert_new, cert_file); // else the missing file is told of
}

const char *cert_untimely(struct op *op, const X509 *cert)
{
	const ASN1_TIME *from = X509_get0_notBefore(cert), *to = X509_get0_notAfter(cert);
	bool early = X509_cmp_time(from, NULL) > 0; // 0 is a time that cannot be read: clients tell
	if (!early && X509_cmp_time(to, NULL) >= 0)
		return NULL;
	char *text = arena_bytes(&op->arena, UNTIMELY_ROOM);
	struct tm tm;
	if (!text)
		return "it is not valid now";
	if (ASN1_TIME_to_tm(early ? from : to, &tm) != 1 ||
		strftime(text, UNTIMELY_ROOM,
			early ? "it is valid from %Y-%m-%d %H:%M:%S UTC on, not yet"
			      : "it expired on %Y-%m-%d %H:%M:%S UTC",
			&tm) == 0)
		return "it is not valid now";
	return text;
}

int tls_make_self_signed(struct op *op, const char *cert_file, const char *key_file)
{
	const char *cert_new = new_name(op, cert_file);
	if (!cert_new)
		return RC_NOMEM;
	bool has_key = access(key_file, F_OK) == 0;
	if (has_key)
		files_rename_again(cert_file, cert_new);
	bool has_cert = access(cert_file, F_OK) == 0;
	if (has_cert && has_key)
		return 1;
	if (has_cert != has_key)
		return op_fail(op, RC_CONFIG, "%s is there, but %s is not",
			has_cert ? cert_file : key_file, has_cert ? key_file : cert_file);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = key ? certificate_make(key) : NULL;
	int rc;
	if (!cert)
		rc = op_fail(op, RC_SERVERBUG, "cannot make a certificate: %s", tls_error_text());
	else
		rc = files_write(op, cert_file, key_file, key, cert);
	X509_free(cert);
	EVP_PKEY_free(key);
	return rc;
}
