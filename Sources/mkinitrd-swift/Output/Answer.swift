import ArgumentParser
import InitrdKit
import SystemPackage

/// How a command answers: for persons or for programs, on standard output or, where that takes the image, on standard
/// error.
///
/// For programs standard output is always one JSON object, also when the command fails; standard error has the errors
/// as text as well. docs/commands.md promises that.
struct Answer {
  /// Whether a program asked.
  var json = false
  /// Whether standard output takes an image.
  var isBesideImage = false
  /// What is done already when the answer can't be printed.
  var done: String?

  /// Prints the answer for a person, or the one for a program.
  func print(_ text: @autoclosure () -> String, _ document: @autoclosure () -> JSONValue) {
    if json {
      print(document())
    } else if isBesideImage {
      StandardError.print(text())
    } else {
      StandardOutput.print(text(), done: done)
    }
  }

  /// Prints the answer for a program.
  func print(_ document: JSONValue) {
    var output = StandardOutput(to: isBesideImage ? .standardError : .standardOutput, done: done)
    document.write(indented: true) { output.write(terminalSafe($0).utf8) }
    output.write("\n".utf8)
    output.flush()
  }

  /// Runs a command's work; an error is the answer.
  ///
  /// - Throws: an exit status.
  func run(status: Int32 = 1, _ work: () throws(InitrdError) -> Void) throws {
    do { try work() } catch {
      if json { print(.document([], diagnostics: error.diagnostics)) }
      try fail(error, status: status)
    }
  }

  /// Ends a command with an error that the answer has already, if it is for a program.
  ///
  /// - Throws: an exit status.
  func fail(_ error: InitrdError, status: Int32 = 1) throws -> Never {
    // Standard error is nothing but the answer there.
    if !(json && isBesideImage) { StandardError.print(error) }
    throw ExitCode(status)
  }
}

/// What exit statuses say; docs/commands.md has the same table.
enum ExitStatus {
  /// `check` and `diff`: a file could not be read.
  static let unreadable: Int32 = 2
  /// The answer could not be printed.
  static let unprintable: Int32 = 3
}
