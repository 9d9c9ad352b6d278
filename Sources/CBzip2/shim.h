#if __has_include(<bzlib.h>)
#include <bzlib.h>
#else
#error "bzlib.h is missing: apt-get install libbz2-dev, dnf install bzip2-devel or brew install bzip2"
#endif
