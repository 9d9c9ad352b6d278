import ArgumentParser
import InitrdKit
import SystemPackage

/// Prints a command's answer, as text or as JSON: on standard output, or on standard error when the image goes to
/// standard output.
///
/// With JSON the answer is always one object, also when the command fails; the errors are printed as text too, if the
/// answer is not on standard error itself. docs/commands.md describes this.
struct Answer {
  /// Whether the answer is JSON.
  var json = false
  /// Whether an image goes to standard output.
  var isBesideImage = false
  /// The completed work, for the message when the answer can't be printed.
  var done: String?

  /// Prints the answer: the text or the JSON document.
  func print(_ text: @autoclosure () -> String, _ document: @autoclosure () -> JSONValue) {
    if json {
      print(document())
    } else if isBesideImage {
      StandardError.print(text())
    } else {
      StandardOutput.print(text(), done: done)
    }
  }

  /// Prints a JSON document.
  func print(_ document: JSONValue) {
    var output = StandardOutput(to: isBesideImage ? .standardError : .standardOutput, done: done)
    document.write(indented: true) { output.write(terminalSafe($0).utf8) }
    output.write("\n".utf8)
    output.flush()
  }

  /// Runs a command's work, and prints its error as the answer.
  ///
  /// - Throws: an exit status.
  func run(status: Int32 = 1, _ work: () throws(InitrdError) -> Void) throws {
    do { try work() } catch {
      if json { print(.document([], diagnostics: error.diagnostics)) }
      try fail(error, status: status)
    }
  }

  /// Ends a command with an error, which a JSON answer already contains.
  ///
  /// - Throws: an exit status.
  func fail(_ error: InitrdError, status: Int32 = 1) throws -> Never {
    // Standard error must contain only the JSON answer then.
    if !(json && isBesideImage) { StandardError.print(error) }
    throw ExitCode(status)
  }
}

/// The exit statuses; docs/commands.md lists all of them.
enum ExitStatus {
  /// `check` and `diff`: a file could not be read.
  static let unreadable: Int32 = 2
  /// The answer could not be printed.
  static let unprintable: Int32 = 3
}
