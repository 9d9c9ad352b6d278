#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory of which only the written pages are allocated, in large pages if the system has some.
///
/// `@unchecked`: only one user has the memory at a time.
package final class PagedMemory: @unchecked Sendable {
  package let bytes: UnsafeMutableBufferPointer<UInt8>

  /// Reserves memory of `size` bytes; `nil` if the address space is too small.
  package init?(size: Int) {
    guard size > 0,
      let start = mmap(
        nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      start != MAP_FAILED
    else { return nil }
    // Allocating small pages takes as long as inflating into them. It is not an error if there are no large pages.
    madvise(start, size, MADV_HUGEPAGE)
    bytes = .init(start: start.assumingMemoryBound(to: UInt8.self), count: size)
  }

  deinit { munmap(bytes.baseAddress, bytes.count) }
}
