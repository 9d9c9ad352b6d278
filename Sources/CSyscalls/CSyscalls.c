#define _GNU_SOURCE
#include "CSyscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel's struct open_how and its flag (include/uapi/linux/openat2.h). They are repeated here because older
// distributions lack this header.
struct open_how {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};
enum { resolve_in_root = 0x10, openat2_number = 437 };

int csyscalls_open_in_root(int root, const char *path, int flags) {
  struct open_how how = {.flags = (uint64_t)flags, .resolve = resolve_in_root};
  int descriptor;
  // EAGAIN: a directory was renamed at the same time, and the kernel could not tell whether the path stays inside.
  do {
    descriptor = (int)syscall(openat2_number, root, path, &how, sizeof how);
  } while (descriptor < 0 && errno == EAGAIN);
  return descriptor;
}

int csyscalls_look_in_root(int root, const char *path) {
  return csyscalls_open_in_root(root, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

int csyscalls_temporary_file(char *path) { return mkostemp(path, O_CLOEXEC); }

long csyscalls_copy_range(int from, int64_t *offset, int to, long count) {
  long copied;
  do {
    copied = copy_file_range(from, (off64_t *)offset, to, 0, (size_t)count, 0);
  } while (copied < 0 && errno == EINTR);
  return copied;
}

void csyscalls_start_writing(int file, int64_t offset, int64_t count) {
  sync_file_range(file, offset, count, SYNC_FILE_RANGE_WRITE);
}

int csyscalls_memory_file(void) { return memfd_create("mkinitrd", MFD_CLOEXEC); }

long csyscalls_allowed_processors(void) {
  // The kernel refuses a set that is too small for the possible processors of the machine.
  for (int count = CPU_SETSIZE; count <= 1 << 20; count *= 2) {
    cpu_set_t *set = CPU_ALLOC(count);
    if (!set) break;
    size_t size = CPU_ALLOC_SIZE(count);
    CPU_ZERO_S(size, set);
    int failed = sched_getaffinity(0, size, set);
    long allowed = CPU_COUNT_S(size, set);
    CPU_FREE(set);
    if (!failed) return allowed;
    if (errno != EINVAL) break;
  }
  return sysconf(_SC_NPROCESSORS_ONLN);
}
