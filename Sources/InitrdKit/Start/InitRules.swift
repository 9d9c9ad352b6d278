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
  /// The files and names of missing needs that were already reported.
  private var reported: Set<[[UInt8]]> = []
  private var resolver = LibraryResolver()

  /// The programs that the kernel tries if it can't run /init.
  private static let fallbacks = ["/sbin/init", "/etc/init", "/bin/init", "/bin/sh"]
  /// The limit for the followed files; images that are meant to boot have fewer.
  private static let maxPrograms = 16384

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
    if rules.resolver.isExhausted || rules.seen.count >= maxPrograms {
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
    guard seen.count < Self.maxPrograms, !resolver.isExhausted,
      let node = try? files.tree.existing(program), seen.insert(node).inserted
    else { return }
    checkArchitecture(of: program)
    // Reading a tree in memory does not fail.
    let needs = (try? resolver.needs(of: program, .init(), in: files)) ?? []
    for need in needs { check(need) }
  }

  private mutating func check(_ need: ProgramNeed) {
    if let found = need.found, case .node(let node) = found.file.identity {
      if seen.insert(node).inserted { checkArchitecture(of: found.path) }
    } else if isPartial || !need.isVital {
      return
    }
    let (needer, name) = (printable(need.needer), printable(need.name))
    switch need.kind {
    case .interpreter, .dynamicLinker:
      guard !files.isRunnable(need.name), report(need) else { return }
      let how = need.kind == .interpreter ? "the interpreter" : "the dynamic linker"
      add(
        .interpreterMissing, "\(needer) needs \(how) \(name), which \(files.reason(need.name))",
        need.needer)
    case .programOfEnv:
      guard need.found == nil, report(need) else { return }
      // Only the script's environment says where env looks.
      add(
        .interpreterMissing, "\(needer) needs \(name), which is in no usual directory for programs",
        need.needer, severity: .warning)
    default:
      guard need.found == nil, report(need) else { return }
      let other = need.refused.map { "; \(printable($0.path)) is \($0.what)" } ?? ""
      add(
        .libraryMissing, "\(needer) needs \(name), which does not exist\(other)", need.needer)
    }
  }

  /// Whether a need was not reported before: it is the same for all programs that need the file.
  private mutating func report(_ need: ProgramNeed) -> Bool {
    reported.insert([need.needer, need.name]).inserted
  }

  private mutating func checkArchitecture(of path: [UInt8]) {
    if case .program(let links, _) = files.summary(path) { check(links.architecture, path) }
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
    let all = files.files()
    // A library can depend on the directories that a program names for it.
    for (path, summary) in all {
      if case .program(let links, _) = summary, links.interpreter != nil { follow(path) }
    }
    for (path, summary) in all {
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
