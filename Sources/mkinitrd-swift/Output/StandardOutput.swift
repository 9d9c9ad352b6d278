import ArgumentParser
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
  private let descriptor: FileDescriptor
  private let done: String?

  /// What is printed to `descriptor`; `done` says what is done already when it can't be printed.
  init(to descriptor: FileDescriptor = .standardOutput, done: String? = nil) {
    self.descriptor = descriptor
    self.done = done
  }

  /// Whether somebody looks at a screen.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Refuses to write an image to a screen.
  static func requireNoTerminal() throws {
    if isTerminal {
      throw ValidationError("standard output is a terminal; redirect it, or name a file with -o")
    }
  }

  /// How many characters a line of the screen has; 80 where there is none.
  static var columns: Int { columns(of: STDOUT_FILENO) }

  fileprivate static func columns(of descriptor: Int32) -> Int {
    var size = winsize()
    return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      ? Int(size.ws_col) : 80
  }

  /// Adds `bytes`, which are written in large pieces.
  mutating func write(_ bytes: some Sequence<UInt8>) {
    pending.append(contentsOf: bytes)
    if pending.count >= 1 << 16 { flush() }
  }

  /// Writes what is left.
  mutating func flush() {
    Self.write(pending, to: descriptor, done: done)
    pending.removeAll(keepingCapacity: true)
  }

  /// Prints `text` with a line end; names in it can't rewrite a screen.
  static func print(_ text: String, done: String? = nil) {
    write(Array((terminalSafe(text) + "\n").utf8), to: .standardOutput, done: done)
  }

  /// Writes `bytes` at once.
  static func write(_ bytes: Span<UInt8>) {
    bytes.withUnsafeBytes { write($0, to: .standardOutput) }
  }

  fileprivate static func write(
    _ bytes: some Sequence<UInt8>, to descriptor: FileDescriptor, done: String? = nil
  ) {
    do { _ = try descriptor.writeAll(bytes) } catch {
      // A reader that went away is no failure; SIGPIPE, where it isn't ignored, has ended the process already.
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
  /// Whether somebody looks at a screen.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether the screen may show colours: https://no-color.org.
  private static var hasColours: Bool {
    let refused = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
    let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
    return isTerminal && !refused && terminal != "dumb"
  }

  /// Prints an error; on a screen the word that says so is red.
  static func print(_ error: InitrdError) {
    guard hasColours else { return print(error.description) }
    let lines = terminalSafe(error.description).split(separator: "\n").map { line -> String in
      guard let word = line.firstRange(of: "error:") else { return String(line) }
      return line[..<word.lowerBound] + "\u{1B}[1;31merror:\u{1B}[0m" + line[word.upperBound...]
    }
    StandardOutput.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: .standardError)
  }

  /// How many characters a line of the screen has; 80 where there is none.
  static var columns: Int { StandardOutput.columns(of: STDERR_FILENO) }

  /// Shows `text` in the place of the line that the cursor is on, and stays there.
  static func show(_ text: String) {
    StandardOutput.write(Array("\r\u{1B}[K\(terminalSafe(text))".utf8), to: .standardError)
  }

  /// Prints `text` with a line end.
  static func print(_ text: String) {
    StandardOutput.write(Array((terminalSafe(text) + "\n").utf8), to: .standardError)
  }
}
