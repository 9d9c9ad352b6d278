/// A path inside an image: bytes, relative to the root, without `.`, `..` or empty components.
///
/// It holds bytes and not a `String`, because Swift compares strings by canonical equivalence, and a kernel compares
/// bytes. The root is the empty path.
public struct ImagePath: Hashable, Sendable {
  /// The bytes of the path, without a leading, trailing or doubled slash.
  public let bytes: [UInt8]

  /// The root of the image.
  public static let root = ImagePath(unchecked: [])

  private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// The path that `text` names, with or without a leading slash.
  ///
  /// - Throws: `limit` for a path over 4,095 bytes, a component over 255 bytes, a NUL, `..`, or the
  ///   name `TRAILER!!!`, which ends an archive: the kernel would drop each of them without a message.
  public init(_ text: some Sequence<UInt8>) throws(InitrdError) {
    var path: [UInt8] = []
    for component in Array(text).split(separator: UInt8(ascii: "/")) where component != [0x2E] {
      if component.elementsEqual("..".utf8) {
        throw InitrdError(.limit, "\"..\" in the image path \(printable(text))")
      }
      if component.contains(0) {
        throw InitrdError(.limit, "a NUL in the image path \(printable(text))")
      }
      if component.count > 255 {
        throw InitrdError(
          .limit,
          "a name of \(component.count) bytes in \(printable(text)): the kernel takes 255")
      }
      if !path.isEmpty { path.append(UInt8(ascii: "/")) }
      path += component
    }
    if path.count > 4095 {
      throw InitrdError(.limit, "an image path of \(path.count) bytes: the kernel takes 4095")
    }
    if path.elementsEqual("TRAILER!!!".utf8) {
      throw InitrdError(.limit, "a file can't have the name TRAILER!!!, which ends an archive")
    }
    bytes = path
  }

  /// The path that `text` names; see ``init(_:)-(Sequence<UInt8>)``.
  public init(_ text: String) throws(InitrdError) { try self.init(text.utf8) }

  /// The directory that holds this entry; `nil` for the root.
  public var parent: ImagePath? {
    guard !bytes.isEmpty else { return nil }
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return .root }
    return ImagePath(unchecked: Array(bytes[..<slash]))
  }

  /// The last component; empty for the root.
  public var name: ArraySlice<UInt8> {
    bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes[($0 + 1)...] } ?? bytes[...]
  }

  /// The entry `name` in this directory.
  public func appending(_ name: some Sequence<UInt8>) throws(InitrdError) -> ImagePath {
    try ImagePath(bytes + [UInt8(ascii: "/")] + Array(name))
  }
}

extension ImagePath: Comparable {
  /// Compares bytes, so that a parent comes before its children.
  public static func < (left: ImagePath, right: ImagePath) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

extension ImagePath: CustomStringConvertible {
  /// The path with a leading slash, escaped for a terminal.
  public var description: String { "/" + printable(bytes) }
}
