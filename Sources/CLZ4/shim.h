#if __has_include(<lz4.h>)
#include <lz4.h>
#include <lz4frame.h>
#include <lz4hc.h>
#else
#error "lz4.h is missing: apt-get install liblz4-dev, dnf install lz4-devel or brew install lz4"
#endif
