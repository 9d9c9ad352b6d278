#if canImport(Glibc)
  import Glibc
#endif

/// A file in memory that holds one input after the other, because images are read by path.
enum InputFile {
  private static let descriptor: CInt = {
    var template = Array("/dev/shm/fuzz-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { fatalError("no file can be made in /dev/shm") }
    unlink(template)
    return descriptor
  }()

  /// Fills the file.
  ///
  /// - Returns: its path.
  static func holding(_ bytes: [UInt8]) -> String {
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
    else { fatalError("/dev/shm is full") }
    return "/proc/self/fd/\(descriptor)"
  }
}
