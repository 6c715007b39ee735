// SPDX-License-Identifier: Apache-2.0
// Starling: every size that a peer, a file or an administrator drives, in one place (docs/style.md, rule 21). One section per folder.
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

// --- auth ---
#define USER_NAME_MAX              255         // bytes of a user name
#define PASSWORD_MAX               1024        // bytes of a password
#define USER_FILE_MAX              (1u << 30)  // bytes of a user file: some 4 million users
#define AUTH_MESSAGE_MAX           65536u      // bytes of one request to the auth process or its answer
#define AUTH_EXCHANGES_MAX         20000u      // SASL exchanges that wait for the client's next response
#define AUTH_EXCHANGE_SECONDS      300u        // and for how long they do
#define LOGIN_FAILURES_PER_ADDRESS 60          // failed log-ins within some minutes: then refused without looking
#define LOGIN_FAILURES_PER_USER    120
#define LOGIN_DELAY_MAX_MS         10000u      // longest delay of a refusal

#endif
