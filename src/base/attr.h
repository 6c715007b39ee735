// SPDX-License-Identifier: Apache-2.0
// Starling: attributes of newer compilers, empty where they are not known (docs/style.md, rule 1).
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#define must_use __attribute__((warn_unused_result))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))
#define cleanup_with(fn) __attribute__((cleanup(fn)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define countof(a) (sizeof(a) / sizeof((a)[0]))
// The object that holds `member`, from a pointer to the member.
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
