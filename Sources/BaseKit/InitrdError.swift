/// The one error of InitrdKit: what went wrong, where, and what to do about it.
///
/// Printed in the form that compilers use, so that editors can jump to the place:
/// `manifest.json:12:7: error: unknown key "moed"; did you mean "mode"?`
public struct InitrdError: Error, Equatable, Sendable {
  /// What kind of failure this is: stable, for programs to switch on and for `--json`.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code's name as it is printed, in lower case with hyphens.
    public let name: String

    /// A code by its printed name.
    public init(_ name: String) { self.name = name }

    /// The code's printed name.
    public var description: String { name }
  }

  /// Where a failure is: a file, with a line and column in a text or a byte offset in an image.
  public struct Location: Hashable, Sendable, CustomStringConvertible {
    /// The file as the user named it; `nil` in rooms that are blind to paths.
    public var file: String?
    /// The line, from 1.
    public var line: Int?
    /// The column in bytes, from 1.
    public var column: Int?
    /// The offset in bytes, from 0.
    public var offset: UInt64?

    /// A place; every part may be unknown.
    public init(
      file: String? = nil, line: Int? = nil, column: Int? = nil, offset: UInt64? = nil
    ) {
      self.file = file
      self.line = line
      self.column = column
      self.offset = offset
    }

    /// `file:line:column`, or `file: byte N`.
    public var description: String {
      var text = file ?? ""
      if let line { text += ":\(line)" }
      if let column { text += ":\(column)" }
      if let offset { text += text.isEmpty ? "byte \(offset)" : ": byte \(offset)" }
      return text
    }
  }

  /// What kind of failure this is.
  public var code: Code
  /// What went wrong and what follows from it, in one line.
  public var message: String
  /// Where it went wrong.
  public var location: Location?
  /// What to do about it.
  public var remedy: String?
  /// What else was found wrong in the same run: a plan lists all that it misses at once.
  public var others: [InitrdError]
  /// Which of the kernel's rules an image breaks, by the code that `check` has for it; `nil` for anything else.
  package var rule: String?

  /// An error; `others` are further ones of the same run.
  public init(
    _ code: Code, _ message: String, at location: Location? = nil, remedy: String? = nil,
    others: [InitrdError] = []
  ) {
    self.code = code
    self.message = message
    self.location = location
    self.remedy = remedy
    self.others = others
  }

  /// The first of several errors, carrying the rest; `nil` when there are none.
  public init?(all errors: [InitrdError]) {
    guard let first = errors.first else { return nil }
    self = first
    others += errors.dropFirst()
  }

  /// The same error, told for `file`: for the rooms that know bytes but no paths.
  public func inFile(_ file: String) -> InitrdError {
    var copy = self
    copy.location = location ?? Location()
    if copy.location?.file == nil { copy.location?.file = file }
    return copy
  }
}

extension InitrdError {
  /// What ends the reading of an image, with the code that `check` has for it.
  package static func broken(
    _ rule: String, _ message: String, at offset: UInt64, remedy: String? = nil
  ) -> InitrdError {
    var error = InitrdError(.malformed, message, at: Location(offset: offset), remedy: remedy)
    error.rule = rule
    return error
  }
}

extension InitrdError: CustomStringConvertible {
  /// One line for each error: `place: error: message; remedy`.
  public var description: String {
    var text = location.map { "\($0): " } ?? ""
    text += "error: \(message)"
    if let remedy { text += "; \(remedy)" }
    return ([text] + others.map(\.description)).joined(separator: "\n")
  }
}

extension InitrdError.Code {
  /// The manifest's JSON is not well-formed.
  public static let jsonSyntax = Self("json-syntax")
  /// The manifest says something that it can't say: an unknown key, a wrong type or value.
  public static let manifest = Self("manifest")
  /// A key of the manifest that this version does not build yet.
  public static let notBuiltYet = Self("not-built-yet")
  /// A system call failed.
  public static let system = Self("system")
  /// Something asked for is not in the sysroot.
  public static let missing = Self("missing")
  /// Several things fit where one is needed.
  public static let ambiguous = Self("ambiguous")
  /// Two things are asked for that exclude each other.
  public static let conflict = Self("conflict")
  /// A name, size or number that the archive format or the kernel can't take.
  public static let limit = Self("limit")
  /// A file of the sysroot is not what it should be.
  public static let badInput = Self("bad-input")
  /// An image, or a compressed file, breaks its format.
  public static let malformed = Self("malformed")
  /// The target kernel can't do what the manifest needs.
  public static let kernel = Self("kernel")
  /// The image would be larger than the manifest's `budget`.
  public static let budget = Self("budget")
  /// A file changed while it was read.
  public static let changed = Self("changed")
  /// The file system has no room for what is to be written.
  public static let noSpace = Self("no-space")
  /// The task that asked for the work was cancelled.
  public static let cancelled = Self("cancelled")
}
