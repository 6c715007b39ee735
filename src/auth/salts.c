// SPDX-License-Identifier: Apache-2.0
#include "auth/salts.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/whole.h"

static_assert(SALTS_SECRET_BYTES == crypto_auth_hmacsha256_KEYBYTES, "the key of an HMAC");
static_assert(SCRAM_SALT_BYTES <= crypto_auth_hmacsha256_BYTES, "a salt is the beginning of one");

int salts_load(struct op *op, const char *dir, bool make, struct salts *ret_salts)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/auth", dir);
	if (n < 0 || (size_t)n + sizeof "/secret" > sizeof path)
		return op_fail(op, RC_CONFIG, "the data folder's path is too long");
	if (make && mkdir(path, 0700) != 0 && errno != EEXIST)
		return op_fail_errno(op, RC_IO, errno, "cannot make %s", path);
	memcpy(path + n, "/secret", sizeof "/secret");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && !make)
		return op_fail(op, RC_NONEXISTENT, "there is no %s", path);
	if (fd < 0 && errno == ENOENT) {
		random_bytes(ret_salts->secret, sizeof ret_salts->secret);
		return whole_file_write(op, path,
			span_of((const char *)ret_salts->secret, sizeof ret_salts->secret));
	}
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

void salts_of(const struct salts *s, struct span name, uint8_t ret_salt[SCRAM_SALT_BYTES])
{
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	(void)crypto_auth_hmacsha256(
		mac, (const unsigned char *)name.p, name.n, s->secret); // cannot fail
	memcpy(ret_salt, mac, SCRAM_SALT_BYTES);
}
