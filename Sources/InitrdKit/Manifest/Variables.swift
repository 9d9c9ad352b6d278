/// The variables in a manifest's strings: `${release}` is the kernel's release, `${arch}` the machine. `$${` is a
/// literal `${`.
struct Variables {
  let release: String?
  let arch: String?

  /// Replaces the variables in a text.
  ///
  /// - Throws: `manifest` if the value of a variable is unknown.
  func fill(_ text: String, at location: InitrdError.Location? = nil) throws(InitrdError) -> String
  {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    return String(decoding: try fill(Array(text.utf8), at: location), as: UTF8.self)
  }

  /// Replaces the variables in bytes, like ``fill(_:at:)``.
  func fill(
    _ text: [UInt8], at location: InitrdError.Location? = nil
  ) throws(InitrdError) -> [UInt8] {
    var filled: [UInt8] = []
    var rest = text[...]
    while let byte = rest.first {
      if rest.starts(with: Self.escaped) {
        filled += Self.escaped.dropFirst()
        rest = rest.dropFirst(Self.escaped.count)
      } else if let (name, value) = [("${release}", release), ("${arch}", arch)].first(where: {
        rest.starts(with: $0.0.utf8)
      }) {
        guard let value else {
          throw InitrdError(.manifest, "the value of \(name) is unknown", at: location)
        }
        filled += value.utf8
        rest = rest.dropFirst(name.utf8.count)
      } else {
        filled.append(byte)
        rest = rest.dropFirst()
      }
    }
    return filled
  }

  private static let escaped = Array("$${".utf8)

  /// The first unknown variable in `text`, such as `${relase}`; `nil` if there is none.
  static func unknown(in text: String) -> String? {
    var rest = Array(text.utf8)[...]
    while let start = rest.firstIndex(of: UInt8(ascii: "$")) {
      rest = rest[start...]
      if rest.starts(with: escaped) {
        rest = rest.dropFirst(escaped.count - 1)
      } else if rest.starts(with: "${".utf8) {
        let end = rest.firstIndex(of: UInt8(ascii: "}")) ?? rest.endIndex - 1
        let name = rest[...end]
        if !name.elementsEqual("${release}".utf8) && !name.elementsEqual("${arch}".utf8) {
          return printable(name)
        }
      }
      rest = rest.dropFirst()
    }
    return nil
  }
}

extension Manifest {
  /// The manifest with all variables replaced.
  ///
  /// - Throws: `manifest` if the value of a variable is unknown, `limit` if a path becomes too long.
  func filled(_ variables: Variables) throws(InitrdError) -> Manifest {
    var copy = self
    copy.name = try variables.fill(name)
    if let kernel {
      copy.kernel?.config = try Self.filled(kernel.config, variables)
      copy.kernel?.image = try Self.filled(kernel.image, variables)
    }
    copy.modules = try modules.filled(variables)
    copy.firmware.include = try Self.filled(firmware.include, variables)
    copy.firmware.exclude = try Self.filled(firmware.exclude, variables)
    if let busybox {
      copy.busybox?.path = try Self.filled(busybox.path, variables)
      if case .list(let items) = busybox.applets {
        copy.busybox?.applets = .list(try Self.filled(items, variables))
      }
    }
    for index in binaries.indices {
      let binary = binaries[index]
      copy.binaries[index].path = try variables.fill(binary.path, at: binary.location)
      if let dest = binary.dest { copy.binaries[index].dest = try Self.filled(dest, variables) }
    }
    for index in files.indices { try copy.files[index].fill(variables) }
    for index in trees.indices {
      let tree = trees[index]
      copy.trees[index].source = try variables.fill(tree.source, at: tree.location)
      copy.trees[index].dest = try Self.filled(tree.dest, variables)
      copy.trees[index].exclude = try Self.filled(tree.exclude, variables)
    }
    for index in directories.indices {
      copy.directories[index].path = try Self.filled(directories[index].path, variables)
    }
    for index in symlinks.indices {
      copy.symlinks[index].path = try Self.filled(symlinks[index].path, variables)
      copy.symlinks[index].target = try variables.fill(symlinks[index].target)
    }
    for index in nodes.indices {
      copy.nodes[index].path = try Self.filled(nodes[index].path, variables)
    }
    copy.early.acpi = try Self.filled(early.acpi, variables)
    if case .files(let items) = early.microcode {
      copy.early.microcode = .files(try Self.filled(items, variables))
    }
    for index in segments.indices {
      copy.segments[index].contents = try Self.filled(segments[index].contents, variables)
    }
    copy.linuxrc = try linuxrc.filled(variables)
    if let path = output.path { copy.output.path = try variables.fill(path) }
    if case .image(let path) = baseline { copy.baseline = .image(try variables.fill(path)) }
    return copy
  }

  fileprivate static func filled(
    _ items: [Item], _ variables: Variables
  ) throws(InitrdError) -> [Item] {
    var copies = items
    for index in items.indices {
      copies[index].name = try variables.fill(items[index].name, at: items[index].location)
    }
    return copies
  }

  fileprivate static func filled(
    _ item: Item?, _ variables: Variables
  ) throws(InitrdError) -> Item? {
    guard let item else { return nil }
    let copy: Item = try filled(item, variables)
    return copy
  }

  fileprivate static func filled(_ item: Item, _ variables: Variables) throws(InitrdError) -> Item {
    var copy = item
    copy.name = try variables.fill(item.name, at: item.location)
    return copy
  }

  fileprivate static func filled(
    _ path: ImagePath, _ variables: Variables
  ) throws(InitrdError) -> ImagePath {
    guard path.bytes.contains(UInt8(ascii: "$")) else { return path }
    return try ImagePath(try variables.fill(path.bytes))
  }
}

extension Manifest.Modules {
  fileprivate func filled(_ variables: Variables) throws(InitrdError) -> Self {
    var copy = self
    copy.include = try Manifest.filled(include, variables)
    copy.exclude = try Manifest.filled(exclude, variables)
    copy.blacklist = try Manifest.filled(blacklist, variables)
    if let load { copy.load = try Manifest.filled(load, variables) }
    for index in options.indices {
      copy.options[index].options = try variables.fill(options[index].options)
    }
    return copy
  }
}

extension Manifest.File {
  fileprivate mutating func fill(_ variables: Variables) throws(InitrdError) {
    dest = try Manifest.filled(dest, variables)
    switch source {
    case .path(let path): source = .path(try variables.fill(path, at: location))
    case .content(let bytes) where fillsVariables:
      source = .content(try variables.fill(bytes, at: location))
      fillsVariables = false
    case .content: break
    }
  }
}

extension Manifest.Linuxrc {
  fileprivate func filled(_ variables: Variables) throws(InitrdError) -> Self {
    var copy = self
    if case .path(let item) = template {
      copy.template = .path(try Manifest.filled(item, variables))
    }
    if let root {
      copy.root?.device = try variables.fill(root.device)
      copy.root?.flags = try variables.fill(root.flags)
      if let fstype = root.fstype { copy.root?.fstype = try variables.fill(fstype) }
    }
    for index in program.indices { copy.program[index] = try variables.fill(program[index]) }
    for index in environment.indices {
      copy.environment[index].value = try variables.fill(environment[index].value)
    }
    return copy
  }
}
