// SPDX-License-Identifier: Apache-2.0
// Starling: the admin socket DATA/run/admin, by which commands of the same machine ask a running server: it has the volume for itself. A client is
// root or the server's own user (SO_PEERCRED). Each connection has a thread of its own, of low priority, that is none of the crew's.
//
// The client sends a request (a frame with a line of words, server/frame.h), with data behind it where the request says so; the answer is any number
// of HEAD and DATA frames and one END or FAULT. Names and keys are in hexadecimal. What a connection holds goes when it closes.
//
//     hello                                         END "starling 1 VERSION"
//     written                                       END "commits N index N moved N ...": octets since the start (store.h: struct store_written)
//     backup begin TOKEN                            pins all mail (mail/backup.h)
//     backup records PARTITION FROM TO              DATA: records (frame_add_record()); TO "-": to the end
//     backup blobs ID...                            for each: HEAD 'B' u64 id, u64 octets, then DATA; or HEAD 'X' u64 id, i32 RC_, text
//     backup end
//     backup give-up TOKEN                          only when no server runs: the command serves itself (admin_serve())
//     restore begin USER MAILBOX|- [replace] [latest]
//     restore records                               DATA: records ..., END
//     restore blob message|prefix MAILBOX UID DATE FLAGS     DATA ..., END, or FAULT; END "ID HINT"
//     restore commit
//     restore abort
//     import begin USER                             one into an account at a time (mail/import.h); from then on it may be silent between requests for
//                                                   as long as it likes
//     import mailbox NAME                           END "LIMIT COUNT": most octets of a message, messages that it had
//     import subscribe NAME
//     import messages                               for each: HEAD (server/import_head.h), DATA ...; END. END "IMPORTED ALREADY DOUBLED LOST" (mail/import.h):
//                                                   all of them are there, durable; FAULT: none of them is
//     import end
//     spool list                                    DATA: for each message u64 number, arrival, octets, u32 tries, fields: user, sender, why it waits;
//                                                   u32 recipients; of the first of them: field, u8: 1, it has failed, and its sender is to be told of what the next
//                                                   field says; END "sends|idle SECONDS WHY": until the relay is tried
//     spool try                                     all messages, now
//     spool remove NUMBER                           its sender is told
#ifndef SERVER_ADMIN_H
#define SERVER_ADMIN_H

#include "base/op.h"
#include "smtp/spooler.h"

struct admin;
struct mail;

struct admin_what { // is looked after; must outlive the connections
	struct mail *mail;
	struct spooler_config spool; // its relay: NULL, none
	struct spooler *spooler;     // NULL: nobody sends
};
// Listens; connections are served from then on. Before other threads exist.
int admin_open(
	struct op *op, const char *data, const struct admin_what *what, struct admin **ret_admin);
// Ends all connections; what they were at is given up. Accepts NULL.
void admin_close(struct admin *a);

// Serves one connection until it is closed, in the caller's thread. `alone`: nobody else uses the mail (a command that serves itself).
// Closes fd.
void admin_serve(const struct admin_what *what, int fd, bool alone, const atomic_bool *cancel);

#endif
