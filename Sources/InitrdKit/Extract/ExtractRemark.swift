/// An entry of an image that was not extracted, and why.
public struct ExtractRemark: Equatable, Sendable {
  /// The cause.
  public enum Kind: Hashable, Sendable {
    /// The kernel drops the entry too, without a message.
    case dropped
    /// A device, fifo or socket, which were not requested.
    case notAskedFor
    /// The file was created, but the image does not have all of its data.
    case incomplete
    /// The entry could not be created.
    case refused
  }

  /// The cause.
  public var kind: Kind
  /// The name in the image.
  public var path: [UInt8]
  /// The reason, in one line.
  public var reason: String

  /// The number of remarks of each kind that are kept; further ones are only counted.
  static let kept = 1000

  init(_ kind: Kind, _ path: [UInt8], _ reason: String) {
    self.kind = kind
    self.path = path
    self.reason = reason
  }
}
