// SPDX-License-Identifier: Apache-2.0
// FROM/volume is what an earlier program looks at first. Before anything else changes, a note takes its place that has the form of a volume file (volume.c) and a
// version that no earlier program knows: whatever interrupts this, such a program refuses the folder. Everything is moved to TO.new, which becomes TO when it
// is complete. Who finds the note but no TO goes on where another was interrupted.
#include "store/local/relocate.h"

#include "base/crc32c.h"
#include "base/log.h"
#include "store/local/local_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM 4096u
#define MAGIC "STARVOL\n"
#define NOTE_VERSION 2u // "it is in a folder of its own"

enum found { FOUND_NOTHING, FOUND_VOLUME, FOUND_NOTE };
struct relocation {
	struct op *op;
	const struct files *files;
	const char *from, *to;
	char fresh[PATH_ROOM]; // TO.new
	char volume[VOLUME_BYTES];
	size_t octets; // of FROM/volume; a damaged one is moved as well
	bool is_sound; // it is not damaged
};

static int path_make(struct op *op, char path[PATH_ROOM], const char *dir, const char *name)
{
	return snprintf(path, PATH_ROOM, "%s/%s", dir, name) < (int)PATH_ROOM
		? 0
		: op_fail(op, RC_CONFIG, "the folder's name is too long");
}

