// SPDX-License-Identifier: Apache-2.0
// Starling: every size that a peer, a file or an administrator drives, in one place (docs/style.md, rule 21). One section per folder.
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

// --- auth ---
#define USER_NAME_MAX 255          // bytes of a user name
#define PASSWORD_MAX 1024          // bytes of a password
#define USER_FILE_MAX (1u << 30)   // bytes of a user file: some 4 million users
#define AUTH_MESSAGE_MAX 65536u    // bytes of one request to the auth process or its answer
#define AUTH_EXCHANGES_MAX 20000u  // SASL exchanges that wait; one more ends the oldest
#define AUTH_EXCHANGE_SECONDS 300u // for how long the client's next response may be awaited
#define AUTH_FIND_MAX 8u           // names of one look-up of a recipient
#define AUTH_FOUND_KEPT 256u       // recipients whose user the server remembers
#define AUTH_FOUND_OCTETS 1024u    // of their names
#define AUTH_FOUND_MS 1000u        // and for how long
#define AUTH_WORKERS 16u           // log-ins and look-ups that ask the auth process at a time
#define AUTH_HASHES_AT_ONCE 8 // slow password hashes (19 MiB each), and no more than processors
#define AUTH_HASHES_WAITING                                                                        \
	8u // requests that may wait for one, strangers half of it: the other workers serve who is known
#define AUTH_HASH_NICE 10            // what hashing gives way to everything else
#define AUTH_COME_AGAIN_MAX_MS 2000u // who found the line full is asked again after so long at most
#define AUTH_ANSWER_SECONDS 60       // the auth process is taken for dead when it does not answer
#define LOGIN_FAILURES_PER_ADDRESS 60  // failed log-ins within some minutes: then refused unseen
#define LOGIN_FAILURES_PER_NETWORK 300 // of an IPv4 /24 or an IPv6 /48
#define LOGIN_FAILURES_PER_USER 120    // whether the user exists or not
#define LOGIN_FAILURES_FREE 5          // failed log-ins whose refusal is delayed by 100 ms only
#define LOGIN_DELAY_MAX_MS 10000u      // longest delay of a refusal

// ---- mime: beyond a limit a message is still kept and shown; what is cut is said in src/mime/*.h.
#define MIME_DEPTH_MAX 100u   // nesting of parts; deeper: one opaque leaf
#define MIME_PARTS_MAX 10000u // parts of a message; the last one takes the rest as an opaque leaf
#define MIME_HEADER_MAX (10u << 20)     // octets of a message's header that are looked at
#define MIME_PART_HEADER_MAX (1u << 20) // and of a header of a part, or of a message within
#define MIME_HEADERS_KEPT_MAX                                                                      \
	(8u << 20) // octets of facts kept of all parts together; beyond: little more than types
#define MIME_FULL_VALUE_MAX 512u         // then: octets of a Content-Type, and
#define MIME_FULL_PARAMS_MAX 8u          // parameters that are still read for boundary and charset
#define MIME_FIELDS_MAX 20000u           // fields of one header that are looked at by the parser
#define MIME_FIELD_VALUE_MAX (64u << 10) // octets of a value that becomes a fact of a part
#define MIME_PARAMS_MAX 128u             // parameters of one field; more are dropped
#define MIME_ADDRESSES_MAX 100000u       // addresses read from one field
#define MIME_COMMENT_DEPTH_MAX 100u      // nested comments; deeper ones are text
#define MIME_BOUNDARY_MAX 256u // octets of a boundary that are compared (RFC 2046: at most 70)
#define MIME_TYPE_MAX 127u     // octets of a type or subtype; longer: broken (RFC 4288 section 4.2)
#define MIME_LANGUAGES_MAX 64u // tags of Content-Language; more are dropped
#define MIME_STRING_MAX 4096u  // octets of one value that are rendered
#define MIME_WORD_MAX 1024u    // octets of a name, local part, domain, parameter name rendered
#define MIME_ENVELOPE_TEXT_MAX (64u << 10) // octets of a rendered ENVELOPE
#define MIME_STRUCTURE_TEXT_MAX (1u << 20) // octets of a rendered BODYSTRUCTURE
#define MIME_NEEDLES_MAX 64u               // substrings sought in one pass
#define MIME_PREVIEW_CHARS 200u            // characters of a preview (RFC 8970 section 3.3)

