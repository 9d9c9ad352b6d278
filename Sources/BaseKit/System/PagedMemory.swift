#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory that takes room only where it has been written to, in large pages where the system has some.
///
/// `@unchecked`: whoever is handed the memory is its only user while that lasts.
package final class PagedMemory: @unchecked Sendable {
  package let bytes: UnsafeMutableBufferPointer<UInt8>

  /// - Parameter size: how many bytes there are at most; `nil` comes out where there is no address room for them.
  package init?(size: Int) {
    guard size > 0,
      let start = mmap(
        nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
      start != MAP_FAILED
    else { return nil }
    // Small pages take as long to be had as inflating into them does. Without large ones this is no error.
    madvise(start, size, MADV_HUGEPAGE)
    bytes = .init(start: start.assumingMemoryBound(to: UInt8.self), count: size)
  }

  deinit { munmap(bytes.baseAddress, bytes.count) }
}
