import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Standard output, for bytes as well as for text. A reader that goes away ends the program quietly.
struct StandardOutput: ~Copyable {
  private var pending: [UInt8] = []

  init() {}

  /// Whether somebody looks at a screen.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Adds `bytes`, which are written in large pieces.
  mutating func write(_ bytes: some Sequence<UInt8>) {
    pending.append(contentsOf: bytes)
    if pending.count >= 1 << 16 { flush() }
  }

  /// Writes what is left.
  mutating func flush() {
    Self.write(pending, to: .standardOutput)
    pending.removeAll(keepingCapacity: true)
  }

  /// Prints `text` with a line end.
  static func print(_ text: String) { write(Array((text + "\n").utf8), to: .standardOutput) }

  fileprivate static func write(_ bytes: [UInt8], to descriptor: FileDescriptor) {
    // Nobody is left to be told when this fails: a closed pipe ends the process by SIGPIPE already.
    do { _ = try descriptor.writeAll(bytes) } catch { exit(EXIT_FAILURE) }
  }
}

/// Standard error.
enum StandardError {
  /// Prints `text` with a line end.
  static func print(_ text: String) {
    StandardOutput.write(Array((text + "\n").utf8), to: .standardError)
  }
}
