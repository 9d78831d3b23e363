// Loops that are bound by memory prefetch what they read: a processor's own prefetching begins anew
// with every page.
#pragma once

#include <stdint.h>

enum { BYTES_AHEAD = 2048 };

// Prefetches a cache line, which may lie behind a plane's end.
static inline void prefetch_at(const void *p, uintptr_t bytes) {
  __builtin_prefetch((const void *)((uintptr_t)p + bytes), 0, 3);
}

static inline void prefetch_ahead(const void *p) { prefetch_at(p, BYTES_AHEAD); }
