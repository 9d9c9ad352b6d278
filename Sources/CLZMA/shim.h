#if __has_include(<lzma.h>)
#include <lzma.h>
#else
#error "lzma.h is missing: apt-get install liblzma-dev, dnf install xz-devel or brew install xz"
#endif
