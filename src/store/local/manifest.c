// SPDX-License-Identifier: Apache-2.0
// The file is a log of RocksDB's (db/log_format.h there): blocks of 32768 octets; in them fragments
//     0  4  masked CRC-32C of the type and the payload      4  2  length      6  1  type: 1 whole, 2 first, 3 middle, 4 last
// and the payload. Less than 7 octets at a block's end are filling. A mask is a rotation right by 15 bits, plus 0xa282ead8. All little-endian.
#include "store/local/manifest.h"

#include "base/buf.h"
#include "base/crc32c.h"
#include "store/local/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 32768u
#define HEADER 7u
#define MASK_DELTA 0xa282ead8u
#define MANIFEST_MAX (UINT64_C(256) << 20) // RocksDB begins a new one at 1 MiB (index.c)
#define PATH_ROOM 4096u
#define NAME_ROOM 64u

enum fragment { WHOLE = 1, FIRST, MIDDLE, LAST };

// The type of a good fragment at `at`, and its end; 0: there is none.
static unsigned fragment_at(struct span file, size_t at, size_t *ret_end)
{
	if (at + HEADER > file.n)
		return 0;
	const char *p = file.p + at;
	size_t length = (uint8_t)p[4] | (size_t)(uint8_t)p[5] << 8;
	unsigned type = (uint8_t)p[6];
	size_t end = at + HEADER + length;
	if (type < WHOLE || type > LAST || end > file.n || at / BLOCK != (end - 1) / BLOCK)
		return 0;
	uint32_t crc = crc32c(0, span_of(p + 6, 1 + length));
	if (((crc >> 15 | crc << 17) + MASK_DELTA) != load_u32(p))
		return 0;
	*ret_end = end;
	return type;
}

// Where the last whole record ends.
static size_t good_end(struct span file)
{
	size_t at = 0, good = 0;
	bool inside = false;
	for (;;) {
		if (BLOCK - at % BLOCK < HEADER)
			at += BLOCK - at % BLOCK;
		unsigned type = fragment_at(file, at, &at);
		if (type == 0 || inside != (type == MIDDLE || type == LAST))
			return good;
		inside = type == FIRST || type == MIDDLE;
		if (!inside)
			good = at;
	}
}

static int read_name(const char *dir, char name[NAME_ROOM])
{
	char path[PATH_ROOM];
	size_t n = 0;
	int fd;
	(void)snprintf(path, sizeof path, "%s/CURRENT", dir); // dir is short
	int error = file_open(NULL, path, O_RDONLY, &fd);
	if (error)
		return error;
	error = file_read(NULL, fd, name, NAME_ROOM - 1, 0, &n);
	(void)close(fd); // only read
	name[n] = '\0';
	if (!error && (n == 0 || name[n - 1] != '\n' || strchr(name, '/')))
		error = EINVAL;
	if (!error)
		name[n - 1] = '\0';
	return error;
}

static int cut(int fd, bool *ret_cut)
{
	struct stat st;
	if (fstat(fd, &st))
		return errno;
	if ((uint64_t)st.st_size > MANIFEST_MAX)
		return EFBIG;
	size_t n = 0, size = (size_t)st.st_size;
	char *bytes = malloc(size + 1);
	if (!bytes)
		return ENOMEM;
	int error = file_read(NULL, fd, bytes, size, 0, &n);
	size_t good = error ? 0 : good_end(span_of(bytes, n));
	free(bytes);
	// Without a first record it is no MANIFEST that could have been in use.
	*ret_cut = !error && good > 0 && good < n;
	if (*ret_cut)
		error = file_truncate(NULL, fd, good);
	return error || !*ret_cut ? error : file_sync(NULL, fd);
}

int manifest_mend(struct op *op, const char *dir, bool *ret_cut)
{
	char name[NAME_ROOM], path[PATH_ROOM];
	int fd;
	int error = read_name(dir, name);
	if (!error) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, name); // dir is short
		error = file_open(NULL, path, O_RDWR, &fd);
	}
	if (!error) {
		error = cut(fd, ret_cut);
		(void)close(fd); // synced
	}
	return error ? op_fail_errno(op, RC_CORRUPT, error, "cannot mend the index in %s", dir) : 0;
}
