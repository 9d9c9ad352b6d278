/// The settings of our init in `/etc/linuxrc.conf` that decide whether the machine starts.
struct InitSettings: Equatable, Sendable {
  /// The modules that init loads.
  var modules: [String] = []
  /// The root's device; `nil`: none, so that the program runs in the image.
  var device: String?
  /// The root's file system; `nil`: mount tries those that the kernel has.
  var fileSystem: String?
  /// The program that init starts at the end, with its arguments.
  var program: [String] = []
  /// Whether the init is the one that this library includes, and not another one that reads the same settings.
  var isLinuxrc = true

  /// The path of the program if it runs in the image.
  var programInImage: [UInt8]? { device == nil ? program.first.map { Array($0.utf8) } : nil }

  /// Empty settings.
  init() {}

  /// Reads the settings; `nil` if they do not have the form that this library writes.
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

  /// The words of a shell line: without quotes, or in single quotes with `'\''` for a quote.
  /// `nil` if the line has other shell syntax.
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
        // Code, and not a value.
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

  /// The text between the prefix `start` and the suffix `end`; `nil` if it does not have both.
  fileprivate func between(_ start: String, _ end: String) -> Substring? {
    guard hasPrefix(start), hasSuffix(end), count >= start.count + end.count else { return nil }
    return dropFirst(start.count).dropLast(end.count)
  }
}

extension UnpackedFiles {
  /// The settings of our init; `nil` if the image has no script as its init, or no settings in the form that this
  /// library writes.
  var settings: InitSettings? {
    guard case .script(_, let isLinuxrc) = summary(Array("/init".utf8)),
      case .list(let text) = summary(Array("/etc/linuxrc.conf".utf8)),
      var settings = InitSettings(text)
    else { return nil }
    settings.isLinuxrc = isLinuxrc
    return settings
  }
}
