/// A pattern of firmware names: a path below `lib/firmware`, of which each name may be a glob, or with a slash at its end
/// a directory with everything below it.
///
/// `*` does not match a slash, nor a dot at the start of a name, as in a shell: drivers name their files so.
struct FirmwarePattern: Sendable {
  private enum Part: Sendable {
    case name([UInt8])
    case glob(Glob, matchesHidden: Bool)
  }

  private static let slash = UInt8(ascii: "/")
  private let parts: [Part]
  /// Whether everything below the directory is meant.
  let isDirectory: Bool

  /// The pattern that `text` is; doubled slashes and `.` mean nothing.
  init(_ text: some Sequence<UInt8>) {
    let text = Array(text)
    isDirectory = text.last == Self.slash
    parts = plainNames(text).map { name in
      Glob.isPattern(name)
        ? .glob(Glob(name), matchesHidden: name.first == UInt8(ascii: "."))
        : .name(Array(name))
    }
  }

  /// Number of names in the pattern.
  var depth: Int { parts.count }

  /// The path, where there is only one that matches.
  var path: [UInt8]? {
    guard !isDirectory else { return nil }
    var names: [[UInt8]] = []
    for part in parts {
      guard case .name(let name) = part else { return nil }
      names.append(name)
    }
    return Array(names.joined(separator: [Self.slash]))
  }

  /// The name at a depth, from 0, if that is no glob.
  func plainName(at depth: Int) -> [UInt8]? {
    if case .name(let name) = parts[depth] { name } else { nil }
  }

  /// Whether the name at a depth, from 0, may be `name`.
  func matches(_ name: some Collection<UInt8>, at depth: Int) -> Bool {
    switch parts[depth] {
    case .name(let own): name.elementsEqual(own)
    case .glob(let glob, let matchesHidden):
      (matchesHidden || name.first != UInt8(ascii: ".")) && glob.matches(name)
    }
  }

  /// Whether a firmware name, without the suffix of a compression, is meant.
  func matches(_ path: [UInt8]) -> Bool {
    let names = plainNames(path)
    guard isDirectory ? names.count > parts.count : names.count == parts.count else { return false }
    return parts.indices.allSatisfy { matches(names[$0], at: $0) }
  }
}
