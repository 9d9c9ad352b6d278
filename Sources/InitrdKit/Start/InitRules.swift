/// Checks that the kernel finds an init that it can run, with everything that this init needs. Also checks the
/// interpreters and libraries of the other programs.
struct InitRules {
  private let files: UnpackedFiles
  private let isPartial: Bool
  private var findings: [Finding] = []
  private var architecture: Architecture?
  /// The files that were already followed; one file can have several paths.
  private var seen: Set<Int> = []
  /// Whether the followed files must run for the machine to start.
  private var isVital = true
  /// The directories that are searched for libraries by default.
  private lazy var libraryFolders = usualFolders()
  /// The path of a file for each file name.
  private lazy var named = Dictionary(
    files.files().map { (Array($0.path.split(separator: UInt8(ascii: "/")).last ?? []), $0.path) },
    uniquingKeysWith: { first, _ in first })

  /// The programs that the kernel tries if it can't run /init.
  private static let fallbacks = ["/sbin/init", "/etc/init", "/bin/init", "/bin/sh"]
  private static let usualFolders = ["/lib64", "/usr/lib64", "/lib", "/usr/lib", "/lib32"]
  /// A part of directory names such as x86_64-linux-gnu.
  private static let machineMark = Array("-linux-".utf8)
  /// Limits for the followed files and for the machine's directories below a library directory; images that are meant
  /// to boot have fewer.
  private static let (maxPrograms, maxFolders) = (16384, 16)
  /// The limit for the names that are looked up for all libraries, which is seconds of work: the links in a short path
  /// can have long targets.
  private static let maxSteps = 1 << 26
  private var steps = 0

  private init(_ files: UnpackedFiles, _ isPartial: Bool) {
    (self.files, self.isPartial) = (files, isPartial)
  }

  /// Finds the reasons for which init and other programs can't run.
  ///
  /// - Parameters:
  ///   - files: the tree that the kernel would have.
  ///   - program: the program that our init starts in the image; `nil`: none, or unknown.
  ///   - isPartial: whether missing files may be in another part of the image.
  /// - Returns: the findings; first those about files that init needs.
  static func findings(
    _ files: UnpackedFiles, program: [UInt8]? = nil, isPartial: Bool
  ) -> [Finding] {
    var rules = InitRules(files, isPartial)
    rules.checkInit()
    if let program { rules.checkProgram(program) }
    rules.checkOthers()
    if rules.steps >= maxSteps || rules.seen.count >= maxPrograms {
      var finding = Finding(
        .tooLarge, "too many programs and libraries: some of them were not checked")
      (finding.severity, finding.effect) = (.warning, .none)
      finding.remedy = "check the image in parts"
      rules.findings.append(finding)
    }
    return rules.findings
  }

