import ArgumentParser
import InitrdKit
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Standard output, for bytes and for text. When the reader closes a pipe, the program ends without an error.
struct StandardOutput: ~Copyable {
  private var pending: [UInt8] = []
  private let descriptor: FileDescriptor
  private let done: String?

  /// Buffered output to `descriptor`; `done` is the completed work, for the message when the output fails.
  init(to descriptor: FileDescriptor = .standardOutput, done: String? = nil) {
    self.descriptor = descriptor
    self.done = done
  }

  /// Whether it is a terminal.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Refuses to write an image to a terminal.
  static func requireNoTerminal() throws {
    if isTerminal {
      throw ValidationError("standard output is a terminal; redirect it, or name a file with -o")
    }
  }

  /// The width of the terminal in characters; 80 without a terminal.
  static var columns: Int { columns(of: STDOUT_FILENO) }

  fileprivate static func columns(of descriptor: Int32) -> Int {
    var size = winsize()
    return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      ? Int(size.ws_col) : 80
  }

  /// Adds `bytes` to the buffer, which is written in large pieces.
  mutating func write(_ bytes: some Sequence<UInt8>) {
    pending.append(contentsOf: bytes)
    if pending.count >= 1 << 16 { flush() }
  }

  /// Writes the rest of the buffer.
  mutating func flush() {
    Self.write(pending, to: descriptor, done: done)
    pending.removeAll(keepingCapacity: true)
  }

  /// Prints `text` with a line end, safe for a terminal.
  static func print(_ text: String, done: String? = nil) {
    write(Array((terminalSafe(text) + "\n").utf8), to: .standardOutput, done: done)
  }

  /// Writes `bytes` without buffering.
  static func write(_ bytes: Span<UInt8>) {
    bytes.withUnsafeBytes { write($0, to: .standardOutput) }
  }

  fileprivate static func write(
    _ bytes: some Sequence<UInt8>, to descriptor: FileDescriptor, done: String? = nil
  ) {
    do { _ = try descriptor.writeAll(bytes) } catch {
      // A closed pipe is no failure. SIGPIPE has ended the process already, unless it is ignored.
      if error as? Errno == .brokenPipe { exit(EXIT_SUCCESS) }
      if descriptor != .standardError {
        let more = done.map { "; \($0)" } ?? ""
        StandardError.print("standard output: error: can't write: \(error)\(more)")
      }
      exit(ExitStatus.unprintable)
    }
  }
}

/// Standard error.
enum StandardError {
  /// Whether it is a terminal.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether to use colours: https://no-color.org.
  private static var hasColours: Bool {
    let refused = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
    let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
    return isTerminal && !refused && terminal != "dumb"
  }

  /// Prints an error; on a terminal the word "error" is red.
  static func print(_ error: InitrdError) {
    guard hasColours else { return print(error.description) }
    let lines = terminalSafe(error.description).split(separator: "\n").map { line -> String in
      guard let word = line.firstRange(of: "error:") else { return String(line) }
      return line[..<word.lowerBound] + "\u{1B}[1;31merror:\u{1B}[0m" + line[word.upperBound...]
    }
    StandardOutput.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: .standardError)
  }

  /// The width of the terminal in characters; 80 without a terminal.
  static var columns: Int { StandardOutput.columns(of: STDERR_FILENO) }

  /// Shows `text` in place of the current line, without a line end.
  static func show(_ text: String) {
    StandardOutput.write(Array("\r\u{1B}[K\(terminalSafe(text))".utf8), to: .standardError)
  }

  /// Prints `text` with a line end.
  static func print(_ text: String) {
    StandardOutput.write(Array((terminalSafe(text) + "\n").utf8), to: .standardError)
  }
}
