/// The only error type of the libraries: what went wrong, where, and what to do about it.
///
/// It is printed in the form of compilers, so that editors can jump to the place:
/// `manifest.json:12:7: error: unknown key "moed"; did you mean "mode"?`
public struct InitrdError: Error, Equatable, Sendable {
  /// The kind of a failure. Its name is stable: programs can switch on it, and `--json` prints it.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The printed name, in lower case with hyphens.
    public let name: String

    /// The code with this printed name.
    public init(_ name: String) { self.name = name }

    /// The printed name.
    public var description: String { name }
  }

  /// The place of a failure: a file, with a line and column in a text, or a byte offset in an image.
  public struct Location: Hashable, Sendable, CustomStringConvertible {
    /// The file as the user named it; `nil` in code that knows no paths.
    public var file: String?
    /// The line, from 1.
    public var line: Int?
    /// The column in bytes, from 1.
    public var column: Int?
    /// The offset in bytes, from 0.
    public var offset: UInt64?

    /// Makes a place. Every part of it may be unknown.
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

  /// The kind of the failure.
  public var code: Code
  /// What went wrong and what follows from it, in one line.
  public var message: String
  /// The place of the failure; `nil`: there is no specific place.
  public var location: Location?
  /// What to do about it; `nil`: unknown, or obvious.
  public var remedy: String?
  /// Further errors of the same run, because all errors are reported together.
  public var others: [InitrdError]
  /// The kernel's rule that an image violates, by its code in `check`; `nil` for other errors.
  package var rule: String?

  /// Makes an error; `others` are further errors of the same run.
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

  /// The first of several errors, with the others in it; `nil` if there are none.
  public init?(all errors: [InitrdError]) {
    guard let first = errors.first else { return nil }
    self = first
    others += errors.dropFirst()
  }

  /// The same error with the name of its file, for code that knows bytes but no paths.
  public func inFile(_ file: String) -> InitrdError {
    var copy = self
    copy.location = location ?? Location()
    if copy.location?.file == nil { copy.location?.file = file }
    return copy
  }
}

extension InitrdError {
  /// An error that ends the reading of an image, with its code in `check`.
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
  /// The manifest has an unknown key, or a value of a wrong type or out of range.
  public static let manifest = Self("manifest")
  /// A key of the manifest that this version does not support yet.
  public static let notSupported = Self("not-supported")
  /// A system call failed.
  public static let system = Self("system")
  /// Something that was requested does not exist.
  public static let missing = Self("missing")
  /// Several things match where one is needed.
  public static let ambiguous = Self("ambiguous")
  /// Two requests exclude each other.
  public static let conflict = Self("conflict")
  /// A name, size or number that the archive format or the kernel does not allow.
  public static let limit = Self("limit")
  /// A file has the wrong kind or content.
  public static let badInput = Self("bad-input")
  /// An image or a compressed file violates its format.
  public static let malformed = Self("malformed")
  /// The target kernel lacks something that the manifest needs.
  public static let kernel = Self("kernel")
  /// The image exceeds the manifest's `budget`.
  public static let budget = Self("budget")
  /// A file changed while it was read.
  public static let changed = Self("changed")
  /// The file system has too little space.
  public static let noSpace = Self("no-space")
  /// The work was cancelled by its caller.
  public static let cancelled = Self("cancelled")
}
