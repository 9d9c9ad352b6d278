/// `$ORIGIN`, `$LIB` and `$PLATFORM` in the paths of a dynamic section (ld.so(8), "Dynamic string tokens").
enum PathTokens {
  /// The paths that `text` stands for: several where `$LIB` differs between distributions.
  static func expand(
    _ text: [UInt8], origin: [UInt8], _ architecture: Architecture?
  ) -> [[UInt8]] {
    guard text.contains(UInt8(ascii: "$")) else { return [text] }
    let platform = Array((architecture?.rawValue ?? "").utf8)
    var libraries = ["lib64", "lib"].map { Array($0.utf8) }
    if let name = architecture?.multiarchName { libraries.insert(Array("lib/\(name)".utf8), at: 0) }
    var paths: [[UInt8]] = []
    for library in libraries {
      let path = replacing(text, ["ORIGIN": origin, "LIB": library, "PLATFORM": platform])
      if !paths.contains(path) { paths.append(path) }
    }
    return paths
  }

  private static func replacing(_ text: [UInt8], _ values: [String: [UInt8]]) -> [UInt8] {
    var path: [UInt8] = []
    var rest = text[...]
    while let byte = rest.first {
      if byte == UInt8(ascii: "$"), let (value, length) = token(at: rest, values) {
        path += value
        rest = rest.dropFirst(length)
      } else {
        path.append(byte)
        rest = rest.dropFirst()
      }
    }
    return path
  }

  private static func token(
    at text: ArraySlice<UInt8>, _ values: [String: [UInt8]]
  ) -> (value: [UInt8], length: Int)? {
    for (name, value) in values {
      let braced = Array("${\(name)}".utf8)
      if text.starts(with: braced) { return (value, braced.count) }
      let plain = Array("$\(name)".utf8)
      guard text.starts(with: plain) else { continue }
      // A longer name is another one.
      let end = text.dropFirst(plain.count).first
      let isName = end.map { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
      if isName != true { return (value, plain.count) }
    }
    return nil
  }
}
