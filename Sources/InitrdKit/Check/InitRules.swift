/// Whether the kernel finds an init that it can run, with all that this one needs.
struct InitRules {
  private let files: UnpackedFiles
  private let isPartial: Bool
  private var report: ImageCheck.Report
  private var architecture: Architecture?
  private var seen: Set<[UInt8]> = []
  /// Where libraries are looked for that nothing else is said of.
  private lazy var libraryFolders = usualFolders()
  /// All files by their names.
  private lazy var named = Dictionary(
    files.files().map { (Array($0.path.split(separator: UInt8(ascii: "/")).last ?? []), $0.path) },
    uniquingKeysWith: { first, _ in first })

  /// What the kernel tries when it can't run /init.
  private static let fallbacks = ["/sbin/init", "/etc/init", "/bin/init", "/bin/sh"]
  private static let usualFolders = ["/lib64", "/usr/lib64", "/lib", "/usr/lib", "/lib32"]
  /// What is in names such as x86_64-linux-gnu.
  private static let machineMark = Array("-linux-".utf8)
  /// More programs, and more folders below one for libraries, than an image has that is meant to boot.
  private static let (maxPrograms, maxFolders) = (1024, 16)

  private init(_ files: UnpackedFiles, _ isPartial: Bool, _ report: ImageCheck.Report) {
    (self.files, self.isPartial, self.report) = (files, isPartial, report)
  }

  /// Looks for what keeps init from running.
  ///
  /// - Parameters:
  ///   - files: what the kernel would have.
  ///   - isPartial: whether what is not there may be elsewhere.
  ///   - report: where the findings go.
  static func check(_ files: UnpackedFiles, isPartial: Bool, _ report: inout ImageCheck.Report) {
    var rules = InitRules(files, isPartial, report)
    rules.checkInit()
    rules.checkArchitectures()
    report = rules.report
  }

  private mutating func checkInit() {
    let path = Array("/init".utf8)
    guard files.node(path) != nil else {
      if !isPartial {
        let isLink = (try? files.tree.walk(path, followingLast: false).node) != nil
        add(
          .initMissing,
          isLink ? "/init is a symbolic link that leads nowhere" : "there is no /init", path)
      }
      return
    }
    var program = path
    if !files.isRunnable(path) {
      let fallback = Self.fallbacks.first { files.isRunnable(Array($0.utf8)) }
      let message = "/init \(files.reason(path))"
      guard let fallback else { return add(.initNotRunnable, message, path) }
      add(.initNotRunnable, message + "; the kernel runs \(fallback)", path, severity: .warning)
      program = Array(fallback.utf8)
    }
    follow(program)
  }

  /// Follows a program to its interpreter and libraries, and on to theirs.
  private mutating func follow(_ program: [UInt8]) {
    var next = [program]
    while let path = next.popLast(), seen.count < Self.maxPrograms {
      guard seen.insert(path).inserted else { continue }
      switch files.summary(path) {
      case .script(let interpreter):
        follow(interpreter, of: path, how: "is run by", &next)
      case .program(let links, _):
        check(links.architecture, path)
        if let interpreter = links.interpreter {
          follow(interpreter, of: path, how: "is loaded by", &next)
        }
        for library in links.libraries {
          if let found = find(library, for: links, at: path) {
            next.append(found)
          } else if !isPartial {
            add(
              .libraryMissing, "\(printable(path)) needs \(printable(library)), which is not there",
              path)
          }
        }
      case .module, .list, nil: break
      }
    }
  }

  private mutating func follow(
    _ interpreter: [UInt8], of path: [UInt8], how: String, _ next: inout [[UInt8]]
  ) {
    if files.isRunnable(interpreter) {
      next.append(interpreter)
    } else if !isPartial || files.node(interpreter) != nil {
      add(
        .interpreterMissing,
        "\(printable(path)) \(how) \(printable(interpreter)), which \(files.reason(interpreter))",
        path)
    }
  }

  private mutating func find(_ library: [UInt8], for links: ELFLinks, at path: [UInt8]) -> [UInt8]?
  {
    let slash = UInt8(ascii: "/")
    if library.contains(slash) { return files.node(library) == nil ? nil : library }
    let origin = Array(path[..<(path.lastIndex(of: slash) ?? 0)])
    let own = links.searchPaths.map { folder in
      let mark = ["$ORIGIN", "${ORIGIN}"].first { folder.starts(with: $0.utf8) }
      return mark.map { origin + folder.dropFirst($0.utf8.count) } ?? folder
    }
    for folder in own + libraryFolders {
      let place = folder + [slash] + library
      if files.node(place)?.type == .regular { return place }
    }
    // The linker's cache knows folders that nothing else tells of.
    return files.node(Array("/etc/ld.so.cache".utf8)) == nil ? nil : named[library]
  }

  private func usualFolders() -> [[UInt8]] {
    Self.usualFolders.map { Array($0.utf8) }.flatMap { folder in
      // Debian's folders for each machine lie in these.
      let below = (files.node(folder)?.children ?? [:]).filter { name, child in
        files.tree.nodes[child].type == .directory && name.contains(Self.machineMark)
      }
      let names = below.keys.sorted { $0.lexicographicallyPrecedes($1) }
      return [folder] + names.prefix(Self.maxFolders).map { folder + [UInt8(ascii: "/")] + $0 }
    }
  }

  private mutating func check(
    _ architecture: Architecture?, _ path: [UInt8], severity: Finding.Severity? = nil
  ) {
    guard let architecture else { return }
    if let first = self.architecture, first != architecture {
      add(
        .architectureMixed,
        "\(printable(path)) is for \(architecture.rawValue), and /init for \(first.rawValue)", path,
        severity: severity)
    }
    if self.architecture == nil { self.architecture = architecture }
  }

  /// What else is for another machine than /init.
  private mutating func checkArchitectures() {
    guard let architecture else { return }
    // Links give one file several paths.
    let followed = Set(seen.compactMap { try? files.tree.existing($0) })
    for (path, summary) in files.files()
    where !followed.contains((try? files.tree.existing(path)) ?? 0) {
      var other: Architecture?
      switch summary {
      case .program(let links, _): other = links.architecture
      case .module(let architecture, _): other = architecture
      case .script, .list, nil: break
      }
      if other != architecture { check(other, path, severity: .warning) }
    }
  }

  private mutating func add(
    _ code: FindingCode, _ message: String, _ path: [UInt8], severity: Finding.Severity? = nil
  ) {
    var finding = Finding(code, message, path: path)
    if let severity { finding.severity = severity }
    report.add(finding)
  }
}
