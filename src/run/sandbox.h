// SPDX-License-Identifier: Apache-2.0
// Starling: what a process gives up once it has what it needs, so that who takes it over gets little: files outside of its paths (Landlock), system
// calls that it never makes (seccomp), core dumps. Nothing of it can be taken back, and threads and children inherit it.
//
// Landlock and TCP: a thread and those that it starts from then on; so call sandbox_files() before threads exist. seccomp: all threads.
// A kernel without one of them is told of in the log, and the process goes on without.
//
// Sources: landlock(7), seccomp(2). Which calls each process makes, and why: run/calls.def.
#ifndef RUN_SANDBOX_H
#define RUN_SANDBOX_H

#include "base/op.h"

enum sandbox_right { // bits: what may be done beneath a folder, or to a file
	SANDBOX_READ = 1,
	SANDBOX_LIST = 2,  // names in folders
	SANDBOX_WRITE = 4, // contents of files
	SANDBOX_NAMES =
		8, // make, rename and remove files and folders; between folders only with SANDBOX_MOVE in both
	SANDBOX_MOVE = 16,
	SANDBOX_SOCKET = 32, // make and remove sockets
	SANDBOX_EXECUTE = 64,
	SANDBOX_FOLDER = SANDBOX_READ | SANDBOX_LIST | SANDBOX_WRITE | SANDBOX_NAMES | SANDBOX_MOVE,
};
struct sandbox_path {
	const char *path; // NULL or not there: passed over
	unsigned rights;
};

// Reading of a file that somebody replaces (a renewed certificate): a rule stays with the file that it was made for, so it is made for the folder in which
// the file seems to be, and that in which it is. Fills in at most two paths (in op's arena) and says how many; none for NULL.
size_t sandbox_replaced(struct op *op, const char *path, struct sandbox_path ret_paths[2]);

enum { SANDBOX_MAY_CONNECT = 1, SANDBOX_ONLY_EXECUTE = 2 };
// From now on files only as the paths say; TCP: no binding, connecting only as the bits say; no signals to and no abstract sockets of processes outside
// (each as far as the kernel knows how to). SANDBOX_ONLY_EXECUTE: files are restricted in what is executed, in nothing else.
// RC_NOPERM, RC_IO; a kernel without Landlock is no fault.
int sandbox_files(
	struct op *op, const char *who, const struct sandbox_path *paths, size_t n, unsigned bits);

enum sandbox_process { // bits: the columns of run/calls.def
	SANDBOX_SERVE = 1,
	SANDBOX_RELAY = 2, // the serving process may also open connections
	SANDBOX_AUTH = 4,
	SANDBOX_KEYS = 8,
	SANDBOX_SPAWNER =
		16, // and all that those whom it starts do before they have a filter of their own
};
// From now on only the calls of these processes: others fail with ENOSYS, from which the C library falls back where it tries what is new; those
// that only an intruder makes (starting programs, tracing, mounting, loading code …) end the process. `who` is named in the log.
int sandbox_calls(struct op *op, const char *who, unsigned processes);

// Keeps these capabilities (bits of <linux/capability.h>, below 32) and no others. RC_NOPERM.
int sandbox_capabilities(struct op *op, uint32_t bits);
// All but, for root, the one to read any file, where `paths` (NULL: none) cannot be opened without it: a folder of root's in somebody's home, say. Then
// *ret_kept is true.
int sandbox_capabilities_reaching(
	struct op *op, const char *const *paths, size_t n, bool *ret_kept);

// No core dumps, no tracing by others of the same user: for processes that hold secrets.
void sandbox_no_dumps(void);

#endif