// ---- mail: cards and searches; what a card leaves out is read from the message again.
#define CARD_TEXT_MAX 4096u      // octets of a field's folded text for SEARCH in a card
#define CARD_SORT_KEY_MAX 1024u  // octets of a sort key; SORT compares no more
#define CARD_FIELDS_INDEXED 512u // header fields that a card's index takes; more: no index
#define CARD_REFERENCES_MAX                                                                        \
	1024u // message-ids that join a message to a thread: first and last ones
#define SORT_KEYS_MAX (256u << 20) // octets of the strings that one SORT compares
#define THREAD_REFERENCES_FREE                                                                     \
	(1u << 20) // references that a THREAD takes, and as many more as the next says for each message
#define THREAD_REFERENCES_EACH 16u    // beyond both only the last one of a message counts
#define CARD_PREVIEW_PLAIN (4u << 10) // octets of a plain text that a preview is made of
#define CARD_PREVIEW_HTML (16u << 10) // and of HTML, which may begin with styles
#define CARD_FULL_MAX (64u << 20)     // octets of a card that is made in memory, nothing left out
#define CONTENT_BODY_DEPTH_MAX 512u   // lists within lists when BODY is derived from BODYSTRUCTURE
#define CONTENT_SECTION_MEMORY                                                                     \
	(64u << 20) // octets of a header that is put together from several extents; longer: RC_TOOBIG
#define SEARCH_DEPTH_MAX 1000u  // keys within keys (NOT, OR, parentheses) of a SEARCH program
#define SEARCH_KEYS_MAX 20000u  // keys of a SEARCH program
#define SEARCH_NEEDLE_MAX 4096u // octets of a string sought, folded

// --- run ---
#define RUN_BLOCK_BUDGET 64u       // threads blocked at a time by kind, if none is configured
#define RUN_THREADS_SLACK 64u      // threads beyond all budgets: who waits for his turn has one too
#define RUN_RETIRE_MS 30000u       // a thread that nobody needed for so long ends
#define RUN_STACK_BYTES (2u << 20) // stack of a crew thread; only touched pages cost memory
#define RUN_SLICE_NS UINT64_C(2000000) // what a task has before it should yield
#define RUN_BACK_NICE 5                // what threads that run what yielded give way by
#define RUN_PURSE_NS UINT64_C(4000000) // what a user may use at once of the threads in front
#define RUN_PURSE_SHARE 8u             // and the part of a core's time that he may use for long
#define HELPER_RESTART_MS 1000u        // least time from one start of a helper process to the next
#define HELPER_LINE_OCTETS (16u << 20) // of requests in line for a helper; more: unavailable

// --- imap ---
#define IMAP_PREAUTH_COMMAND_MAX 8192u // octets of a command before log-in, literals included
#define IMAP_LINE_MAX 65536u           // octets of a command line after it: long sets of UIDs
#define IMAP_COMMAND_MAX (1u << 20)    // octets of a command with its collected literals
#define IMAP_LITERALS_MAX 200u         // collected literals of a command
#define IMAP_AUTH_LINE_MAX 16384u      // octets of a line of AUTHENTICATE
#define IMAP_PREAUTH_SKIP_MAX                                                                      \
	65536u // octets of refused {n+} literals of a command that are dropped; more: BYE
#define IMAP_SKIP_MAX (UINT64_C(1) << 30)
#define IMAP_PREAUTH_BAD_MAX 50u         // commands with errors before log-in; then BYE
#define IMAP_PREAUTH_MEMORY (256u << 10) // octets of a command's arena before log-in
#define IMAP_MEMORY (64u << 20)          // and after it: sets of messages, sorted results
#define IMAP_IDLE_INTERVAL                                                                         \
	600u // seconds between "still here" lines: below the NAT time-outs seen, kind to phones
