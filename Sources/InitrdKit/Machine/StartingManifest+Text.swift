/// The manifest as text. Each value follows its comment.
extension StartingManifest {
  private typealias Members = [(name: String, value: JSONValue)]

  /// The JSON text; `path` is the sysroot's path in the manifest.
  func manifestText(
    _ choices: Choices, subject: String, sysroot: borrowing Sysroot, path: String
  ) -> String {
    var members: Members = choices.schema.map { [("$schema", .string($0))] } ?? []
    members += [
      comment("Written by mkinitrd-swift init for \(subject); docs/manifest.md describes all keys.")
    ]
    members += notes.map { comment("Note: \($0.message)\($0.remedy.map { "; \($0)" } ?? "").") }
    members += [
      ("manifestVersion", .integer(1)),
      comment("The image's name in reports."),
      ("name", .string("initrd-${release}")),
      comment("The directory with modules, busybox and files, relative to this file's directory."),
      ("sysroot", .string(path)),
      ("kernel", .object(kernelMembers)),
      ("modules", .object(moduleMembers)),
      ("busybox", .object(busyboxMembers)),
      ("init", .object(initMembers(in: sysroot))),
    ]
    if let microcode {
      let reason =
        "The microcode of this machine's processor; the kernel loads it before it unpacks the image."
      members.append(
        ("early", .object([comment(reason), ("microcode", .array([.string(microcode)]))])))
    }
    members += [
      comment("auto: the best compression that this kernel can decompress."),
      ("compression", .string("auto")),
      comment("The path of the image, relative to this file's directory; build -o overrides it."),
      ("output", .object([("path", .string("initrd-${release}.img"))])),
    ]
    members += baselineMembers(in: sysroot, path: path)
    return JSONValue.object(members).commentedText(lineComments: choices.hasLineComments) + "\n"
  }

  private var kernelMembers: Members {
    var members: Members = [
      comment("\(kernel.reason) build --kernel-release overrides it."),
      ("release", .string(kernel.tree.release)),
    ]
    if let config = kernel.config {
      members += [
        comment("The configuration that the running kernel provides, because /boot has none."),
        ("config", .string(config)),
      ]
    }
    return members
  }

  private var moduleMembers: Members {
    var members: Members = [
      comment("Loaded in this order. Their dependencies are included, too, and loaded before them.")
    ]
    if kernel.index == nil {
      members.append(
        comment("No modules of this kernel were found; its configuration says what is built in."))
    }
    if !absent.isEmpty {
      let names = absent.joined(separator: ", ")
      members.append(comment("Not included, because this kernel has no such modules: \(names)."))
    }
    let items = modules.map {
      JSONValue.object([("name", .string($0.name)), comment($0.comment)])
    }
    members.append(("include", .array(items)))
    if !options.isEmpty {
      members.append(comment("The module options of this machine's modprobe.d."))
      members.append(("options", .object(options.map { ($0.module, .string($0.text)) })))
    }
    return members
  }

  /// The path of the first statically linked busybox; `nil` if there is none.
  static func busybox(
    in sysroot: borrowing Sysroot, for architecture: Architecture?
  ) -> String? {
    for path in ["bin/busybox", "sbin/busybox", "bin/busybox.static", "usr/local/bin/busybox"] {
      guard let bytes = try? sysroot.contents(path, limit: 64 << 20),
        let busybox = try? BusyboxBinary(bytes),
        architecture == nil || busybox.architecture == architecture
      else { continue }
      return path
    }
    return nil
  }

  private var busyboxMembers: Members {
    if let busybox {
      return [comment("The program with the commands of the init."), ("path", .string(busybox))]
    }
    return [
      comment("No statically linked busybox was found: install the package (\(Self.packages))."),
      ("path", .string("bin/busybox")),
    ]
  }

  /// The packages with a statically linked busybox.
  static let packages = "busybox-static on Debian and Alpine, busybox on Fedora"

