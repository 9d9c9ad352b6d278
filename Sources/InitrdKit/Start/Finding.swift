/// Something about an image that a kernel would stumble over.
public struct Finding: Equatable, Sendable {
  /// How much it matters: an error fails the check.
  public enum Severity: String, Sendable {
    /// Something of the image is lost, or it does not boot.
    case error
    /// It may not be what was meant.
    case warning
    /// Worth knowing.
    case note
  }

  /// What becomes of it.
  public enum Effect: String, Sendable {
    /// The kernel stops reading here, and says so.
    case refused
    /// The kernel leaves an entry out, without a word.
    case dropped
    /// Something is unpacked that is not what the image says.
    case misread
    /// It is unpacked, and will not run or load.
    case fails
    /// Nothing.
    case none
  }

  /// The rule; docs/check.md has all of them.
  public var code: FindingCode
  /// How much it matters.
  public var severity: Severity
  /// What the kernel makes of it.
  public var effect: Effect
  /// What the matter is, in one line.
  public var message: String
  /// The segment from 0; `nil` for what concerns the whole image.
  public var segment: Int?
  /// Where it is in the image, in bytes: the entry's header, or the start of the compressed member with the entry.
  public var offset: UInt64?
  /// The name in the image.
  public var path: [UInt8]?
  /// The kernels for which it holds; `nil` for all.
  public var kernels: String? { code.kernels }
  /// What to do about it.
  public var remedy: String

  init(
    _ code: FindingCode, _ message: String, segment: Int? = nil, offset: UInt64? = nil,
    path: [UInt8]? = nil
  ) {
    self.code = code
    self.message = message
    self.segment = segment
    self.offset = offset
    self.path = path
    (severity, effect, remedy) = (code.severity, code.effect, code.remedy)
  }
}

/// A kernel's version, as far as rules depend on it.
public struct KernelVersion: Comparable, Sendable {
  /// The first number.
  public var major: Int
  /// The second number.
  public var minor: Int

  /// The version that `text` starts with: `6.1` or `6.1.0-28-amd64`; `nil` for anything else.
  public init?(_ text: String) {
    let numbers = text.split(separator: ".", maxSplits: 2).map { $0.prefix { $0.isNumber } }
    guard numbers.count >= 2, let major = Int(numbers[0]), let minor = Int(numbers[1]),
      numbers[0].count == text.prefix(while: { $0 != "." }).count
    else { return nil }
    (self.major, self.minor) = (major, minor)
  }

  /// Whether `left` is older than `right`.
  public static func < (left: Self, right: Self) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}
