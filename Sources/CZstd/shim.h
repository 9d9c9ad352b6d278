#if __has_include(<zstd.h>)
#include <zstd.h>
#else
#error "zstd.h is missing: apt-get install libzstd-dev, dnf install libzstd-devel or brew install zstd"
#endif
