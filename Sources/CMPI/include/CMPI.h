// Communication between the processes that mpirun has started, by the installed MPI library.
//
// The library is loaded at run time (dlopen), so that the program does not depend on it. Supported
// are Open MPI and libraries with the common ABI of MPICH: MPICH, Intel MPI, MVAPICH
// (https://www.mpich.org/abi/). Handles are pointers in the former and numbers in the latter; the
// collective calls below hide that. Any error in a call ends all processes, which is MPI's default
// (MPI_ERRORS_ARE_FATAL).

#ifndef CMPI_H
#define CMPI_H

#include <stddef.h>

typedef struct {
  int rank;
  int ranks;
  // The first line of the library's version string.
  char library[256];
} cmpi_world;

// Loads and initializes the library. Returns 0, or else an error in `message`.
//
// `path`: path of the library, or NULL to try the usual names, with those of Open MPI first if
// `open_mpi`, else last.
int cmpi_start(cmpi_world *world, const char *path, int open_mpi, char *message, size_t size);

// Waits for all processes, and finalizes the library.
void cmpi_finish(void);

// Ends all processes at once.
void cmpi_abort(int status);

// Every process sends send_counts[r] values, starting at send_offsets[r], to process r, and
// receives accordingly.
void cmpi_exchange(
  const float *send, const int *send_counts, const int *send_offsets, float *receive, const int *receive_counts,
  const int *receive_offsets);

// Every process receives the values of all processes, with those of process r starting at
// offsets[r].
void cmpi_gather_floats(const float *send, int count, float *receive, const int *counts, const int *offsets);
void cmpi_gather_doubles(const double *send, int count, double *receive, const int *counts, const int *offsets);

// Every process receives the bytes of process 0.
void cmpi_broadcast(void *bytes, int count);

#endif
