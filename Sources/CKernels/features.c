#define _GNU_SOURCE
// What the processor that this runs on can do.
#include <dlfcn.h>
#include <pthread.h>

#include "CKernels.h"

#if defined(__x86_64__)
int ck_has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
int ck_has_avx512(void) {
  return ck_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
    && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#else
int ck_has_avx2(void) { return 0; }
int ck_has_avx512(void) { return 0; }
#endif

const char *ck_library_path(const void *symbol) {
  Dl_info info;
  return dladdr(symbol, &info) ? info.dli_fname : 0;
}

int64_t ck_layout(void) { return CK_LAYOUT; }

uint64_t ck_thread(void) { return (uint64_t)(uintptr_t)pthread_self(); }
