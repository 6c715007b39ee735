// SPDX-License-Identifier: Apache-2.0
// A folder of .eml files; subfolders become mailboxes of their names. Subfolders that are Maildirs, and files that are mboxes, are taken as such.
#include "cli/import.h"

#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int source_eml(struct importer *i, const char *path)
{
	struct import_file file;
	int rc = import_file_open(i, path, &file);
	if (rc)
		return rc < 0 ? rc : 0;
	struct import_message m = { .octets = file.text, .date = file.mtime, .where = path };
	rc = import_message(i, &m);
	import_file_close(&file);
	return rc;
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);
	return n >= m && span_caseeq(span_of(name + n - m, m), span_of(end, m));
}

// "A/B" + "c.mbox" -> "A/B/c"; ".sbd" is Thunderbird's for the folders below a mailbox.
static struct span child_name(struct importer *i, struct span parent, const char *name)
{
	struct span leaf = span_str(name);
	if (ends_with(name, ".mbox"))
		leaf.n -= 5;
	else if (ends_with(name, ".sbd"))
		leaf.n -= 4;
	return source_child(i, parent, leaf, '/');
}

enum kind { KIND_MBOX, KIND_MESSAGE, KIND_EMPTY, KIND_OTHER };

static enum kind kind_of(const char *name, struct span text)
{
	if (ends_with(name, ".eml"))
		return KIND_MESSAGE;
	if (text.n == 0)
		return KIND_EMPTY;
	bool is_number = name[strspn(name, "0123456789")] == '\0'; // MH: one message a file
	if (!is_number && source_is_mbox(text))
		return KIND_MBOX;
	bool may_be = is_number || ends_with(name, ".msg") || !strchr(name, '.');
	return may_be && source_is_message(text) ? KIND_MESSAGE : KIND_OTHER;
}

static int file_import(struct importer *i, const char *path, const char *name, struct span mailbox)
{
	struct import_file file;
	int rc = import_file_open(i, path, &file);
	if (rc)
		return rc < 0 ? rc : 0;
	enum kind kind = kind_of(name, file.text);
	import_file_close(&file);
	if (kind == KIND_EMPTY)
		return 0; // a mailbox without messages, or nothing
	if (kind == KIND_OTHER) {
		import_skipped(i, path, "neither a message nor an mbox: passed over");
		return 0;
	}
	struct span target = import_target(i);
	if (!target.n && kind == KIND_MBOX)
		target = child_name(i, mailbox, name);
	else if (!target.n)
		target = mailbox.n ? mailbox : SPAN("INBOX");
	rc = import_mailbox(i, target);
	return rc < 0 ? rc : kind == KIND_MBOX ? source_mbox(i, path) : source_eml(i, path);
}

struct walk { // a folder and the ones it lies in
	const struct walk *above;
	dev_t device;
	ino_t inode;
	int depth;
};

// A symbolic link may lead back to a folder that is being walked.
static bool is_circle(const struct walk *w, const struct stat *st)
{
	for (; w; w = w->above)
		if (w->device == st->st_dev && w->inode == st->st_ino)
			return true;
	return false;
}

static int folder_walk(
	struct importer *i, const char *path, struct span mailbox, const struct walk *here);

static int entry_import(struct importer *i, const char *path, const char *name, struct span mailbox,
	const struct walk *above)
{
	struct stat st;
	int rc = import_go_by(i);
	if (rc < 0)
		return rc;
	if (stat(path, &st) != 0) {
		import_unreadable(i, path, "cannot be read: %s", strerrordesc_np(errno));
		return 0;
	}
	if (S_ISREG(st.st_mode))
		return file_import(i, path, name, mailbox);
	if (!S_ISDIR(st.st_mode))
		return 0;
	struct walk here = { above, st.st_dev, st.st_ino, above->depth + 1 };
	if (is_circle(above, &st)) {
		import_skipped(i, path, "leads back to a folder above it: passed over");
		return 0;
	}
	if (!import_may_enter(i, path))
		return 0;
	struct span below = child_name(i, mailbox, name);
	return source_is_maildir(path) ? source_maildir(i, path, below)
				       : folder_walk(i, path, below, &here);
}

static int folder_walk(
	struct importer *i, const char *path, struct span mailbox, const struct walk *here)
{
	struct dirent **list = NULL;
	int rc = 0, n = here->depth < IMPORT_DEPTH_MAX ? scandir(path, &list, NULL, alphasort) : -1;
	if (n < 0)
		import_unreadable(i, path, "cannot be read%s",
			here->depth < IMPORT_DEPTH_MAX ? "" : ": too deep");
	for (int k = 0; k < n; k++) {
		char *sub = NULL;
		if (rc == 0 && list[k]->d_name[0] != '.') {
			if (asprintf(&sub, "%s/%s", path, list[k]->d_name) < 0)
				rc = op_fail(import_op(i), RC_NOMEM, "out of memory");
			else
				rc = entry_import(i, sub, list[k]->d_name, mailbox, here);
		}
		free(sub);
		free(list[k]);
	}
	free(list);
	return rc;
}

int source_folder(struct importer *i, const char *path)
{
	struct stat st = { 0 };
	(void)stat(path, &st); // it was there a moment ago; else scandir() tells
	struct walk top = { NULL, st.st_dev, st.st_ino, 0 };
	return folder_walk(i, path, SPAN(""), &top);
}
