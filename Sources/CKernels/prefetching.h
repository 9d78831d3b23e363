// Loops that are bound by memory ask for what they read ahead of time: a processor's own
// prefetching begins anew with every page.
#pragma once

#include <stdint.h>

enum { BYTES_AHEAD = 2048 };

// Asks for a cache line, which may lie behind a plane's end.
static inline void ask_for(const void *p, uintptr_t bytes) {
  __builtin_prefetch((const void *)((uintptr_t)p + bytes), 0, 3);
}

static inline void ask_ahead(const void *p) { ask_for(p, BYTES_AHEAD); }
