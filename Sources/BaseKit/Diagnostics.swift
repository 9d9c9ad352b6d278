/// One thing that a user should know: how much it matters, what it is, where, and what to do about it.
public struct Diagnostic: Equatable, Sendable {
  /// How much it matters.
  public enum Severity: String, Sendable {
    /// The work can't be done.
    case error
    /// The result may not be what was meant.
    case warning
    /// Worth knowing.
    case note
  }

  /// How much it matters.
  public var severity: Severity
  /// What kind of thing it is: stable, for programs.
  public var code: InitrdError.Code
  /// What it is and what follows from it, in one line.
  public var message: String
  /// Where it is; `nil`: nowhere in particular.
  public var location: InitrdError.Location?
  /// What to do about it; `nil`: nothing, or it goes without saying.
  public var remedy: String?

  /// A diagnostic.
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

/// Collects what is found in one run, so that all of it is reported at once.
package struct Diagnostics: Sendable {
  /// Everything, in the order in which it was found.
  package private(set) var all: [Diagnostic] = []

  package init() {}

  /// Whether there is an error among them.
  package var hasErrors: Bool { all.contains { $0.severity == .error } }

  /// Those that don't end the work.
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

  /// Something that was requested does not exist: an error, or a note where it is optional.
  package mutating func missing(
    _ message: String, isOptional: Bool, at location: InitrdError.Location? = nil,
    remedy: String? = nil
  ) {
    add(
      Diagnostic(
        isOptional ? .note : .error, .missing, message, at: location,
        remedy: isOptional ? nil : remedy))
  }

  /// Adds an error that was thrown, and all that it carries.
  package mutating func add(_ error: InitrdError) { all += error.diagnostics }

  /// Runs `body`, and collects what it throws.
  ///
  /// - Returns: the result; `nil` when it threw.
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
  /// - Throws: all errors as one.
  package func requireNoErrors() throws(InitrdError) {
    let errors = all.filter { $0.severity == .error }.map(InitrdError.init)
    if let error = InitrdError(all: errors) { throw error }
  }
}

extension InitrdError {
  /// The error that a diagnostic tells of.
  package init(_ diagnostic: Diagnostic) {
    self.init(
      diagnostic.code, diagnostic.message, at: diagnostic.location, remedy: diagnostic.remedy)
  }

  /// This error and all that it carries, each by itself.
  public var diagnostics: [Diagnostic] {
    [Diagnostic(.error, code, message, at: location, remedy: remedy)]
      + others.flatMap(\.diagnostics)
  }
}
