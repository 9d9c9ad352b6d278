import InitrdKit
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

  /// Prints `text` with a line end; names in it can't rewrite a screen.
  static func print(_ text: String) {
    write(Array((terminalSafe(text) + "\n").utf8), to: .standardOutput)
  }

  fileprivate static func write(_ bytes: [UInt8], to descriptor: FileDescriptor) {
    do { _ = try descriptor.writeAll(bytes) } catch {
      // A reader that went away is no failure; SIGPIPE, where it isn't ignored, has ended the process already.
      if error as? Errno == .brokenPipe { exit(EXIT_SUCCESS) }
      if descriptor != .standardError {
        StandardError.print("standard output: error: can't write: \(error)")
      }
      exit(EXIT_FAILURE)
    }
  }
}

/// Standard error.
enum StandardError {
  /// Prints `text` with a line end.
  static func print(_ text: String) {
    StandardOutput.write(Array((terminalSafe(text) + "\n").utf8), to: .standardError)
  }
}
