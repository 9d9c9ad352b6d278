#if __has_include(<archive.h>)
#include <archive.h>
#include <archive_entry.h>
#else
#error "archive.h is missing: apt-get install libarchive-dev, dnf install libarchive-devel or brew install libarchive"
#endif
