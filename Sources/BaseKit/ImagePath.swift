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
    for component in plainNames(Array(text)) {
      if component.elementsEqual("..".utf8) {
        throw InitrdError(.limit, "\"..\" in the image path \(printable(text))")
      }
      if component.contains(0) {
        throw InitrdError(.limit, "a NUL in the image path \(printable(text))")
      }
      if component.count > 255 {
        throw InitrdError(
          .limit,
          "a name of \(component.count) bytes in \(printable(text)); the kernel allows at most 255")
      }
      if !path.isEmpty { path.append(UInt8(ascii: "/")) }
      path += component
    }
    if path.count > 4095 {
      throw InitrdError(
        .limit, "an image path of \(path.count) bytes; the kernel allows at most 4095")
    }
    if path.elementsEqual("TRAILER!!!".utf8) {
      throw InitrdError(.limit, "a file can't have the name TRAILER!!!, which ends an archive")
    }
    bytes = path
  }

  /// The path that `text` names; see ``init(_:)-(Sequence<UInt8>)``.
  public init(_ text: String) throws(InitrdError) { try self.init(text.utf8) }

  /// The directory that contains this entry; `nil` for the root.
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

/// The names in a path, without `.` and empty names; `..` is kept.
package func plainNames(_ path: [UInt8]) -> [ArraySlice<UInt8>] {
  path.split(separator: UInt8(ascii: "/")).filter { $0 != [0x2E] }
}

/// A path without `.` and without leading, trailing and doubled slashes: the form in which paths are compared.
package func plainPath(_ path: [UInt8]) -> [UInt8] {
  // Most paths have this form already. Returning them unchanged avoids a copy.
  isPlain(path) ? path : Array(plainNames(path).joined(separator: [UInt8(ascii: "/")]))
}

private func isPlain(_ path: [UInt8]) -> Bool {
  let slash = UInt8(ascii: "/")
  var start = 0
  for end in 0...path.count where end == path.count || path[end] == slash {
    if end == start || end == start + 1 && path[start] == 0x2E { return path.isEmpty }
    start = end + 1
  }
  return true
}
