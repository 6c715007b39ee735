// SPDX-License-Identifier: Apache-2.0
// The address of a UNIX socket holds 107 octets; a data folder's path may be longer. So it is named through the descriptor of its folder.
#include "server/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAD 5u // octets before the payload

static int broken(struct op *op, int error, const char *what)
{
	if (error == EAGAIN || error == EWOULDBLOCK)
		return op_fail(op, RC_TIMEOUT, "the other end of the admin socket is silent");
	if (error == EPIPE || error == ECONNRESET)
		return op_fail(op, RC_CLOSED, "the other end closed the admin socket");
	return op_fail_errno(op, RC_IO, error, "cannot %s the admin socket", what);
}

int frame_write(struct op *op, int fd, enum frame_kind kind, struct span payload)
{
	char head[HEAD] = { (char)kind };
	if (payload.n > FRAME_MAX)
		return op_fail(op, RC_TOOBIG, "a frame is too long");
	store_u32(head + 1, (uint32_t)payload.n);
	size_t done = 0, all = HEAD + payload.n;
	while (done < all) {
		struct iovec v[2] = {
			{ head + (done < HEAD ? done : HEAD), done < HEAD ? HEAD - done : 0 },
			{ (void *)(uintptr_t)(payload.p + (done > HEAD ? done - HEAD : 0)),
				done > HEAD ? all - done : payload.n },
		};
		struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
		ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return broken(op, errno, "write to");
		done += (size_t)n;
	}
	return 0;
}

static int read_all(struct op *op, int fd, char *to, size_t n)
{
	while (n) {
		ssize_t got = recv(fd, to, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return broken(op, errno, "read");
		if (got == 0)
			return op_fail(op, RC_CLOSED, "the other end closed the admin socket");
		to += got;
		n -= (size_t)got;
	}
	return 0;
}

int frame_read(struct op *op, int fd, struct buf *room, struct frame *ret_frame)
{
	char head[HEAD];
	int rc = read_all(op, fd, head, HEAD);
	if (rc < 0)
		return rc;
	uint32_t n = load_u32(head + 1);
	if (n > FRAME_MAX || !memchr("QDHEF", head[0], 5))
		return op_fail(op, RC_SYNTAX, "no frame of the admin socket");
	buf_shrink(room, 2 * FRAME_PIECE);
	char *to = n ? buf_room(room, n) : NULL;
	if (n && !to)
		return op_fail(op, RC_NOMEM, "out of memory");
	if (n)
		rc = read_all(op, fd, to, n);
	if (rc < 0)
		return rc;
	*ret_frame = (struct frame){ (enum frame_kind)head[0], n ? span_of(to, n) : SPAN("") };
	return 0;
}

int frame_write_fault(struct op *op, int fd, int rc)
{
	char payload[4 + OP_TEXT_MAX];
	struct span text = span_str(op_text(op, rc));
	struct op send;
	store_u32(payload, (uint32_t)rc);
	text = span_cut(text, 0, OP_TEXT_MAX);
	memcpy(payload + 4, text.p, text.n);
	op_init(&send, 0);
	rc = frame_write(&send, fd, FRAME_FAULT, span_of(payload, 4 + text.n));
	op_done(&send);
	return rc;
}

int frame_fault(struct op *op, struct span payload)
{
	struct reader r = reader_of(payload);
	int rc = (int)reader_u32(&r);
	if (r.bad || rc <= RC_first_ || rc >= RC_end_ || rc >= 0)
		return op_fail(op, RC_SYNTAX, "no fault of the admin socket");
	return op_fail(op, rc, "%.*s", SPAN_FMT(r.rest));
}

void frame_add_record(struct buf *b, struct span key, struct span value)
{
	buf_add_u32(b, (uint32_t)key.n);
	buf_add_u32(b, (uint32_t)value.n);
	buf_add(b, key);
	buf_add(b, value);
}

bool frame_next_record(struct reader *r, struct span *ret_key, struct span *ret_value)
{
	if (reader_at_end(r))
		return false;
	uint32_t key = reader_u32(r), value = reader_u32(r);
	*ret_key = reader_bytes(r, key);
	*ret_value = reader_bytes(r, value);
	return !r->bad;
}

// --- the address ---

// The folder's descriptor keeps the address valid.
static int address_of(struct op *op, const char *data, bool make, struct sockaddr_un *ret_address,
	int *ret_folder)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/run", data);
	if (n < 0 || (size_t)n >= sizeof path)
		return op_fail(op, RC_CONFIG, "the data folder's path is too long");
	if (make && mkdir(path, 0700) != 0 && errno != EEXIST)
		return op_fail_errno(op, RC_IO, errno, "cannot make %s", path);
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? op_fail(op, RC_NONEXISTENT, "there is no %s", path)
				       : op_fail_errno(op, RC_IO, errno, "cannot open %s", path);
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	(void)snprintf(ret_address->sun_path, sizeof ret_address->sun_path,
		"/proc/self/fd/%d/admin", fd); // fits
	*ret_folder = fd;
	return 0;
}

int frame_listen(struct op *op, const char *data, int *ret_fd)
{
	struct sockaddr_un address;
	int folder, fd = -1;
	int rc = address_of(op, data, true, &address, &folder);
	if (rc < 0)
		return rc;
	// We hold the volume: a socket that is there is of a server that ended without a chance to remove it.
	(void)unlinkat(folder, "admin", 0);
	// Its mode is what the umask leaves (0700 after cli_config()); who may is asked of each peer all the same.
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
		listen(fd, 16) != 0)
		rc = op_fail_errno(op, RC_IO, errno, "cannot listen on %s/run/admin", data);
	close(folder);
	if (rc < 0 && fd >= 0)
		close(fd);
	if (rc == 0)
		*ret_fd = fd;
	return rc;
}

int frame_connect(struct op *op, const char *data, int *ret_fd)
{
	struct sockaddr_un address;
	int folder;
	int rc = address_of(op, data, false, &address, &folder);
	if (rc < 0)
		return rc;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
		rc = errno == ENOENT || errno == ECONNREFUSED
			? op_fail(op, RC_NONEXISTENT, "no server listens on %s/run/admin", data)
			: op_fail_errno(op, RC_IO, errno, "cannot connect with %s/run/admin", data);
	close(folder);
	if (rc < 0 && fd >= 0)
		close(fd);
	if (rc == 0)
		*ret_fd = fd;
	return rc;
}

void frame_set_timeouts(int fd)
{
	struct timeval t = { .tv_sec = FRAME_TIMEOUT_S };
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t); // without: it waits for longer
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
}
