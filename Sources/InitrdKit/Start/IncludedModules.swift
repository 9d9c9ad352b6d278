/// The modules in an image, and how they get into the kernel.
struct IncludedModules: Sendable {
  /// The names of all.
  var names: Set<String> = []
  /// The names of those that init loads.
  var loaded: Set<String> = []
  /// The names of those that are never loaded.
  var blacklist: Set<String> = []
  /// The modules that the kernel finds by itself when a file system is mounted, by the file system's name.
  ///
  /// It runs /sbin/modprobe with the alias `fs-TYPE` (CONFIG_MODPROBE_PATH). No driver of a disk is loaded so: nobody
  /// in an image listens to what the kernel says of new devices.
  var byFileSystem: [String: [String]] = [:]
  /// The names of the manifest's list of what is loaded: `modules.load` or `modules.include`.
  var list = "modules.include"

  init() {}

  /// Those of an image with our init.
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