  private func initMembers(in sysroot: borrowing Sysroot) -> Members {
    var members: Members = [comment(rootComment)]
    if let root {
      var values: Members = [("device", .string(root.device))]
      if let type = root.type { values.append(("fstype", .string(type))) }
      if let flags = root.flags { values.append(("flags", .string("ro,\(flags)"))) }
      members.append(("root", .object(values)))
    } else {
      members.append(("root", .null))
    }
    // A kernel without an initramfs tries these programs in the same order.
    let programs = ["/sbin/init", "/etc/init", "/bin/init"]
    let program = programs.first { (try? sysroot.isFile($0)) == true } ?? programs[0]
    return members + [
      comment("The first program of the root; init= on the kernel command line overrides it."),
      ("program", .array([.string(program)])),
      comment("If the root can't be mounted: panic, reboot, poweroff, halt or shell."),
      ("onFailure", .string("panic")),
    ]
  }

  /// The present initramfs of this kernel as the baseline; if there is none, the default baseline.
  private func baselineMembers(in sysroot: borrowing Sysroot, path: String) -> Members {
    let release = kernel.tree.release
    let usual = ["initrd.img-\(release)", "initramfs-\(release).img", "initrd-\(release)"]
    guard let found = usual.first(where: { (try? sysroot.isFile("boot/\($0)")) == true }) else {
      return [
        comment("The size to compare the image with: a size, the path of an image, or null."),
        ("baseline", .string("19784K")),
      ]
    }
    let folder = path.utf8.last == UInt8(ascii: "/") ? path : "\(path)/"
    return [
      comment("The image to compare the size with: this kernel's present initramfs."),
      ("baseline", .string("\(folder)boot/\(found)")),
    ]
  }
}

private func comment(_ text: String) -> (name: String, value: JSONValue) { ("//", .string(text)) }

extension JSONValue {
  /// The value as JSON text with one line for each member. Small values without a comment take one line.
  ///
  /// - Parameters:
  ///   - lineComments: whether comments are written as `// …`, each on a line before its value.
  ///   - indent: the newline and blanks before the closing bracket.
  /// - Returns: the text.
  fileprivate func commentedText(lineComments: Bool, indent: String = "\n") -> String {
    let inner = indent + "  "
    switch self {
    case .object(let members)
    where members.first?.name == "//" || members.contains { $0.value.isContainer }:
      let lines = members.map { member in
        if lineComments, member.name == "//" {
          return (JSONValue.comment(member.value, inner), false)
        }
        let value = member.value.commentedText(lineComments: lineComments, indent: inner)
        return ("\(inner)\(JSONValue.string(member.name).text()): \(value)", true)
      }
      return "{" + JSONValue.joined(lines) + indent + "}"
    case .array(let values) where values.contains(where: \.isContainer):
      let lines = values.flatMap { value in
        let (comments, rest) = lineComments ? value.splitComments(inner) : ([], value)
        let text = rest.commentedText(lineComments: lineComments, indent: inner)
        return comments.map { ($0, false) } + [(inner + text, true)]
      }
      return "[" + JSONValue.joined(lines) + indent + "]"
    case .object(let members) where !members.isEmpty:
      let texts = members.map { "\(JSONValue.string($0.name).text()): \($0.value.text())" }
      return "{ \(texts.joined(separator: ", ")) }"
    case .array(let values): return "[\(values.map { $0.text() }.joined(separator: ", "))]"
    default: return text()
    }
  }

  /// The lines, with a comma after each that has a value, except the last one.
  private static func joined(_ lines: [(text: String, hasValue: Bool)]) -> String {
    let last = lines.lastIndex { $0.hasValue }
    return lines.enumerated().map { number, line in
      line.text + (line.hasValue && number != last ? "," : "")
    }.joined()
  }

  /// An item's comments as lines, and the item without them. If only the name is left, the item is a string.
  private func splitComments(_ indent: String) -> ([String], JSONValue) {
    guard case .object(let members) = self else { return ([], self) }
    let rest = members.filter { $0.name != "//" }
    let comments = members.filter { $0.name == "//" }.map { JSONValue.comment($0.value, indent) }
    return (comments, rest.count == 1 && rest[0].name == "name" ? rest[0].value : .object(rest))
  }

  /// A comment on a line of its own.
  private static func comment(_ value: JSONValue, _ indent: String) -> String {
    guard case .string(let text) = value else { return "" }
    // A newline would end the comment, so control characters are escaped as in a JSON string.
    return "\(indent)// \(JSONValue.string(text).text().dropFirst().dropLast())"
  }

  private var isContainer: Bool {
    switch self {
    case .object, .array: true
    default: false
    }
  }
}