static bool is_there(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

static int failed(struct relocation *r, int error, const char *path)
{
	return error ? op_fail_errno(r->op, error == ENOSPC ? RC_NOSPACE : RC_IO, error,
			       "cannot move the store to a folder of its own: %s", path)
		     : 0;
}

static int look(struct relocation *r, enum found *ret_found)
{
	char path[PATH_ROOM];
	int fd, rc = path_make(r->op, path, r->from, "volume");
	if (rc)
		return rc;
	int error = file_open(r->files, path, O_RDONLY, &fd);
	if (error == ENOENT) {
		rc = path_make(r->op, path, r->from, "log");
		*ret_found = rc == 0 && is_there(path) ? FOUND_VOLUME : FOUND_NOTHING;
		r->octets = 0;
		return rc;
	}
	if (!error) {
		error = file_read(r->files, fd, r->volume, sizeof r->volume, 0, &r->octets);
		(void)close(fd); // only read
	}
	bool known = r->octets == VOLUME_BYTES && memcmp(r->volume, MAGIC, 8) == 0;
	uint32_t version = known ? load_u32(r->volume + 8) : 1;
	r->is_sound = known && load_u32(r->volume + 40) == crc32c(0, span_of(r->volume, 40));
	if (!error && version > NOTE_VERSION)
		return op_fail(r->op, RC_VERSION, "%s has an unknown format version", path);
	*ret_found = version == NOTE_VERSION ? FOUND_NOTE : FOUND_VOLUME;
	return failed(r, error, path);
}

static int write_file(struct relocation *r, const char *dir, const char *name, struct span bytes)
{
	char path[PATH_ROOM];
	int fd, rc = path_make(r->op, path, dir, name);
	if (rc)
		return rc;
	int error = file_open(r->files, path, O_WRONLY | O_CREAT | O_TRUNC, &fd);
	if (!error) {
		error = file_write(r->files, fd, bytes, 0);
		if (!error)
			error = file_sync(r->files, fd);
		(void)close(fd); // synced
	}
	return failed(r, error, path);
}

// The volume file goes ahead: behind the note nothing is left to read it from.
static int note_put(struct relocation *r)
{
	char note[VOLUME_BYTES] = MAGIC, path[PATH_ROOM], fresh[PATH_ROOM];
	store_u32(note + 8, NOTE_VERSION);
	store_u32(note + 40, crc32c(0, span_of(note, 40)));
	int rc = r->octets ? write_file(r, r->fresh, "volume", span_of(r->volume, r->octets)) : 0;
	if (rc == 0)
		rc = failed(r, file_sync_dir(r->files, r->fresh), r->fresh);
	// Its own name, too: else a power cut could leave the note, and take the only copy of what it replaced.
	if (rc == 0)
		rc = failed(r, file_sync_dir(r->files, r->from), r->from);
	if (rc == 0)
		rc = write_file(r, r->from, "volume.new", span_of(note, sizeof note));
	if (rc == 0)
		rc = path_make(r->op, fresh, r->from, "volume.new");
	if (rc == 0)
		rc = path_make(r->op, path, r->from, "volume");
	if (rc == 0)
		rc = failed(r, file_rename(r->files, fresh, path), path);
	return rc ? rc : failed(r, file_sync_dir(r->files, r->from), r->from);
}

static bool is_ours(const char *name)
{
	return strcmp(name, "log") == 0 || strcmp(name, "index") == 0 ||
		strcmp(name, "reserve") == 0 || strncmp(name, "index.", 6) == 0 ||
		strncmp(name, "view-", 5) == 0;
}

static int move_one(struct relocation *r, const char *name)
{
	char path[PATH_ROOM], to[PATH_ROOM];
	int rc = path_make(r->op, path, r->from, name);
	if (rc == 0)
		rc = path_make(r->op, to, r->fresh, name);
	if (rc)
		return rc;
	int error = file_rename(r->files, path, to);
	if ((error == ENOTEMPTY || error == EEXIST) && rmdir(path) == 0)
		error = 0; // an earlier program had looked, and made an empty one
	return failed(r, error, path);
}

// What the folder shows.
static int move_some(struct relocation *r, bool *ret_moved)
{
	int rc = 0;
	const struct dirent *e;
	DIR *d = opendir(r->from);
	if (!d)
		return failed(r, errno, r->from);
	*ret_moved = false;
	while (rc == 0 && (errno = 0, e = readdir(d)))
		if (is_ours(e->d_name)) {
			rc = move_one(r, e->d_name);
			*ret_moved = true;
		}
	if (rc == 0) // what it did not show would be left behind
		rc = failed(r, errno, r->from);
	(void)closedir(d); // only read
	return rc;
}

static int move_all(struct relocation *r)
{
	int rc = 0;
	bool moved = true;
	while (rc == 0 && moved) // which names a folder shows that changes is not told
		rc = move_some(r, &moved);
	if (rc == 0)
		rc = failed(r, file_sync_dir(r->files, r->fresh), r->fresh);
	if (rc == 0)
		rc = failed(r, file_rename(r->files, r->fresh, r->to), r->to);
	return rc ? rc : failed(r, file_sync_dir(r->files, r->from), r->from);
}

// There is a TO. While one is made FROM has the note: a volume there is another one, of before an earlier program was taken back, or TO was made by hand.
// Neither is to be passed over in silence.
static int refuse_two(struct relocation *r)
{
	enum found found;
	int rc = look(r, &found);
	if (rc == RC_IO) { // what is in TO says whether it is whole
		r->op->rc = 0;
		return 0;
	}
	if (rc == 0 && found == FOUND_VOLUME && r->is_sound)
		rc = op_fail(r->op, RC_CONFIG,
			"%s has the store of an earlier version, but there is %s, too: move one of "
			"them away",
			r->from, r->to);
	return rc;
}

// Nobody else has the folder.
static int relocate(struct relocation *r, bool make)
{
	enum found found;
	int rc = look(r, &found);
	if (rc || is_there(r->to) || (found == FOUND_NOTHING && !make))
		return rc;
	if (mkdir(r->fresh, 0700) && errno != EEXIST)
		return failed(r, errno, r->fresh);
	if (found != FOUND_NOTE)
		rc = note_put(r);
	if (rc == 0)
		rc = move_all(r);
	if (rc == 0 && found == FOUND_VOLUME)
		log_info("store", "the files of the store were moved to %s", r->to);
	return rc;
}

int local_relocate(
	struct op *op, const struct files *files, const char *from, const char *to, bool make)
{
	struct relocation r = { .op = op, .files = files, .from = from, .to = to };
	char path[PATH_ROOM];
	enum found found = FOUND_NOTHING;
	int lock;
	if (is_there(to))
		return refuse_two(&r);
	int rc = look(&r, &found);
	if (rc == 0)
		rc = path_make(op, path, from, "lock"); // that of the earlier programs
	if (rc || (found == FOUND_NOTHING && !make))
		return rc;
	if (snprintf(r.fresh, sizeof r.fresh, "%s.new", to) >= (int)sizeof r.fresh)
		return op_fail(op, RC_CONFIG, "the folder's name is too long");
	int error = file_open(files, path, O_RDWR | O_CREAT, &lock);
	if (error)
		return op_fail_errno(op, RC_IO, error, "cannot open %s", path);
	if (flock(lock, LOCK_EX | LOCK_NB))
		rc = errno == EWOULDBLOCK
			? op_fail(op, RC_LOCKED, "%s is in use by another process", from)
			: op_fail_errno(op, RC_IO, errno, "cannot lock %s", path);
	else
		rc = relocate(&r, make);
	(void)close(lock); // gives the lock back
	return rc;
}
