/// An error, a warning or a note: its severity, message, place and remedy.
public struct Diagnostic: Equatable, Sendable {
  /// The severity.
  public enum Severity: String, Sendable {
    /// The work can't be done.
    case error
    /// The result may not be the intended one.
    case warning
    /// Useful information.
    case note
  }

  /// The severity.
  public var severity: Severity
  /// The kind of the diagnostic: a stable code for programs.
  public var code: InitrdError.Code
  /// What is wrong and what follows from it, in one line.
  public var message: String
  /// The place; `nil`: there is no specific place.
  public var location: InitrdError.Location?
  /// What to do about it; `nil`: nothing, or it is obvious.
  public var remedy: String?

  /// Makes a diagnostic.
  public init(
    _ severity: Severity, _ code: InitrdError.Code, _ message: String,
    at location: InitrdError.Location? = nil, remedy: String? = nil
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.location = location
    self.remedy = remedy
  }
}

extension Diagnostic: CustomStringConvertible {
  /// One line: `place: severity: message; remedy`.
  public var description: String {
    let place = location.map { "\($0): " } ?? ""
    return "\(place)\(severity.rawValue): \(message)" + (remedy.map { "; \($0)" } ?? "")
  }
}

/// Collects all diagnostics of one run, so that they are reported together.
package struct Diagnostics: Sendable {
  /// All diagnostics, in the order in which they were found.
  package private(set) var all: [Diagnostic] = []

  package init() {}

  /// Whether one of them is an error.
  package var hasErrors: Bool { all.contains { $0.severity == .error } }

  /// All diagnostics that are not errors.
  package var notes: [Diagnostic] { all.filter { $0.severity != .error } }

  package mutating func add(_ diagnostic: Diagnostic) { all.append(diagnostic) }

  package mutating func add(_ others: Diagnostics) { all += others.all }

  package mutating func note(
    _ code: InitrdError.Code, _ message: String, at location: InitrdError.Location? = nil,
    remedy: String? = nil
  ) {
    add(Diagnostic(.note, code, message, at: location, remedy: remedy))
  }

  package mutating func error(
    _ code: InitrdError.Code, _ message: String, at location: InitrdError.Location? = nil,
    remedy: String? = nil
  ) {
    add(Diagnostic(.error, code, message, at: location, remedy: remedy))
  }

  /// Adds an error about a requested item that does not exist, or a note if the item is optional.
  package mutating func missing(
    _ message: String, isOptional: Bool, at location: InitrdError.Location? = nil,
    remedy: String? = nil
  ) {
    add(
      Diagnostic(
        isOptional ? .note : .error, .missing, message, at: location,
        remedy: isOptional ? nil : remedy))
  }

  /// Adds a thrown error with all its further errors.
  package mutating func add(_ error: InitrdError) { all += error.diagnostics }

  /// Runs `body`, and adds its error, if it throws one.
  ///
  /// - Returns: the result; `nil` if `body` threw an error.
  package mutating func collecting<Result: ~Copyable>(
    _ body: (inout Diagnostics) throws(InitrdError) -> Result
  ) -> Result? {
    do { return try body(&self) } catch {
      add(error)
      return nil
    }
  }

  /// Ends the work if there is an error.
  ///
  /// - Throws: one error with all others in it.
  package func requireNoErrors() throws(InitrdError) {
    let errors = all.filter { $0.severity == .error }.map(InitrdError.init)
    if let error = InitrdError(all: errors) { throw error }
  }
}

extension InitrdError {
  /// Makes an error of a diagnostic.
  package init(_ diagnostic: Diagnostic) {
    self.init(
      diagnostic.code, diagnostic.message, at: diagnostic.location, remedy: diagnostic.remedy)
  }

  /// This error and all its further errors, as separate diagnostics.
  public var diagnostics: [Diagnostic] {
    [Diagnostic(.error, code, message, at: location, remedy: remedy)]
      + others.flatMap(\.diagnostics)
  }
}