#define IMAP_AUTOLOGOUT 1860u       // seconds: never below 30 minutes (RFC 9051 section 5.4)
#define IMAP_LOGIN_TIMEOUT 180u     // seconds
#define IMAP_SESSIONS_PER_USER 200u // an idle session costs next to nothing
#define IMAP_ID_FIELDS_MAX 30u      // RFC 2971 section 3.3
#define FETCH_ITEMS_MAX 500u        // items of a FETCH
#define FETCH_DECODED_MAX                                                                          \
	(UINT64_C(512)                                                                             \
		<< 20) // octets of decoded parts (BINARY) in one FETCH response: they are copies
#define IMAP_SAVED_RANGES_MAX                                                                      \
	(1u << 20) // ranges of a result that SEARCH RETURN (SAVE) keeps: 8 MiB; more: NOTSAVED
#define CONTEXTS_MAX 16u                 // RETURN (UPDATE) of a session; more: NOUPDATE
#define CONTEXT_MEMORY (256u << 10)      // octets of a context's program
#define CONTEXT_RANGES_MAX 65536u        // ranges of what it matches: 512 KiB
#define CONTEXT_SORTED_MAX 20000u        // messages of a sorted one: each new one sorts them again
#define MULTISEARCH_MAILBOXES_MAX 20000u // mailboxes of an ESEARCH command; more: NO [LIMIT]
#define IMAP_PROGRESS_MS 10000u          // between INPROGRESS lines (RFC 9585 section 4)
#define UIDBATCHES_SIZE_MIN 500u         // RFC 10022 section 3.1.3.2
#define UIDBATCHES_SPAN_MAX 100000u      // messages of a range of batches (there, section 3.1.5)
#define UIDBATCHES_REMEMBERED 64u        // questions that a session remembers
#define COMPARATORS_MAX 50u              // comparators of a COMPARATOR command
#define LANGUAGE_RANGES_MAX 50u          // languages of a LANGUAGE command
#define LIST_PATTERN_MAX 2048u // octets of a pattern; a longer one matches no name that can exist
#define OBJECTID_MAX 255u      // octets of an object id that a client names (RFC 8474 section 7)
#define IMAP_PATTERNS_MAX 100u // patterns of a LIST command
#define IMAP_COMMANDS_PER_RUN 100u // pipelined commands before others have their turn

// --- wire ---
#define LINE_DROP_MAX                                                                              \
	(1u << 20) // octets dropped of a line that is too long, waiting for its end; then the connection is closed

// --- smtp: LMTP, submission ---
#define SMTP_LINE_MAX                                                                              \
	12288u // octets of a command line (RFC 4954 section 4.3; RFC 5321 section 4.5.3.1.4 says 512 and more)
#define SMTP_PATH_MAX 512u        // octets of an address: RFC 5321 section 4.5.3.1.3 says 256
#define SMTP_PARAMS_MAX 20u       // parameters of MAIL or RCPT
#define SMTP_RECIPIENTS_MAX 1000u // of one message: RFC 5321 section 4.5.3.1.8 says 100 at least
#define SMTP_MEMORY (4u << 20)    // octets of a transaction's arena
#define SMTP_COMMAND_MEMORY                                                                        \
	(12u << 20) // of a command's: BURL may make a card again (MIME_HEADERS_KEPT_MAX), and looks through a header
#define LMTP_GROUP 64u          // recipients that wait for the disk together
#define LMTP_BAD_MAX 100u       // commands with errors between two messages; then 421
#define LMTP_STEPS_PER_RUN 200u // commands and pieces of data before others have their turn
#define LMTP_DROP_MAX                                                                              \
	(UINT64_C(1) << 30) // octets of a refused message that are read to its end; more: 421
#define LMTP_TIMEOUT 600u // seconds of silence: RFC 5321 section 4.5.3.2.7 says 5 minutes at least
#define SUBMISSION_HEADER_MAX                                                                      \
	(1u << 20)                    // octets of a message's header that submission looks through
