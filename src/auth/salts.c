// SPDX-License-Identifier: Apache-2.0
#include "auth/salts.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/whole.h"

static_assert(SALTS_SECRET_BYTES == crypto_auth_hmacsha256_KEYBYTES, "the key of an HMAC");
static_assert(SCRAM_SALT_BYTES <= crypto_auth_hmacsha256_BYTES, "a salt is the beginning of one");

// RC_NONEXISTENT: there is none.
static int secret_read(struct op *op, const char *path, struct salts *ret_salts)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return op_fail(op, RC_NONEXISTENT, "there is no %s", path);
	char more;
	bool bad = fd < 0 ||
		read(fd, ret_salts->secret, sizeof ret_salts->secret) != sizeof ret_salts->secret;
	bool later = !bad && read(fd, &more, 1) != 0; // its size is its version
	if (fd >= 0)
		close(fd);
	if (later)
		return op_fail(op, RC_VERSION, "%s has an unknown format version", path);
	return bad ? op_fail(op, RC_IO, "cannot read %s", path) : 0;
}

// Makes it, unless somebody else has meanwhile.
static int secret_make(struct op *op, const char *lock, const char *path, struct salts *ret_salts)
{
	int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc = RC_NONEXISTENT;
	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		rc = op_fail_errno(op, RC_IO, errno, "cannot lock %s", lock);
	else
		rc = secret_read(op, path, ret_salts);
	if (rc == RC_NONEXISTENT) {
		random_bytes(ret_salts->secret, sizeof ret_salts->secret);
		rc = whole_file_write(op, path,
			span_of((const char *)ret_salts->secret, sizeof ret_salts->secret));
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

int salts_load(struct op *op, const char *dir, struct salts *ret_salts)
{
	char path[4096], lock[4096];
	int n = snprintf(path, sizeof path, "%s/auth/secret", dir);
	int m = snprintf(lock, sizeof lock, "%s/auth/users.lock", dir);
	if (n < 0 || (size_t)n >= sizeof path || m < 0 || (size_t)m >= sizeof lock)
		return op_fail(op, RC_CONFIG, "the data folder's path is too long");
	int rc = secret_read(op, path, ret_salts);
	return rc == RC_NONEXISTENT ? secret_make(op, lock, path, ret_salts) : rc;
}

void salts_of(const struct salts *s, struct span name, uint8_t ret_salt[SCRAM_SALT_BYTES])
{
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	(void)crypto_auth_hmacsha256(
		mac, (const unsigned char *)name.p, name.n, s->secret); // cannot fail
	memcpy(ret_salt, mac, SCRAM_SALT_BYTES);
}
