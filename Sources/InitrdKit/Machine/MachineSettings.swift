/// Microcode and module options of a machine.
extension Machine {
  /// The path of the microcode file for this processor, below the root; `nil` if there is none, and on a virtual
  /// machine, where the host loads the microcode.
  ///
  /// The file names are those that the kernel uses (Documentation/arch/x86/microcode.rst).
  var microcode: String? {
    var processor: [String: String] = [:]
    for line in lines("proc/cpuinfo") {
      // An empty line ends the first processor. The others are of the same model.
      if line.isEmpty { break }
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let key = parts[0].split(whereSeparator: \.isWhitespace).joined(separator: " ")
      processor[key] = parts[1].split(separator: " ").joined(separator: " ")
    }
    guard let flags = processor["flags"], !flags.split(separator: " ").contains("hypervisor"),
      let family = processor["cpu family"].flatMap({ UInt8($0) }),
      let model = processor["model"].flatMap({ UInt8($0) }),
      let stepping = processor["stepping"].flatMap({ UInt8($0) })
    else { return nil }
    let file: String
    switch processor["vendor_id"] {
    case "GenuineIntel":
      file = "intel-ucode/\(hexadecimal(family))-\(hexadecimal(model))-\(hexadecimal(stepping))"
    case "AuthenticAMD":
      let suffix = family < 0x15 ? "" : "_fam\(hexadecimal(family))h"
      file = "amd-ucode/microcode_amd\(suffix).bin"
    default: return nil
    }
    let path = "lib/firmware/\(file)"
    return (try? sysroot.isFile(path)) == true ? path : nil
  }

  /// The module options of modprobe.d(5), by module name: lines `options NAME OPTION=VALUE …`.
  var moduleOptions: [String: String] {
    var files: [String: String] = [:]
    for folder in ["usr/lib/modprobe.d", "lib/modprobe.d", "run/modprobe.d", "etc/modprobe.d"] {
      // A file replaces those of the same name in the directories before.
      for name in names(folder) where name.hasSuffix(".conf") { files[name] = "\(folder)/\(name)" }
    }
    var options: [String: String] = [:]
    for (_, path) in files.sorted(by: { $0.key < $1.key }) {
      for line in lines(path) {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count > 2, words[0] == "options", !line.hasSuffix("\\") else { continue }
        let text = words[2...].joined(separator: " ")
        let name = ModuleIndex.normalized(words[1].utf8)
        options[name] = options[name].map { "\($0) \(text)" } ?? text
      }
    }
    return options
  }
}