#define SUBMISSION_AUTHORS_MAX 20u    // addresses in From and Sender
#define SUBMISSION_LOGIN_TIMEOUT 180u // seconds
#define SUBMISSION_SESSIONS_PER_USER 50u
#define RELAY_TIMEOUT_MS 60000u    // to connect to the relay, and for its answers
#define RELAY_MESSAGE_TIMEOUTS 10u // times that for a message (RFC 5321 section 4.5.3.2.6)
#define RELAY_IDLE_S 30u           // a link without work is given up
#define RELAY_OFFER_S 3600u        // so old, an offer of FUTURERELEASE is asked for again
#define RELAY_ORPHANS_MAX 100u     // links without a client that wait for its word on a message
#define RELAY_RESOLVE_S 60u        // the relay's addresses are looked up again
#define RELAY_LINE_MAX 4096u // octets of a line of the relay: RFC 5321 section 4.5.3.1.5 says 512
#define RELAY_QUEUE_MAX (256u << 10)  // octets of a message that wait for the relay
#define RELAY_PIPELINE_MAX 100u       // recipients asked of the relay and not answered
#define RELAY_HELD_MAX (16u << 10)    // octets of answers that wait behind one of them
#define RELAY_ITERATIONS_MAX 1000000u // SCRAM: of PBKDF2 that the relay may ask of us
#define SERVED_MESSAGES 1024u         // messages that submission remembers, with who had them
#define SERVED_ADDRESSES_MAX 2000u    // of one of them
#define SERVED_S 86400u               // and for how long, if not everybody had it
#define SERVED_HOLDS 3u               // tries of one that some have already; the next goes to all
#define DELIVERY_PERIOD_S 21600 // a delivery is known again for this time, and up to twice as long
#define DELIVERY_SHARE_S 300u   // so long a message may go to more recipients: half a sweep's grace

#define SPOOL_MESSAGES_MAX 4096u                   // of all users that wait for the relay
#define SPOOL_OCTETS_MAX (UINT64_C(1) << 30)       // octets of them
#define SPOOL_USER_MESSAGES_MAX 128u               // of one user
#define SPOOL_USER_OCTETS_MAX (UINT64_C(64) << 20) // octets of them
#define SPOOL_RECORD_MAX (256u << 10) // octets of a message's envelope and trace fields
#define SPOOL_RETRY_FIRST_S 60u  // until the relay is tried again; then twice as long each time
#define SPOOL_RETRY_MOST_S 1800u // but not longer
#define SPOOL_PAUSE_MAX_S 86400  // nor than this, whatever is configured: clocks jump
#define SPOOL_PIPELINE_MAX 10u   // recipients that it was asked for and has not answered
#define SPOOL_ASK_S 600u         // so long a message asks for its recipients, then others do
#define SPOOL_DELAY_S 14400      // then who sent it is told of the delay
#define SPOOL_EXPIRES_S 432000 // then it is given up (RFC 5321 section 4.5.4.1: 4-5 days at least)
#define SPOOL_AGAIN_S 3600u // so long who waits is held back when his message must come once more
#define SPOOL_RETURN_MAX (64u << 10) // octets of a message that a report shows
#define SENT_KNOWN_S 86400 // for so long a sent message and its appended copy are known as one

// --- pop3 ---
#define POP3_LINE_MAX                                                                              \
	16384u // octets of a command line: RFC 2449 section 4 says 255, responses of SASL are longer
#define POP3_PREAUTH_MEMORY (256u << 10) // octets of a command's arena before log-in
#define POP3_MEMORY (64u << 20)          // and after it
#define POP3_MESSAGES_MAX 4000000u       // of a maildrop: 24 octets each in memory
#define POP3_HEADER_MAX (1u << 20)       // octets of a header that are looked at for UTF-8
#define POP3_BAD_MAX 50u                 // commands with errors before log-in; then the end
#define POP3_COMMANDS_PER_RUN 100u       // pipelined commands before others have their turn
#define POP3_AUTOLOGOUT 600u             // seconds: never below 10 minutes (RFC 1939 section 3)
#define POP3_LOGIN_TIMEOUT 180u          // seconds
#define POP3_SESSIONS_PER_USER 50u

