// The calls that Swift can't make: glibc has no openat2, and declares copy_file_range, sync_file_range, memfd_create and
// sched_getaffinity for GNU sources only.
#pragma once

#include <stdint.h>
// Extended attributes of files, which Swift's Glibc does not have.
#include <sys/xattr.h>

/// Opens `path` below the directory `root` as if that were `/`: links, also absolute ones, and `..`
/// never lead out of it. Returns a descriptor, or -1 with errno set.
int csyscalls_open_in_root(int root, const char *path, int flags);

/// Like csyscalls_open_in_root, for fstat and readlinkat only (O_PATH), which need no permission to read; a symbolic
/// link at the end of the path is not followed.
int csyscalls_look_in_root(int root, const char *path);

/// Copies up to `count` bytes of `from` at `*offset` to the position of `to` inside the kernel, and moves `*offset`
/// on. Returns the number of bytes, 0 at the end, or -1 with errno set.
long csyscalls_copy_range(int from, int64_t *offset, int to, long count);

/// Lets the disk begin to write `count` bytes of a file that start at `offset`.
void csyscalls_start_writing(int file, int64_t offset, int64_t count);

/// Makes a file in memory without a name. Returns a descriptor, or -1 with errno set.
int csyscalls_memory_file(void);

/// How many processors the scheduler may give to this process (sched_setaffinity, taskset, cpusets).
long csyscalls_allowed_processors(void);

// Files that go when a signal ends the process. Signal handlers may use little of what Swift does unseen, so they are C.

/// From now on SIGINT, SIGTERM, SIGHUP and SIGPIPE, unless ignored already, remove the files of the table below before
/// they end the process as they always do.
void csyscalls_clean_up_on_signals(void);

/// Adds a file to the table: its path, and a descriptor of it, which tells whether the path still names this file.
/// Returns its place in the table, or -1: no signal is handled, or the table is full.
int csyscalls_remove_on_signal(const char *path, int descriptor);

/// Takes a file from the table; -1 is none.
void csyscalls_keep_on_signal(int place);

/// Puts off what a signal does (1), or no longer (-1). The calls are counted: at 0 a signal that came meanwhile ends
/// the process. A second signal is not put off.
void csyscalls_put_off_signals(int change);

/// Whether a signal was put off.
int csyscalls_signal_waits(void);

/// Whether the cursor stands behind a line on the terminal that is to be cleared by a signal.
void csyscalls_clear_line_on_signal(int is_shown);
