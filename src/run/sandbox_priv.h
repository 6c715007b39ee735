// SPDX-License-Identifier: Apache-2.0
// Starling: SANDBOX_SANITIZED: a build for tests whose reports need more files and calls.
#ifndef RUN_SANDBOX_PRIV_H
#define RUN_SANDBOX_PRIV_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer)
#define SANDBOX_SANITIZED
#endif
#endif

#endif
