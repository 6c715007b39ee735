// SPDX-License-Identifier: Apache-2.0
// Starling: the talk between the server and its auth process: one SOCK_SEQPACKET message each way, little-endian fields (base/buf.h).
//   request   type u8, exchange u64, then by type (fields are varint length + bytes; presence flags in `bits`)
//     BEGIN   bits u8, service, address, binding, identity, mechanism, initial
//     STEP    response
//     CANCEL, RETRY  -
//     LOGIN   bits u8, service, address, binding, identity, user, password
//     FIND    count u8, then as many names; the answer has the index in exchange
//   answer    rc u32 (as i32), delay u32, exchange u64, challenge, user, text
// A socket carries one request at a time; the worker has one thread per socket.
#ifndef AUTH_PROTOCOL_PRIV_H
#define AUTH_PROTOCOL_PRIV_H

enum { AUTH_BEGIN = 1, AUTH_STEP, AUTH_CANCEL, AUTH_LOGIN, AUTH_FIND, AUTH_RETRY };
enum { AUTH_BIT_SECURE = 1, AUTH_BIT_TLS = 2, AUTH_BIT_INITIAL = 4 };

#endif
