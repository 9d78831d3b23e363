// Settings of OpenBLAS, which it reads from environment variables when it is loaded.
//
// They are set before the program begins: setenv is not safe once other threads may read the
// environment (setenv(3)), and a computation starts threads before it needs OpenBLAS.
#define _DEFAULT_SOURCE
#include "CKernels.h"

#include <stdlib.h>
#include <string.h>

// What this program chose, in the environment of programs that it starts: they may run on another
// processor, as a cluster's job does, and choose for themselves.
static const char chosen[] = "ESPALIER_BLAS_CORETYPE";

// Older releases do not know newer processors and fall back to SSE3, so the processor's own feature
// bits decide, unless the user has.
__attribute__((constructor)) static void set_blas_environment(void) {
  const char *core = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  core = ck_has_avx512() ? "SkylakeX" : ck_has_avx2() ? "Haswell" : 0;
#endif
  const char *const given = getenv("OPENBLAS_CORETYPE"), *const earlier = getenv(chosen);
  if (!given || (earlier && strcmp(given, earlier) == 0)) {
    if (core) {
      setenv("OPENBLAS_CORETYPE", core, 1);
      setenv(chosen, core, 1);
    } else {
      unsetenv("OPENBLAS_CORETYPE");
    }
  }
  // Threads are the engine's. An OpenBLAS that uses OpenMP reads only OMP_NUM_THREADS.
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  setenv("OMP_NUM_THREADS", "1", 1);
}
