// SPDX-License-Identifier: Apache-2.0
// Starling: the auth process. `starling auth-worker COUNT SANDBOX DIR [PASSWD-FILE]` is not for people: the spawner starts it with its sockets as
// descriptors 3 and up. It alone reads password hashes, and with SANDBOX 1 nothing else; it ends when the server's ends of the sockets are closed.
#ifndef AUTH_WORKER_H
#define AUTH_WORKER_H

#define AUTH_WORKER_COMMAND "auth-worker"

// The whole process: returns its exit status.
int auth_worker_main(int argc, char **argv);

#endif
