#include "CMPI.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// A handle, such as a communicator or a type: a pointer in Open MPI, a number in MPICH.
typedef union {
  void *pointer;
  int number;
} handle;

static struct {
  int has_pointers;
  handle world, floats, doubles, bytes;
  int (*finalize)(void);
  void *abort, *alltoallv, *allgatherv, *bcast;
} mpi;

// The constants of MPICH's mpi.h, which are part of its ABI.
enum {
  mpich_comm_world = 0x44000000,
  mpich_float = 0x4c00040a,
  mpich_double = 0x4c00080b,
  mpich_byte = 0x4c00010d,
  // The same in both libraries.
  thread_serialized = 2,
  largest_version = 8192,
};

static int fail(char *message, size_t size, const char *problem, const char *detail) {
  snprintf(message, size, "%s%s%s", problem, detail ? ": " : "", detail ? detail : "");
  return 1;
}

static void *load(const char *path, int open_mpi) {
  // Open MPI loads modules that need its symbols.
  const int flags = RTLD_NOW | RTLD_GLOBAL;
  if (path) return dlopen(path, flags);
  static const char *const names[2][4] = {
    {"libmpi.so.12", "libmpich.so.12", "libmpi.12.dylib", NULL},
    {"libmpi.so.40", "libmpi.40.dylib", NULL},
  };
  for (int pass = 0; pass < 2; pass++)
    for (const char *const *name = names[pass == 0 ? open_mpi : !open_mpi]; *name; name++) {
      void *library = dlopen(*name, flags);
      if (library) return library;
    }
  return dlopen("libmpi.so", flags);
}

// Rank or size of the world communicator, by a call to either library.
static int ask(void *call, int *answer) {
  return mpi.has_pointers ? ((int (*)(void *, int *))call)(mpi.world.pointer, answer)
                          : ((int (*)(int, int *))call)(mpi.world.number, answer);
}

int cmpi_start(cmpi_world *world, const char *path, int open_mpi, char *message, size_t size) {
  void *library = load(path, open_mpi != 0);
  if (!library) return fail(message, size, "no MPI library is found", dlerror());
  int (*init)(int *, char ***, int, int *) = (int (*)(int *, char ***, int, int *))dlsym(library, "MPI_Init_thread");
  int (*version)(char *, int *) = (int (*)(char *, int *))dlsym(library, "MPI_Get_library_version");
  void *rank = dlsym(library, "MPI_Comm_rank"), *count = dlsym(library, "MPI_Comm_size");
  mpi.finalize = (int (*)(void))dlsym(library, "MPI_Finalize");
  mpi.abort = dlsym(library, "MPI_Abort");
  mpi.alltoallv = dlsym(library, "MPI_Alltoallv");
  mpi.allgatherv = dlsym(library, "MPI_Allgatherv");
  mpi.bcast = dlsym(library, "MPI_Bcast");
  if (!init || !version || !rank || !count || !mpi.finalize || !mpi.abort || !mpi.alltoallv || !mpi.allgatherv ||
      !mpi.bcast)
    return fail(message, size, "the MPI library lacks a function", path);

  // Only in Open MPI, handles are variables.
  void *open_world = dlsym(library, "ompi_mpi_comm_world");
  mpi.has_pointers = open_world != NULL;
  if (mpi.has_pointers) {
    mpi.world.pointer = open_world;
    mpi.floats.pointer = dlsym(library, "ompi_mpi_float");
    mpi.doubles.pointer = dlsym(library, "ompi_mpi_double");
    mpi.bytes.pointer = dlsym(library, "ompi_mpi_byte");
    if (!mpi.floats.pointer || !mpi.doubles.pointer || !mpi.bytes.pointer)
      return fail(message, size, "Open MPI lacks a type", path);
  } else {
    mpi.world.number = mpich_comm_world;
    mpi.floats.number = mpich_float;
    mpi.doubles.number = mpich_double;
    mpi.bytes.number = mpich_byte;
  }

  char text[largest_version];
  int length = 0;
  if (version(text, &length) != 0) return fail(message, size, "the MPI library does not say its version", NULL);
  text[length < largest_version ? length : largest_version - 1] = 0;
  text[strcspn(text, "\r\n")] = 0;
  if (!mpi.has_pointers && !strstr(text, "MPICH") && !strstr(text, "Intel") && !strstr(text, "MVAPICH"))
    return fail(message, size, "neither Open MPI nor an MPI with the ABI of MPICH", text);
  snprintf(world->library, sizeof world->library, "%s", text);

  int provided = 0;
  if (init(NULL, NULL, thread_serialized, &provided) != 0) return fail(message, size, "MPI does not begin", text);
  if (provided < thread_serialized)
    return fail(message, size, "MPI allows calls from its first thread alone", text);
  if (ask(rank, &world->rank) != 0 || ask(count, &world->ranks) != 0)
    return fail(message, size, "MPI does not say its ranks", text);
  return 0;
}

void cmpi_finish(void) { mpi.finalize(); }

void cmpi_abort(int status) {
  if (mpi.has_pointers)
    ((int (*)(void *, int))mpi.abort)(mpi.world.pointer, status);
  else
    ((int (*)(int, int))mpi.abort)(mpi.world.number, status);
}

void cmpi_exchange(
  const float *send, const int *send_counts, const int *send_offsets, float *receive, const int *receive_counts,
  const int *receive_offsets) {
  if (mpi.has_pointers)
    ((int (*)(const void *, const int *, const int *, void *, void *, const int *, const int *, void *, void *))
       mpi.alltoallv)(
      send, send_counts, send_offsets, mpi.floats.pointer, receive, receive_counts, receive_offsets,
      mpi.floats.pointer, mpi.world.pointer);
  else
    ((int (*)(const void *, const int *, const int *, int, void *, const int *, const int *, int, int))mpi.alltoallv)(
      send, send_counts, send_offsets, mpi.floats.number, receive, receive_counts, receive_offsets, mpi.floats.number,
      mpi.world.number);
}

static void gather(const void *send, int count, void *receive, const int *counts, const int *offsets, handle type) {
  if (mpi.has_pointers)
    ((int (*)(const void *, int, void *, void *, const int *, const int *, void *, void *))mpi.allgatherv)(
      send, count, type.pointer, receive, counts, offsets, type.pointer, mpi.world.pointer);
  else
    ((int (*)(const void *, int, int, void *, const int *, const int *, int, int))mpi.allgatherv)(
      send, count, type.number, receive, counts, offsets, type.number, mpi.world.number);
}

void cmpi_gather_floats(const float *send, int count, float *receive, const int *counts, const int *offsets) {
  gather(send, count, receive, counts, offsets, mpi.floats);
}

void cmpi_gather_doubles(const double *send, int count, double *receive, const int *counts, const int *offsets) {
  gather(send, count, receive, counts, offsets, mpi.doubles);
}

void cmpi_broadcast(void *bytes, int count) {
  if (mpi.has_pointers)
    ((int (*)(void *, int, void *, int, void *))mpi.bcast)(bytes, count, mpi.bytes.pointer, 0, mpi.world.pointer);
  else
    ((int (*)(void *, int, int, int, int))mpi.bcast)(bytes, count, mpi.bytes.number, 0, mpi.world.number);
}
