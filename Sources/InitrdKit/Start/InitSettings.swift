/// What our init is told by the file `/etc/linuxrc.conf`, as far as it decides whether the machine starts.
struct InitSettings: Equatable, Sendable {
  /// The modules that it loads.
  var modules: [String] = []
  /// The root's device; `nil`: none, the program runs in the image itself.
  var device: String?
  /// The root's file system; `nil`: found out by trying.
  var fileSystem: String?
  /// What runs at last.
  var program: [String] = []
  /// Whether the init is the one that this program carries, and not one that only reads the same settings.
  var isLinuxrc = true

  /// The path of the program, where it runs in the image itself.
  var programInImage: [UInt8]? { device == nil ? program.first.map { Array($0.utf8) } : nil }

  /// Settings to be filled in.
  init() {}

  /// Reads the file; `nil` when it is not as this program writes it.
  init?(_ text: some Sequence<UInt8>) {
    var values: [String: String] = [:]
    var hasProgram = false
    for line in Array(text).split(separator: UInt8(ascii: "\n")) {
      let line = Substring(decoding: line, as: UTF8.self)
      if line.hasPrefix("environment() { ") { continue }
      if let words = line.between("program() { start ", " \"$@\"; }") {
        guard let program = Self.words(words) else { return nil }
        (self.program, hasProgram) = (program, true)
        continue
      }
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let value = Self.words(parts[1]), value.count == 1 else { return nil }
      values[String(parts[0])] = value[0]
    }
    guard hasProgram, let modules = values["modules"], let device = values["root"],
      let fileSystem = values["rootfstype"]
    else { return nil }
    self.modules = modules.split(separator: " ").map(String.init)
    self.device = device.isEmpty ? nil : device
    self.fileSystem = fileSystem.isEmpty ? nil : fileSystem
  }

  /// The words of a line for the shell: plain ones, and ones in single quotes with `'\''` for a quote.
  private static func words(_ text: Substring) -> [String]? {
    var words: [String] = []
    var word: String?
    var (isQuoted, isEscaped) = (false, false)
    for scalar in text.unicodeScalars {
      if isEscaped {
        guard scalar == "'" else { return nil }
        isEscaped = false
        word = (word ?? "") + "'"
      } else if scalar == "'" {
        isQuoted.toggle()
        word = word ?? ""
      } else if isQuoted {
        word?.unicodeScalars.append(scalar)
      } else if scalar == " " {
        if let word { words.append(word) }
        word = nil
      } else if scalar == "\\" {
        isEscaped = true
      } else if "$`\"();&|<>*?[]{}#~".unicodeScalars.contains(scalar) {
        // This is a program and not a value.
        return nil
      } else {
        word = (word ?? "") + String(scalar)
      }
    }
    if let word { words.append(word) }
    return isQuoted || isEscaped ? nil : words
  }
}

extension Substring {
  init(decoding bytes: ArraySlice<UInt8>, as _: UTF8.Type) {
    self = Substring(String(decoding: bytes, as: UTF8.self))
  }

  /// What stands between `start` and `end` of the text; `nil` when it doesn't begin and end so.
  fileprivate func between(_ start: String, _ end: String) -> Substring? {
    guard hasPrefix(start), hasSuffix(end), count >= start.count + end.count else { return nil }
    return dropFirst(start.count).dropLast(end.count)
  }
}

extension UnpackedFiles {
  /// The settings of our init; `nil` when the image's init is another, or they are not as this program writes them.
  var settings: InitSettings? {
    guard case .script(_, let isLinuxrc) = summary(Array("/init".utf8)),
      case .list(let text) = summary(Array("/etc/linuxrc.conf".utf8)),
      var settings = InitSettings(text)
    else { return nil }
    settings.isLinuxrc = isLinuxrc
    return settings
  }
}
