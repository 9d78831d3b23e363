// Compares every kernel of one class with the portable one on random shapes, and prints how many
// comparisons that were and a digest of what the portable ones computed. Arguments: the class and
// the number of shapes. See scripts/test-kernels.sh.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "comparison.h"

const ck_kernels *tested, *portable;

static const ck_kernels *class_named(const char *name) {
  if (strcmp(name, "portable") == 0) return ck_portable();
  if (strcmp(name, "avx2") == 0) return ck_avx2();
  if (strcmp(name, "avx512") == 0) return ck_avx512();
  if (strcmp(name, "avx512-bf16") == 0) return ck_avx512_bf16();
  if (strcmp(name, "neon-bf16") == 0) return ck_neon_bf16();
  return strcmp(name, "neon") == 0 ? ck_neon() : 0;
}

// A kernel reached an unreadable page. Flushes nothing: a handler may only write.
static void report_fault(int signal) {
  (void)signal;
  static const char text[] = " reads or writes beyond its planes\n";
  const char *const name = name_of_comparison();
  if (write(STDERR_FILENO, name, strlen(name)) < 0) _exit(3);
  if (write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(3);
  _exit(1);
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  portable = ck_portable();
  tested = class_named(arguments[1]);
  if (!tested) {
    printf("%s: not on this processor\n", arguments[1]);
    return 77;
  }
  signal(SIGSEGV, report_fault);
  signal(SIGBUS, report_fault);
  static void (*const comparisons[])(void) = {
    compare_convolutions, compare_pairs, compare_filters, compare_winograd, compare_relevance,
    compare_sums, compare_elementwise};
  const int shapes = atoi(arguments[2]);
  for (int shape = 0; shape < shapes; shape++) {
    seed((uint64_t)shape + 1);
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
      comparisons[i]();
      release_memory();
    }
  }
  const comparison_results results = results_of_comparisons();
  printf(
    "%s: %ld comparisons, %ld failed, digest %016llx\n", tested->name, results.comparisons, results.failures,
    (unsigned long long)results.digest);
  return results.failures > 0;
}
