// SPDX-License-Identifier: Apache-2.0
// corpus: the messages that the load generator appends: the files of a folder, in the order of their names, or made ones: a
// text of 4 KB and an attachment in base64 for the rest. The made ones differ in every byte of their attachments.
#include "load.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MADE_COUNT 64
#define TEXT_BYTES 4096

static int read_file(const char *path, struct message *m)
{
	FILE *in = fopen(path, "rbe");
	if (!in)
		return -1;
	long size = fseek(in, 0, SEEK_END) ? -1 : ftell(in);
	m->data = size > 0 ? malloc((size_t)size) : NULL;
	m->size = size > 0 ? (size_t)size : 0;
	bool good =
		m->data && fseek(in, 0, SEEK_SET) == 0 && fread(m->data, 1, m->size, in) == m->size;
	(void)fclose(in); // only read
	return good ? 0 : -1;
}

static int is_eml(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);
	return size > 4 && strcmp(entry->d_name + size - 4, ".eml") == 0;
}

static int load_folder(struct load *load)
{
	struct dirent **names = NULL;
	int count = scandir(load->options.corpus, &names, is_eml, alphasort);
	if (count <= 0)
		return -1;
	load->corpus = calloc((size_t)count, sizeof *load->corpus);
	int rc = load->corpus ? 0 : -1;
	for (int i = 0; i < count; i++) {
		char path[4096];
		(void)snprintf(path, sizeof path, "%s/%s", load->options.corpus, names[i]->d_name);
		if (rc == 0)
			rc = read_file(path, &load->corpus[load->corpus_count++]);
		free(names[i]);
	}
	free(names);
	return rc;
}

static uint64_t step_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static size_t add_text(char *out, uint64_t *state)
{
	size_t size = 0;
	while (size < TEXT_BYTES) {
		size_t word = 2 + step_random(state) % 9;
		for (size_t i = 0; i < word; i++)
			out[size++] = (char)('a' + step_random(state) % 26);
		bool line_ends = size % 70 < 10;
		if (line_ends)
			out[size++] = '\r';
		out[size++] = line_ends ? '\n' : ' ';
	}
	return size;
}

static size_t add_base64(char *out, size_t wanted, uint64_t *state)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t size = 0;
	while (size < wanted) {
		for (int i = 0; i < 76; i++)
			out[size++] = letters[step_random(state) % 64];
		out[size++] = '\r';
		out[size++] = '\n';
	}
	return size;
}

static int make_message(struct message *m, size_t bytes, unsigned number)
{
	uint64_t state = UINT64_C(0x9e3779b97f4a7c15) * (number + 1);
	m->data = malloc(bytes + TEXT_BYTES + 4096);
	if (!m->data)
		return -1;
	int n = snprintf(m->data, 2048,
		"From: Anna Berg <anna%u@example.org>\r\nTo: Ben Ito <ben@example.org>\r\n"
		"Subject: Report number %u with an attachment\r\nDate: Mon, 06 Jan 2025 10:%02u:00 "
		"+0000\r\n"
		"Message-ID: <bench-%u@example.org>\r\nMIME-Version: 1.0\r\n"
		"Content-Type: multipart/mixed; boundary=\"=_b\"\r\n\r\n--=_b\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n\r\n",
		number, number, number % 60, number);
	size_t size = (size_t)n;
	size += add_text(m->data + size, &state);
	static const char between[] =
		"\r\n--=_b\r\nContent-Type: application/pdf; name=\"report.pdf\"\r\n"
		"Content-Disposition: attachment; filename=\"report.pdf\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n";
	memcpy(m->data + size, between, sizeof between - 1);
	size += sizeof between - 1;
	if (bytes > size)
		size += add_base64(m->data + size, bytes - size, &state);
	static const char ending[] = "--=_b--\r\n";
	memcpy(m->data + size, ending, sizeof ending - 1);
	m->size = size + sizeof ending - 1;
	return 0;
}

int corpus_load(struct load *load)
{
	if (load->options.corpus)
		return load_folder(load);
	load->corpus = calloc(MADE_COUNT, sizeof *load->corpus);
	if (!load->corpus)
		return -1;
	for (unsigned i = 0; i < MADE_COUNT; i++) {
		if (make_message(&load->corpus[i], load->options.synthetic, i))
			return -1;
	}
	load->corpus_count = MADE_COUNT;
	return 0;
}