// --- net ---
#define NET_BUFFER (16u << 10) // a block of input as it arrives; at least one TLS record
#define NET_BUFFERS_KEPT 64u   // of them kept free
#define NET_INPUT_MAX                                                                              \
	(64u << 10) // unread input of a connection, unless its session wants another limit
#define NET_OUT_HIGH                                                                               \
	(256u << 10)            // output above it: a session with a cursor should return CONN_FLUSH
#define NET_OUT_LOW (64u << 10) // output below it: it goes on
#define NET_STRANGER_INPUT                                                                         \
	(20u << 10) // before log-in: unread input, no less than the longest line (POP3_LINE_MAX)
#define NET_STRANGER_OUT (8u << 10) // and output above it
#define NET_STRANGER_UNSENT                                                                        \
	(16u << 10) // and octets of it that the kernel holds beyond the peer's window
#define NET_PROXY_HEADER_MAX 4096u   // a PROXY v2 header with all its TLVs
#define NET_CONNECTIONS_MAX 1000000u // connections in all, whatever the descriptors allow
#define NET_FILES_RESERVE 256u       // file descriptors that connections leave to others
#define NET_STALL_MS 300000u         // output without progress for so long: cut off
#define NET_HANDSHAKE_MS 60000u      // PROXY header and TLS handshake
#define NET_LINGER_MS 2000u          // after our last byte the peer has so long to close
#define NET_KEEPALIVE_IDLE_S                                                                       \
	300u // TCP keepalive: below the shortest usual NAT time-out (RFC 5382 asks for more)
#define NET_KEEPALIVE_EACH_S 60u   // between probes
#define NET_KEEPALIVE_COUNT 5u     // probes without answer: the peer is gone
#define NET_BACKLOG 1024           // connections not yet accepted
#define NET_ACCEPT_BATCH 64u       // accepted before others have their turn
#define NET_ACCEPT_PAUSE_MS 100u   // out of file descriptors
#define NET_TLS_CHAIN_MAX 10       // certificates in a client's chain
#define NET_ZIP_LEVEL 3            // of deflate: most of the gain, little of the time
#define NET_ZIP_WINDOW_BITS 13     // 8 KiB: deflater 32 KiB, and 32 KiB at
#define NET_ZIP_MEM_LEVEL 6        // this level
#define NET_ZIP_PACKED (64u << 10) // compressed ahead of the socket
#define NET_ZIP_POOL 32u           // deflate and inflate states kept for the next connection
#define NET_ZIP_IDLE_MS 2000u      // silent for so long: deflate state is given up

// --- mail: accounts and mailboxes ---
#define MAILBOXES_MAX 100000u // names in an account, unless configured otherwise
#define MAILBOX_NAME_MAX                                                                           \
	1000u // octets of a mailbox's full name (with its key it fits STORE_KEY_MAX)
