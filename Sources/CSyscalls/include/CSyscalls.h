// System calls that Swift can't make: glibc has no openat2, and declares copy_file_range, sync_file_range, memfd_create
// and sched_getaffinity only for GNU sources.
#pragma once

#include <stdint.h>
// Extended attributes of files, which Swift's Glibc module lacks.
#include <sys/xattr.h>

/// Opens `path` below the directory `root` as if that were `/`: links, also absolute ones, and `..` never lead out of it.
/// Returns a descriptor, or -1 with errno set.
int csyscalls_open_in_root(int root, const char *path, int flags);

/// Like csyscalls_open_in_root, but only for fstat and readlinkat (O_PATH), which need no permission to read. A symbolic
/// link at the end of the path is not followed.
int csyscalls_look_in_root(int root, const char *path);

/// Copies up to `count` bytes of `from` at `*offset` to the position of `to` inside the kernel, and moves `*offset`
/// on. Returns the number of bytes, 0 at the end, or -1 with errno set.
long csyscalls_copy_range(int from, int64_t *offset, int to, long count);

/// Creates a file with a new name in place of the six X at the end of `path`, which no child process inherits. Returns a
/// descriptor, or -1 with errno set.
int csyscalls_temporary_file(char *path);

/// Lets the disk begin to write `count` bytes of a file from `offset`.
void csyscalls_start_writing(int file, int64_t offset, int64_t count);

/// Creates a file in memory without a path. Returns a descriptor, or -1 with errno set.
int csyscalls_memory_file(void);

/// The number of processors that the scheduler may use for this process (sched_setaffinity, taskset, cpusets).
long csyscalls_allowed_processors(void);

// Files that are removed when a signal ends the process. The handlers are C, because Swift may call functions that are
// not allowed in a signal handler.

/// Lets SIGINT, SIGTERM, SIGHUP and SIGPIPE remove the files of the table below before they end the process. Signals that
/// are ignored stay ignored.
void csyscalls_clean_up_on_signals(void);

/// Adds a file to the table: its path, and its descriptor, by which the handler checks that the path still names this
/// file. Returns the place in the table, or -1 if no signal is handled or the table is full.
int csyscalls_remove_on_signal(const char *path, int descriptor);

/// Removes a file from the table; ignores -1.
void csyscalls_keep_on_signal(int place);

/// Begins (1) or ends (-1) a delay of signals. The calls are counted: at 0, a delayed signal ends the process. A second
/// signal is not delayed.
void csyscalls_put_off_signals(int change);

/// Whether a signal is delayed.
int csyscalls_signal_waits(void);

/// Sets whether the cursor is on a progress line, which a signal has to clear.
void csyscalls_clear_line_on_signal(int is_shown);
