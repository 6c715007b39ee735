// SPDX-License-Identifier: Apache-2.0
// A folder of .eml files; subfolders become mailboxes of their names. Subfolders that are Maildirs, and files that are mboxes, are taken as such.
#include "cli/import.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define DEPTH_MAX 32

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

// "A/B" + "c.mbox" -> "A/B/c"
static struct span child_name(struct importer *i, struct span parent, const char *name)
{
	struct buf b = { 0 };
	buf_add(&b, parent);
	if (parent.n)
		buf_addc(&b, '/');
	struct span leaf = span_str(name);
	if (ends_with(name, ".mbox"))
		leaf.n -= 5;
	buf_add(&b, leaf);
	struct span result = arena_dup(&import_op(i)->arena, buf_span(&b));
	buf_done(&b);
	return result.p ? result : SPAN("Imported");
}

static int file_import(struct importer *i, const char *path, const char *name, struct span mailbox)
{
	struct import_file file;
	int rc = import_file_open(i, path, &file);
	if (rc)
		return rc < 0 ? rc : 0;
	bool mbox = source_is_mbox(file.text) && !ends_with(name, ".eml");
	import_file_close(&file);
	if (!mbox && !ends_with(name, ".eml") && strchr(name, '.') && !ends_with(name, ".msg")) {
		import_unreadable(i, path, "neither .eml nor an mbox: passed over");
		return 0;
	}
	struct span target = import_target(i);
	if (!target.n)
		target = mbox ? child_name(i, mailbox, name) : mailbox.n ? mailbox : SPAN("INBOX");
	rc = import_mailbox(i, target);
	return rc < 0 ? rc : mbox ? source_mbox(i, path) : source_eml(i, path);
}

static int folder_walk(struct importer *i, const char *path, struct span mailbox, int depth)
{
	struct dirent **list = NULL;
	int rc = 0, n = depth < DEPTH_MAX ? scandir(path, &list, NULL, alphasort) : -1;
	if (n < 0)
		import_unreadable(i, path, "cannot be read");
	for (int k = 0; k < n; k++) {
		const char *name = list[k]->d_name;
		char *sub = NULL;
		struct stat st;
		bool fine = rc == 0 && name[0] != '.' && asprintf(&sub, "%s/%s", path, name) >= 0 &&
			stat(sub, &st) == 0;
		if (fine && S_ISREG(st.st_mode)) {
			rc = file_import(i, sub, name, mailbox);
		} else if (fine && S_ISDIR(st.st_mode) && source_is_maildir(sub)) {
			rc = source_maildir(i, sub);
		} else if (fine && S_ISDIR(st.st_mode)) {
			rc = folder_walk(i, sub, child_name(i, mailbox, name), depth + 1);
		}
		free(sub);
		free(list[k]);
	}
	free(list);
	return rc;
}

int source_folder(struct importer *i, const char *path)
{
	return folder_walk(i, path, SPAN(""), 0);
}
