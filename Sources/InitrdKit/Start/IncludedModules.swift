/// The modules in an image, and how they are loaded.
struct IncludedModules: Sendable {
  /// The names of all modules.
  var names: Set<String> = []
  /// The names of the modules that init loads.
  var loaded: Set<String> = []
  /// The names of the modules that are never loaded.
  var blacklist: Set<String> = []
  /// The modules that the kernel loads by itself when a file system is mounted, by the file system's name.
  ///
  /// The kernel runs /sbin/modprobe (CONFIG_MODPROBE_PATH) with the alias `fs-TYPE`. Disk drivers are not loaded this
  /// way: no program in an image receives the kernel's events about new devices.
  var byFileSystem: [String: [String]] = [:]
  /// The manifest's key that lists the modules to load: `modules.load` or `modules.include`.
  var list = "modules.include"

  init() {}

  /// The modules of an image with our init.
  init(_ settings: InitSettings, _ files: UnpackedFiles) {
    for (path, summary) in files.files(below: "/lib/modules") {
      if ModuleFile.compression(path) != nil { names.insert(ModuleIndex.name(ofPath: path)) }
      guard case .list(let text) = summary else { continue }
      if path.reversed().starts(with: "/modules.alias".utf8.reversed()) { addAliases(text) }
    }
    if case .list(let text) = files.summary(Array("/etc/modprobe.d/linuxrc.conf".utf8)) {
      for line in text.split(separator: UInt8(ascii: "\n")) {
        let words = line.split(separator: UInt8(ascii: " "))
        guard words.count == 2, words[0].elementsEqual("blacklist".utf8) else { continue }
        blacklist.insert(ModuleIndex.normalized(words[1]))
      }
    }
    loaded = Set(settings.modules).intersection(names)
    if !files.isRunnable(Array("/sbin/modprobe".utf8)) { byFileSystem = [:] }
  }

  /// Adds the lines `alias fs-TYPE MODULE` of a `modules.alias`.
  mutating func addAliases(_ text: some Sequence<UInt8>) {
    for line in Array(text).split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "))
      guard words.count == 3, words[1].starts(with: "fs-".utf8) else { continue }
      let type = String(decoding: words[1].dropFirst(3), as: UTF8.self)
      byFileSystem[type, default: []].append(ModuleIndex.normalized(words[2]))
    }
  }
}
