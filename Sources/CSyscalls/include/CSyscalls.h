// The calls that Swift can't make: glibc has no openat2, and Swift imports no variadic function.
#pragma once

#include <stdint.h>

/// Opens `path` below the directory `root` as if that were `/`: links, also absolute ones, and `..`
/// never lead out of it. Returns a descriptor, or -1 with errno set.
int csyscalls_open_in_root(int root, const char *path, int flags);
