// The calls that Swift can't make: glibc has no openat2, and declares copy_file_range, sync_file_range, memfd_create and
// sched_getaffinity for GNU sources only.
#pragma once

#include <stdint.h>

/// Opens `path` below the directory `root` as if that were `/`: links, also absolute ones, and `..`
/// never lead out of it. Returns a descriptor, or -1 with errno set.
int csyscalls_open_in_root(int root, const char *path, int flags);

/// Copies up to `count` bytes from one file's position to another's inside the kernel. Returns how many, 0 at the
/// end, or -1 with errno set.
long csyscalls_copy_range(int from, int to, long count);

/// Lets the disk begin to write `count` bytes of a file that start at `offset`.
void csyscalls_start_writing(int file, int64_t offset, int64_t count);

/// Makes a file in memory without a name. Returns a descriptor, or -1 with errno set.
int csyscalls_memory_file(void);

/// How many processors the scheduler may give to this process (sched_setaffinity, taskset, cpusets).
long csyscalls_allowed_processors(void);
