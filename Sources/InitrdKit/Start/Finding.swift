/// Something in an image that a kernel would refuse, drop, misread or fail to boot.
public struct Finding: Equatable, Sendable {
  /// The severity of a finding; an error makes the check fail.
  public enum Severity: String, Sendable {
    /// A part of the image is lost, or the image does not boot.
    case error
    /// The result may not be the intended one.
    case warning
    /// Additional information.
    case note
  }

  /// The effect of a finding in the kernel.
  public enum Effect: String, Sendable {
    /// The kernel stops reading here, with a message.
    case refused
    /// The kernel drops an entry without a message.
    case dropped
    /// The kernel unpacks something other than the image says.
    case misread
    /// The file is unpacked, but can't run or be loaded.
    case fails
    /// No effect.
    case none
  }

  /// The rule; docs/check.md lists all rules.
  public var code: FindingCode
  /// The severity.
  public var severity: Severity
  /// The effect in the kernel.
  public var effect: Effect
  /// The problem, in one line.
  public var message: String
  /// The number of the segment, from 0; `nil` for a finding about the whole image.
  public var segment: Int?
  /// The offset in the image, in bytes: that of the entry's header, or of the compressed member with the entry.
  public var offset: UInt64?
  /// The path in the image; `nil` for a finding that is not about one path.
  public var path: [UInt8]?
  /// The kernel versions to which the rule applies, in words; `nil` for all.
  public var kernels: String? { code.kernels }
  /// How to fix it.
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

/// The parts of a kernel's version on which rules depend.
public struct KernelVersion: Comparable, Sendable {
  /// The first number.
  public var major: Int
  /// The second number.
  public var minor: Int

  /// The version at the start of `text`, such as `6.1` or `6.1.0-28-amd64`; `nil` for anything else.
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
