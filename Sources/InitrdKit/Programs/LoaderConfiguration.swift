/// The directories that a dynamic linker searches for every program: its configuration, and its defaults.
enum LoaderConfiguration {
  /// Limits for the files of ld.so.conf and for the directories in them; Debian has three of both.
  private static let (maxFiles, maxDirectories) = (256, 256)

  /// The directories in /etc/ld.so.conf and the files that it includes (ldconfig(8)), in their order.
  static func directories(
    in tree: borrowing some FileTree & ~Copyable
  ) throws(InitrdError) -> [[UInt8]] {
    var seen: Set<[UInt8]> = []
    var directories: [[UInt8]] = []
    try read(Array("/etc/ld.so.conf".utf8), in: tree, &seen, &directories)
    return directories
  }

  private static func read(
    _ path: [UInt8], in tree: borrowing some FileTree & ~Copyable, _ seen: inout Set<[UInt8]>,
    _ directories: inout [[UInt8]]
  ) throws(InitrdError) {
    // A file that includes itself is read once.
    guard seen.count < maxFiles, seen.insert(path).inserted, let text = try tree.text(at: path)
    else { return }
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }.split(whereSeparator: isBlank)
      guard let first = words.first else { continue }
      if first.elementsEqual("include".utf8), words.count > 1 {
        for pattern in words.dropFirst() {
          for file in try files(Array(pattern), beside: path, in: tree) {
            try read(file, in: tree, &seen, &directories)
          }
        }
      } else if !first.elementsEqual("hwcap".utf8), first.first == UInt8(ascii: "/"),
        directories.count < maxDirectories
      {
        // `DIRECTORY=TYPE` is a form of older versions.
        directories.append(withoutSlashes(Array(first.prefix { $0 != UInt8(ascii: "=") })))
      }
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == 0x0D
  }

  /// The files that match a pattern, sorted, as glob(3) finds them.
  private static func files(
    _ pattern: [UInt8], beside path: [UInt8], in tree: borrowing some FileTree & ~Copyable
  ) throws(InitrdError) -> [[UInt8]] {
    let slash = UInt8(ascii: "/")
    let isAbsolute = pattern.first == slash
    let folder = path[..<(path.lastIndex(of: slash) ?? 0)]
    var found = [isAbsolute ? [] : Array(folder)]
    for name in pattern.split(separator: slash) {
      guard Glob.isPattern(name) else {
        found = found.map { $0 + [slash] + name }
        continue
      }
      let glob = Glob(name)
      var next: [[UInt8]] = []
      for folder in found.prefix(maxFiles) {
        for entry in try tree.names(in: folder.isEmpty ? [slash] : folder)
        where glob.matches(entry) && (entry.first != UInt8(ascii: ".") || name.first == entry.first)
        {
          next.append(folder + [slash] + entry)
        }
      }
      found = next
    }
    return Array(found.prefix(maxFiles))
  }

  /// The directories that musl's dynamic linker searches, and the file that names them; without a file its defaults
  /// (ldso/dynlink.c).
  static func muslDirectories(
    ofLoader loader: [UInt8], in tree: borrowing some FileTree & ~Copyable
  ) throws(InitrdError) -> (directories: [[UInt8]], file: [UInt8]?) {
    let slash = UInt8(ascii: "/")
    let names = loader.split(separator: slash)
    var stem = names.last ?? []
    if let end = stem.lastRange(of: Array(".so.".utf8)) { stem = stem[..<end] }
    // The linker takes off its own name and that of its directory.
    let prefix = names.dropLast(2).flatMap { [slash] + $0 }
    let path = prefix + Array("/etc/".utf8) + stem + Array(".path".utf8)
    guard let text = try tree.text(at: path) else {
      return (["/lib", "/usr/local/lib", "/usr/lib"].map { Array($0.utf8) }, nil)
    }
    let directories = text.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: ":") }
      .prefix(maxDirectories).filter { $0.first == slash }
    return (directories.map { withoutSlashes(Array($0)) }, path)
  }

  /// The directories that glibc's dynamic linker searches at last, where the linker itself does not tell.
  static func defaultDirectories(
    for architecture: Architecture?, in tree: borrowing some FileTree & ~Copyable
  ) throws(InitrdError) -> [[UInt8]] {
    let usual = ["/lib64", "/usr/lib64", "/lib", "/usr/lib", "/lib32", "/usr/lib32"]
      .map { Array($0.utf8) }
    if let triplet = architecture?.multiarchName {
      return ["/lib/", "/usr/lib/"].map { Array($0.utf8) + Array(triplet.utf8) } + usual
    }
    // Debian has a directory for each machine in these directories.
    let mark = Array("-linux-".utf8)
    var found = usual
    for folder in usual {
      for name in try tree.names(in: folder).filter({ $0.lastRange(of: mark) != nil }).prefix(16) {
        found.append(folder + [UInt8(ascii: "/")] + name)
      }
    }
    return found
  }

  /// The path without slashes at its end; that of the root is empty.
  static func withoutSlashes(_ path: [UInt8]) -> [UInt8] {
    Array(path.reversed().drop { $0 == UInt8(ascii: "/") }.reversed())
  }
}

extension Collection where Element == UInt8, Index == Int {
  /// The start of the last occurrence of `text`.
  fileprivate func lastRange(of text: [UInt8]) -> Int? {
    guard count >= text.count else { return nil }
    return (startIndex...(endIndex - text.count)).last { start in
      text.indices.allSatisfy { self[start + $0] == text[$0] }
    }
  }
}

extension Architecture {
  /// The name of Debian's directories for the machine's libraries.
  var multiarchName: String {
    switch self {
    case .x86_64: "x86_64-linux-gnu"
    case .i686: "i386-linux-gnu"
    case .aarch64: "aarch64-linux-gnu"
    case .armv7l: "arm-linux-gnueabihf"
    case .riscv64: "riscv64-linux-gnu"
    case .ppc64le: "powerpc64le-linux-gnu"
    case .s390x: "s390x-linux-gnu"
    case .loongarch64: "loongarch64-linux-gnu"
    }
  }

  /// The directories below `glibc-hwcaps` for newer processors (ld.so(8)), the best ones first.
  var hardwareLevels: [String] {
    switch self {
    case .x86_64: ["x86-64-v4", "x86-64-v3", "x86-64-v2"]
    case .ppc64le: ["power10", "power9"]
    case .s390x: ["z16", "z15", "z14", "z13"]
    case .i686, .aarch64, .armv7l, .riscv64, .loongarch64: []
    }
  }
}
