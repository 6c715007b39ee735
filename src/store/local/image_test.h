// SPDX-License-Identifier: Apache-2.0
// Starling: for tests: what a volume's folder holds at one moment, as a crash would leave it, to be put back and damaged at will.
// Only the first IMAGE_BYTES of each file are kept, the rest comes back as zeros: a test writes no more than that.
#ifndef STORE_LOCAL_IMAGE_TEST_H
#define STORE_LOCAL_IMAGE_TEST_H

#include "store/local/local_priv.h"
#include "store/testing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#ifndef IMAGE_BYTES
#define IMAGE_BYTES (512u << 10)
#endif
#define IMAGE_FILES 64

struct image {
	struct {
		char name[300]; // below the volume's folder
		size_t n;
		off_t size;
		char *bytes;
	} files[IMAGE_FILES];
	size_t count;
};

static inline void image_file(struct image *im, const char *dir, const char *name)
{
	char path[400];
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return; // RocksDB replaced it meanwhile
	struct stat st;
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	assert_true(im->count < IMAGE_FILES);
	(void)snprintf(im->files[im->count].name, sizeof im->files[0].name, "%s", name);
	im->files[im->count].size = st.st_size;
	im->files[im->count].bytes = malloc(IMAGE_BYTES);
	ssize_t n = read(fd, im->files[im->count].bytes, IMAGE_BYTES);
	assert_true(n >= 0);
	im->files[im->count++].n = (size_t)n;
	(void)close(fd);
}

static inline void image_folder(struct image *im, const char *dir, const char *sub)
{
	char path[400];
	(void)snprintf(path, sizeof path, "%s/%s", dir, sub);
	DIR *d = opendir(path);
	assert_non_null(d);
	const struct dirent *e;
	while ((e = readdir(d))) {
		char name[300];
		if (e->d_name[0] == '.' || strcmp(e->d_name, "spare") == 0 ||
			strncmp(e->d_name, "LOG", 3) == 0 || strcmp(e->d_name, "LOCK") == 0)
			continue;
		(void)snprintf(name, sizeof name, "%s/%s", sub, e->d_name);
		image_file(im, dir, name);
	}
	(void)closedir(d);
}

static inline void image_take(struct image *im, const char *dir)
{
	im->count = 0;
	image_file(im, dir, "volume");
	image_folder(im, dir, "log");
	image_folder(im, dir, "index");
}

static inline void image_done(struct image *im)
{
	for (size_t i = 0; i < im->count; i++)
		free(im->files[i].bytes);
	im->count = 0;
}

// Makes the folder hold the image and nothing else.
static inline void image_put(const struct image *im, const char *dir)
{
	char path[400];
	(void)nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	static const char *const folders[] = { "", "/log", "/index" };
	for (size_t i = 0; i < countof(folders); i++) {
		(void)snprintf(path, sizeof path, "%s%s", dir, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (size_t i = 0; i < im->count; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, im->files[i].name);
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, im->files[i].bytes, im->files[i].n), im->files[i].n);
		assert_int_equal(ftruncate(fd, im->files[i].size), 0);
		(void)close(fd);
	}
}

// The kept bytes of segment `number`.
static inline char *image_segment(const struct image *im, uint32_t number)
{
	char name[64];
	(void)snprintf(name, sizeof name, "log/%08x.log", number);
	for (size_t i = 0; i < im->count; i++)
		if (strcmp(im->files[i].name, name) == 0)
			return im->files[i].bytes;
	fail_msg("no segment %u in the image", number);
	return NULL;
}

// Where the groups of a segment begin, and where the last one ends (at ret[count]).
static inline size_t image_groups(const char *segment, uint32_t ret[1000])
{
	struct segment_header h;
	assert_int_equal(segment_header_decode(segment, &h), 0);
	uint32_t at = SEGMENT_HEADER, seed = segment_seed(h.nonce);
	size_t count = 0;
	struct frame f;
	uint64_t seq = 0;
	while (at + FRAME_HEADER <= IMAGE_BYTES && frame_decode(segment + at, seed, &f) &&
		f.seq > seq) {
		if (f.type == FRAME_GROUP)
			ret[count++] = at;
		seq = f.seq;
		at += frame_size(f.length);
	}
	ret[count] = at;
	return count;
}

#endif