#define MAILBOX_LEVEL_MAX 255u     // octets of one level of a name
#define MAILBOX_DEPTH_MAX 32u      // levels of a name
#define KEYWORDS_MAX 4096u         // keyword names of a mailbox
#define KEYWORD_SETS_MAX 16384u    // combinations of keywords in use in a mailbox
#define KEYWORD_LENGTH_MAX 255u    // octets of a keyword
#define EXPUNGE_LOG_MAX 65536u     // ranges in a mailbox's expunge log
#define EXPUNGE_LOG_SLACK 4096u    // and how many more before its old end is cut off
#define IMAP_VANISHED_RANGES 512u  // ranges in one line of VANISHED: about 8 KB
#define VIEW_PENDING_MAX 65536u    // ranges of expunged messages that a client has not been told of
#define VIEW_SILENCED_MAX 64u      // STORE .SILENT commands that a view remembers
#define APPEND_MESSAGES_MAX 2000u  // messages of one APPEND (RFC 3502)
#define APPEND_HELD_MAX (4u << 20) // octets of its messages in memory
#define COPY_AT_ONCE 4096u         // messages of a COPY or MOVE in one batch; more: in steps
#define MAILBOXES_LOADED_IDLE 16u  // mailboxes of an account with records though nobody is in
#define MAILBOX_IDLE_MESSAGES 20000u      // larger ones have only what is at their end
#define ACCOUNTS_IDLE_MAX 4096u           // accounts in memory that nobody has open
#define ACCOUNTS_IDLE_OCTETS (128u << 20) // octets of memory that they take, about
#define KEYS_KEPT_FROM 256u               // messages: SORT and THREAD of so many keep their keys
#define COLUMNS_MAX 512u                  // such columns of keys, of all accounts
#define COLUMNS_OCTETS (128u << 20)       // octets of all of them; of one three quarters of that
#define COLUMNS_SHARE 4u                  // and at most this part of limits.memory
#define COLUMNS_KEEP_NS UINT64_C(600000000000) // and for how long one stays that nobody wants
#define NOTIFY_GROUPS_MAX 64u                  // event groups of a NOTIFY command
#define NOTIFY_NAMES_MAX 10000u                // mailboxes named in it
#define FETCH_LATER_MAX 4096u                  // octets of the FETCH items of MessageNew or UPDATE
#define FEED_EVENTS_MAX 1024u // events of names and annotations that an account keeps for NOTIFY
#define FEED_OCTETS_MAX (1u << 20)       // octets of them
#define METADATA_NAME_MAX 500u           // octets of the name of an annotation (RFC 5464)
#define METADATA_VALUE_MAX (64u << 10)   // octets of its value
#define METADATA_ENTRIES_MAX 200u        // annotations of a mailbox, or of the server for a user
#define METADATA_OCTETS_MAX (512u << 10) // octets of them, names included
#define IMAP_METADATA_NAMED_MAX 1000u    // annotations named in one command
#define METADATA_ACCOUNT_MAX (UINT64_C(64) << 20) // octets of all annotations of an account
#define CATENATE_PARTS_MAX 10000u                 // URLs of one APPEND (RFC 4469)
#define CATENATE_OCTETS_MAX (UINT64_C(1) << 30)   // octets that they bring
#define IMAP_URLS_MAX 1000u                       // URLs of one GENURLAUTH or URLFETCH
#define URL_MAX 8192u                             // octets of an IMAP URL
#define URL_FIELDS_MAX 100u                       // names of header fields in its section
#define UIDL_MAX 70u       // octets of a POP3 unique-id, from 0x21 to 0x7e (RFC 1939 section 7)
#define UIDLS_MAX 4000000u // imported POP3 unique-ids of an account

// --- backup and restore ---
#define BACKUP_PINS_MAX 8u         // backups of a store at a time
#define BACKUP_TOKENS_KEPT 256u    // of the last backups of a store
#define ADMIN_CONNECTIONS_MAX 8u   // on the admin socket
#define ADMIN_SPOOL_SHOWN 20u      // recipients of a message that waits for the relay, in a list
#define ADMIN_LINE_MAX 8192u       // octets of a request
#define RESTORE_BATCH (512u << 10) // octets of records in one commit of a restore
#define RESTORE_BLOBS (16u << 20)  // octets of messages after which their records are committed
// --- store: what every engine takes ---
#define STORE_KEY_MAX 1024u           // octets of a key; batches with a longer one: RC_TOOBIG
#define STORE_VALUE_MAX (4u << 20)    // octets of a value that patches may grow
#define STORE_BATCH_MAX (1u << 20)    // octets of a batch
#define BLOB_CARD_MAX (256u << 10)    // octets of a blob's card
#define BLOB_MAX (UINT64_C(16) << 30) // octets of a blob; longer: RC_TOOBIG

// --- server ---
#define CONFIG_FILE_MAX (1u << 20) // octets of a configuration file
#define CONFIG_DEPTH_MAX 8         // sections within sections
#define CONFIG_LISTENERS_MAX 64    // addresses to listen on

// --- cli ---
#define IMPORT_DEPTH_MAX 32     // folders within folders
#define KEYWORDS_PER_IMPORT 64u // keywords of one imported message; more are left out

#endif
