// SPDX-License-Identifier: Apache-2.0
// Maildir (cur/, new/; flags behind ":2,"), Maildir++ (folders ".A.B" are mailboxes A/B, names in modified UTF-7), and a folder whose subfolders
// are Maildirs. Keywords: lower-case letters, named by the folder's `dovecot-keywords` file; INTERNALDATE is the file's time, as Dovecot and
// Courier keep it. `subscriptions` (Dovecot) and `courierimapsubscribed` are read.
#include "cli/import.h"

#include "base/limits.h"
#include "cli/uidl_source.h"
#include "mail/keywords.h"
#include "wire/mutf7.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LETTERS 26u

struct folder {
	const char *path;
	char *names_text;           // of dovecot-keywords
	struct span names[LETTERS]; // by letter; absent: none
	struct import_file list;    // dovecot-uidlist, mapped
	struct uidl_source uidls;   // of it
};

static bool is_folder(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool has_folder(const char *path, const char *name)
{
	char *both = NULL;
	bool is = asprintf(&both, "%s/%s", path, name) >= 0 && is_folder(both);
	free(both);
	return is;
}

bool source_is_maildir(const char *path)
{
	return has_folder(path, "cur") || (has_folder(path, "new") && has_folder(path, "tmp"));
}

// --- keywords ---

// Lines "0 $Forwarded": the letter 'a' stands for 0.
static void names_read(struct importer *i, struct folder *f)
{
	char *path = NULL;
	struct stat st;
	struct import_file file;
	if (asprintf(&path, "%s/dovecot-keywords", f->path) < 0)
		return;
	if (stat(path, &st) == 0 && import_file_open(i, path, &file) == 0) {
		f->names_text = span_to_str_new(file.text);
		import_file_close(&file);
	}
	free(path);
	struct span rest = span_str(f->names_text);
	while (rest.n) {
		struct span line, number;
		uint64_t v;
		rest = span_split(rest, '\n', &line);
		struct span name = span_trim(span_split(line, ' ', &number));
		if (span_to_u64(number, LETTERS - 1, &v) && keyword_is_valid(name))
			f->names[v] = name;
	}
}

static int uidls_read(struct importer *i, struct folder *f)
{
	char *path = NULL;
	struct import_file file;
	struct stat st;
	int rc = 0;
	if (asprintf(&path, "%s/dovecot-uidlist", f->path) < 0)
		return op_fail(import_op(i), RC_NOMEM, "out of memory");
	if (stat(path, &st) == 0 && import_file_open(i, path, &file) == 0) {
		f->list = file;
		rc = uidl_source_read(import_op(i), &f->uidls, file.text, import_uidl_format(i));
	}
	free(path);
	return rc;
}

struct flags_found {
	struct flag_list list;
	struct span keywords[KEYWORDS_PER_IMPORT];
};

static void flags_parse(const struct folder *f, const char *name, struct flags_found *ret)
{
	static const struct {
		char letter;
		uint32_t flag;
	} rows[] = { { 'S', FLAG_SEEN }, { 'R', FLAG_ANSWERED }, { 'F', FLAG_FLAGGED },
		{ 'T', FLAG_DELETED }, { 'D', FLAG_DRAFT } };
	struct span base, letters = maildir_flags(span_str(name), &base);
	*ret = (struct flags_found){ 0 };
	for (const char *p = letters.p; *p && *p != ','; p++) {
		for (size_t k = 0; k < countof(rows); k++)
			if (*p == rows[k].letter)
				ret->list.flags |= rows[k].flag;
		struct span keyword = *p == 'P'  ? SPAN("$Forwarded")
			: *p >= 'a' && *p <= 'z' ? f->names[*p - 'a']
						 : SPAN_NONE;
		if (keyword.n && ret->list.keyword_count < KEYWORDS_PER_IMPORT)
			ret->keywords[ret->list.keyword_count++] = keyword;
	}
	ret->list.keywords = ret->keywords;
}

// --- messages ---

static int message_import(struct importer *i, struct folder *f, const char *sub, const char *name)
{
	char *path = NULL;
	struct import_file file;
	struct flags_found flags;
	if (asprintf(&path, "%s/%s/%s", f->path, sub, name) < 0)
		return op_fail(import_op(i), RC_NOMEM, "out of memory");
	int rc = import_file_open(i, path, &file);
	if (rc == 0) {
		flags_parse(f, name, &flags);
		struct import_message m = { .octets = file.text,
			.flags = flags.list,
			.date = file.mtime,
			.uidl = uidl_source_find(&f->uidls, span_str(name)),
			.where = path };
		rc = import_message(i, &m);
		import_file_close(&file);
	}
	free(path);
	return rc < 0 ? rc : 0;
}

// In order of name, which begins with the time of arrival: so UIDs ascend with it.
static int entries_import(struct importer *i, struct folder *f, const char *sub)
{
	char *path = NULL;
	struct dirent **list = NULL;
	if (asprintf(&path, "%s/%s", f->path, sub) < 0)
		return op_fail(import_op(i), RC_NOMEM, "out of memory");
	int n = scandir(path, &list, NULL, alphasort), rc = 0;
	if (n < 0 && errno != ENOENT)
		import_unreadable(i, path, "cannot be read: %s", strerrordesc_np(errno));
	for (int k = 0; k < n; k++) {
		if (rc == 0 && list[k]->d_name[0] != '.')
			rc = message_import(i, f, sub, list[k]->d_name);
		free(list[k]);
	}
	free(list);
	free(path);
	return rc;
}

static int folder_import(struct importer *i, const char *path, struct span mailbox)
{
	struct folder f = { .path = path };
	int rc = import_mailbox(i, import_target(i).n ? import_target(i) : mailbox);
	names_read(i, &f);
	if (rc == 0)
		rc = uidls_read(i, &f);
	if (rc == 0)
		rc = entries_import(i, &f, "cur");
	if (rc == 0)
		rc = entries_import(i, &f, "new");
	free(f.names_text);
	uidl_source_done(&f.uidls);
	import_file_close(&f.list);
	return rc;
}

// --- names ---

struct span source_child(struct importer *i, struct span mailbox, struct span name, char separator)
{
	struct buf b = { 0 }, joined = { 0 };
	const char *why = NULL;
	buf_add(&joined, mailbox);
	if (!span_is_ascii(name) || !mutf7_decode(name, &b, &why)) {
		buf_reset(&b);
		buf_add(&b, name);
	}
	struct span rest = buf_span(&b);
	while (rest.n) {
		struct span level;
		rest = span_split(rest, separator, &level);
		if (joined.n && level.n)
			buf_addc(&joined, '/');
		buf_add(&joined, level);
	}
	struct span result = arena_dup(&import_op(i)->arena, buf_span(&joined));
	buf_done(&b);
	buf_done(&joined);
	return result.p ? result : SPAN("Imported");
}

static int subscriptions_import(struct importer *i, const char *dir)
{
	static const char *const files[] = { "subscriptions", "courierimapsubscribed" };
	int rc = 0;
	for (size_t k = 0; k < countof(files) && rc == 0; k++) {
		char *path = NULL;
		struct import_file file;
		struct stat st;
		if (asprintf(&path, "%s/%s", dir, files[k]) < 0)
			return op_fail(import_op(i), RC_NOMEM, "out of memory");
		if (stat(path, &st) == 0 && import_file_open(i, path, &file) == 0) {
			struct span rest = file.text;
			bool tabs = span_starts(rest,
				SPAN("V\t2")); // Dovecot's second version: levels apart by tabs
			while (rest.n && rc == 0) {
				struct span line;
				rest = span_split(rest, '\n', &line);
				line = span_trim(line);
				if (span_starts(line, SPAN("INBOX.")))
					line = span_skip(line, 6);
				if (line.n && !span_starts(line, SPAN("V\t")))
					rc = import_subscribe(i,
						source_child(i, SPAN(""), line, tabs ? '\t' : '.'));
			}
			import_file_close(&file);
		}
		free(path);
	}
	return rc;
}

// True for what belongs to the Maildir itself.
static bool is_own_folder(const char *name)
{
	return strcmp(name, "cur") == 0 || strcmp(name, "new") == 0 || strcmp(name, "tmp") == 0 ||
		strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int source_maildir(struct importer *i, const char *path, struct span mailbox)
{
	struct dirent **list = NULL;
	int rc = folder_import(i, path, mailbox.n ? mailbox : SPAN("INBOX"));
	int n = scandir(path, &list, NULL, alphasort);
	for (int k = 0; k < n; k++) {
		const char *name = list[k]->d_name;
		char *sub = NULL;
		bool plus = name[0] == '.'; // Maildir++
		// No symbolic links: they could lead in a circle.
		if (rc == 0 && !is_own_folder(name) && list[k]->d_type != DT_LNK &&
			asprintf(&sub, "%s/%s", path, name) >= 0 && source_is_maildir(sub))
			rc = source_maildir(
				i, sub, source_child(i, mailbox, span_str(name), plus ? '.' : '/'));
		free(sub);
		free(list[k]);
	}
	free(list);
	return rc < 0 || mailbox.n ? rc : subscriptions_import(i, path);
}
