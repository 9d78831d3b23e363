// Messages between the processes that mpirun has started, by the MPI library that is installed.
//
// The library is found when the program runs (dlopen), so that the program needs none. Open MPI is
// understood, and what has the common ABI of MPICH: MPICH, Intel MPI, MVAPICH
// (https://www.mpich.org/abi/). Handles are pointers in the one and numbers in the other; the
// collective calls below hide that. Any error in a call ends all processes, which is MPI's default
// (MPI_ERRORS_ARE_FATAL).

#ifndef CMPI_H
#define CMPI_H

#include <stddef.h>

typedef struct {
  int rank;
  int ranks;
  // What the library says of itself, its first line.
  char library[256];
} cmpi_world;

// Loads the library and begins. 0, or else `message` says why not.
//
// `path`: of the library, or NULL to look for the usual names, those of `open_mpi` first or last.
int cmpi_start(cmpi_world *world, const char *path, int open_mpi, char *message, size_t size);

// Waits for all processes, and ends.
void cmpi_finish(void);

// Ends all processes at once.
void cmpi_abort(int status);

// Every process sends send_counts[r] values from send_offsets[r] on to process r, and receives
// likewise.
void cmpi_exchange(
  const float *send, const int *send_counts, const int *send_offsets, float *receive, const int *receive_counts,
  const int *receive_offsets);

// Every process receives all processes' values, those of process r from offsets[r] on.
void cmpi_gather_floats(const float *send, int count, float *receive, const int *counts, const int *offsets);
void cmpi_gather_doubles(const double *send, int count, double *receive, const int *counts, const int *offsets);

// Every process receives the bytes of process 0.
void cmpi_broadcast(void *bytes, int count);

#endif