  private mutating func checkInit() {
    let path = Array("/init".utf8)
    guard files.node(path) != nil else {
      if !isPartial {
        let isLink = (try? files.tree.walk(path, followingLast: false).node) != nil
        add(
          .initMissing,
          isLink ? "/init is a broken symbolic link" : "/init does not exist", path)
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

  /// Checks the program that our init starts if there is no root to mount.
  private mutating func checkProgram(_ program: [UInt8]) {
    guard !files.isRunnable(program) else { return follow(program) }
    if isPartial, files.node(program) == nil { return }
    add(
      .programMissing,
      "there is no root to mount, so init starts \(printable(program)), which "
        + files.reason(program), program)
  }

  /// Follows a program to its interpreter and libraries, and these to theirs.
  private mutating func follow(_ program: [UInt8]) {
    // Each with the library directories that it inherits from the programs and libraries that need it.
    var next = [(path: program, inherited: [[UInt8]]())]
    while let (path, inherited) = next.popLast(), seen.count < Self.maxPrograms,
      steps < Self.maxSteps
    {
      guard let node = try? files.tree.existing(path), seen.insert(node).inserted else { continue }
      switch files.summary(path) {
      case .script(let interpreter, _):
        if let found = find(interpreter: interpreter, of: path, how: "needs the interpreter") {
          next.append((found, []))
        }
      case .program(let links, _):
        check(links.architecture, path)
        if let interpreter = links.interpreter,
          let found = find(interpreter: interpreter, of: path, how: "needs the dynamic linker")
        {
          next.append((found, []))
        }
        let folders = folders(of: links, at: path)
        let passed = Array((links.passesPathsOn ? folders + inherited : inherited).prefix(64))
        for library in links.libraries where steps < Self.maxSteps {
          if let found = find(library, in: folders + inherited) {
            next.append((found, passed))
          } else if !isPartial {
            add(
              .libraryMissing,
              "\(printable(path)) needs \(printable(library)), which does not exist",
              path)
          }
        }
      case .module, .list, nil: break
      }
    }
  }

  private mutating func find(interpreter: [UInt8], of path: [UInt8], how: String) -> [UInt8]? {
    if files.isRunnable(interpreter) { return interpreter }
    if !isPartial || files.node(interpreter) != nil {
      add(
        .interpreterMissing,
        "\(printable(path)) \(how) \(printable(interpreter)), which \(files.reason(interpreter))",
        path)
    }
    return nil
  }

  /// The library directories that the program itself names.
  private func folders(of links: ELFLinks, at path: [UInt8]) -> [[UInt8]] {
    let origin = Array(path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? 0)])
    return links.searchPaths.map { folder in
      let mark = ["$ORIGIN", "${ORIGIN}"].first { folder.starts(with: $0.utf8) }
      return mark.map { origin + folder.dropFirst($0.utf8.count) } ?? folder
    }
  }

  private mutating func find(_ library: [UInt8], in own: [[UInt8]]) -> [UInt8]? {
    let slash = UInt8(ascii: "/")
    if library.contains(slash) { return files.node(library) == nil ? nil : library }
    for folder in own + libraryFolders {
      let place = folder + [slash] + library
      if let node = files.tree.existing(place, counting: &steps),
        files.tree.nodes[node].type == .regular
      {
        return place
      }
    }
    // The linker's cache can name directories that are named in no other file.
    return files.node(Array("/etc/ld.so.cache".utf8)) == nil ? nil : named[library]
  }

  private func usualFolders() -> [[UInt8]] {
    Self.usualFolders.map { Array($0.utf8) }.flatMap { folder in
      // Debian has a directory for each machine in these directories.
      let below = (files.node(folder)?.children ?? [:]).filter { name, child in
        files.tree.nodes[child].type == .directory && name.contains(Self.machineMark)
      }
      let names = below.keys.sorted { $0.lexicographicallyPrecedes($1) }
      return [folder] + names.prefix(Self.maxFolders).map { folder + [UInt8(ascii: "/")] + $0 }
    }
  }

  private mutating func check(_ architecture: Architecture?, _ path: [UInt8]) {
    guard let architecture else { return }
    if let first = self.architecture, first != architecture {
      add(
        .architectureMixed,
        "\(printable(path)) is for \(architecture.rawValue), and /init for \(first.rawValue)", path)
    }
    if self.architecture == nil, isVital { self.architecture = architecture }
  }

  /// Checks the files that init does not need; it is unknown whether they are ever started.
  private mutating func checkOthers() {
    isVital = false
    for (path, summary) in files.files() {
      guard let summary, let node = try? files.tree.existing(path), !seen.contains(node)
      else { continue }
      switch summary {
      case .program: follow(path)
      case .script: if files.tree.nodes[node].mode & 0o111 != 0 { follow(path) }
      case .module(let architecture, _):
        seen.insert(node)
        check(architecture, path)
      case .list: break
      }
    }
  }

  private mutating func add(
    _ code: FindingCode, _ message: String, _ path: [UInt8], severity: Finding.Severity? = nil
  ) {
    var finding = Finding(code, message, path: path)
    if let severity { finding.severity = severity }
    if !isVital { finding.severity = .warning }
    findings.append(finding)
  }
}
