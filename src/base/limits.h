// SPDX-License-Identifier: Apache-2.0
// Starling: every size that a peer, a file or an administrator drives, in one place (docs/style.md, rule 21). One section per folder.
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

// --- auth ---
#define USER_NAME_MAX 255          // bytes of a user name
#define PASSWORD_MAX 1024          // bytes of a password
#define USER_FILE_MAX (1u << 30)   // bytes of a user file: some 4 million users
#define AUTH_MESSAGE_MAX 65536u    // bytes of one request to the auth process or its answer
#define AUTH_EXCHANGES_MAX 20000u  // SASL exchanges that wait for the client's next response
#define AUTH_EXCHANGE_SECONDS 300u // and for how long they do
#define LOGIN_FAILURES_PER_ADDRESS                                                                 \
	60 // failed log-ins within some minutes: then refused without looking
#define LOGIN_FAILURES_PER_USER 120
#define LOGIN_DELAY_MAX_MS 10000u // longest delay of a refusal

// ---- mail: cards and searches; what a card leaves out is read from the message again.
#define CARD_TEXT_MAX 4096u      // octets of a field's folded text for SEARCH in a card
#define CARD_SORT_KEY_MAX 255u   // octets of a sort key; SORT compares no more
#define CARD_FIELDS_INDEXED 512u // header fields that a card's index takes; more: no index
#define CARD_REFERENCES_MAX                                                                        \
	64u // message-ids that join a message to a thread: the first and the last ones
#define CARD_PREVIEW_INPUT (16u << 10) // octets of a part that a preview is made of
#define CARD_FULL_MAX (64u << 20)      // octets of a card that is made in memory, nothing left out
#define CONTENT_BODY_DEPTH_MAX 512u    // lists within lists when BODY is derived from BODYSTRUCTURE
#define CONTENT_SECTION_MEMORY                                                                     \
	(64u << 20)             // octets of one decoded part or header in memory at a time
#define SEARCH_DEPTH_MAX 1000u  // keys within keys (NOT, OR, parentheses) of a SEARCH program
#define SEARCH_KEYS_MAX 20000u  // keys of a SEARCH program
#define SEARCH_NEEDLE_MAX 4096u // octets of a string sought, folded

// --- run ---
#define RUN_BLOCK_BUDGET                                                                           \
	64u // threads blocked at a time by kind when the configuration names no budget
#define RUN_THREADS_SLACK                                                                          \
	64u // threads beyond all budgets: a caller that waits for its turn holds one too
#define RUN_RETIRE_MS 30000u           // a thread that nobody needed for so long ends
#define RUN_STACK_BYTES (2u << 20)     // stack of a crew thread; only touched pages cost memory
#define RUN_SLICE_NS UINT64_C(2000000) // what a task has before it should yield

#endif
