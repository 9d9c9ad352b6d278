#if __has_include(<libdeflate.h>)
#include <libdeflate.h>
#else
#error "libdeflate.h is missing: apt-get install libdeflate-dev, dnf install libdeflate-devel or brew install libdeflate"
#endif
