#define _GNU_SOURCE
// What the processor that this runs on can do.
#include <dlfcn.h>
#include <pthread.h>

#include "CKernels.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#if defined(__x86_64__)
int ck_has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
int ck_has_avx512(void) {
  return ck_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
    && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
int ck_has_avx512_bf16(void) { return ck_has_avx512() && __builtin_cpu_supports("avx512bf16"); }
int ck_has_fast_avx512_bf16(void) {
  return ck_has_avx512_bf16() && (__builtin_cpu_is("amd") || __builtin_cpu_is("cooperlake"));
}
#else
int ck_has_avx2(void) { return 0; }
int ck_has_avx512(void) { return 0; }
int ck_has_avx512_bf16(void) { return 0; }
int ck_has_fast_avx512_bf16(void) { return 0; }
#endif

int ck_has_neon_bf16(void) {
#if defined(__aarch64__) && defined(__linux__)
  // HWCAP2_BF16 of the kernel's asm/hwcap.h, which older systems lack.
  return (getauxval(AT_HWCAP2) & 1ul << 14) != 0;
#elif defined(__aarch64__) && defined(__APPLE__)
  int found = 0;
  size_t size = sizeof found;
  return sysctlbyname("hw.optional.arm.FEAT_BF16", &found, &size, 0, 0) == 0 && found != 0;
#else
  return 0;
#endif
}

const char *ck_library_path(const void *symbol) {
  Dl_info info;
  return dladdr(symbol, &info) ? info.dli_fname : 0;
}

int64_t ck_layout(void) { return CK_LAYOUT; }

uint64_t ck_thread(void) { return (uint64_t)(uintptr_t)pthread_self(); }
