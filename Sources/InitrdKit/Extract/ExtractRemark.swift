/// An entry of an image that was not extracted, and why.
public struct ExtractRemark: Equatable, Sendable {
  /// Whose doing it is.
  public enum Kind: Hashable, Sendable {
    /// The kernel drops the entry as well, without a word.
    case dropped
    /// A device, fifo or socket, which were not asked for.
    case notAskedFor
    /// It was made, and the image has not all of its data.
    case incomplete
    /// It is in the image, and could not be made.
    case refused
  }

  /// Whose doing it is.
  public var kind: Kind
  /// The name in the image.
  public var path: [UInt8]
  /// What the matter is, in one line.
  public var reason: String

  /// How many of a kind are kept; the others are counted only.
  static let kept = 1000

  init(_ kind: Kind, _ path: [UInt8], _ reason: String) {
    self.kind = kind
    self.path = path
    self.reason = reason
  }
}
