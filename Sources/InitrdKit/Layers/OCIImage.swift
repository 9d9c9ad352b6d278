import Crypto

/// Reads container images: the OCI image layout (image-spec, "image-layout"), and what `docker save` writes.
struct OCIImage {
  /// The layout's files: a directory, or an archive of it.
  private let files: any Layer
  private let name: String

  /// The merged tree of an image's layers.
  ///
  /// - Parameters:
  ///   - reference: the image.
  ///   - architecture: chooses among several platforms; `nil`: this machine's.
  ///   - spool: gets the contents.
  /// - Returns: the tree, without what whiteouts remove.
  /// - Throws: `missing`, `ambiguous`, `malformed` for a wrong digest, `limit`, `system`.
  static func tree(
    _ reference: OCIReference, for architecture: Architecture?, to spool: inout Spool
  ) throws(InitrdError) -> LayerTree {
    let image = try OCIImage(reference)
    let parts = try image.parts(reference.tag, architecture ?? .current)
    var tree = LayerTree()
    for layer in parts.layers {
      tree.beginLayer()
      try tree.add(archive: try image.open(layer), to: &spool, hasWhiteouts: true)
    }
    return tree
  }

  private init(_ reference: OCIReference) throws(InitrdError) {
    name = reference.path
    guard try OpenFile.status(of: name) != nil else {
      throw InitrdError(.missing, "no such container image", at: .init(file: name))
    }
    guard reference.isArchive else {
      files = try DirectoryLayer(name)
      return
    }
    var spool = try Spool()
    var tree = LayerTree()
    try tree.add(archive: try OpenFile(reading: name), to: &spool)
    files = try ArchiveLayer(name: name, tree, spool, number: 0)
  }

  // MARK: The image's parts

  /// A file of the layout, with its digest if the layout tells it.
  private struct Blob {
    var path: [UInt8]
    /// The SHA-256 in hexadecimal digits.
    var digest: String?
  }

  private func parts(
    _ tag: String?, _ architecture: Architecture
  ) throws(InitrdError) -> (config: Blob, layers: [Blob]) {
    if try files.entry(at: Array("index.json".utf8)) != nil {
      let index = try json(Blob(path: Array("index.json".utf8)))
      let manifest = try json(try choose(from: index, tag, architecture, depth: 0))
      guard let config = manifest["config"], let layers = manifest["layers"]?.array else {
        throw broken("a manifest without config or layers")
      }
      var blobs: [Blob] = []
      for layer in layers { blobs.append(try blob(layer)) }
      return (try blob(config), blobs)
    }
    // docker save, before it wrote an image layout.
    let list = try json(Blob(path: Array("manifest.json".utf8))).array ?? []
    let chosen = list.filter { image in
      tag.map { tag in
        (image["RepoTags"]?.strings ?? []).contains { $0 == tag || $0.hasSuffix(":\(tag)") }
      } ?? true
    }
    guard chosen.count == 1, let config = chosen[0]["Config"]?.string,
      let layers = chosen[0]["Layers"]?.strings
    else { throw ambiguous(chosen.count, list.flatMap { $0["RepoTags"]?.strings ?? [] }) }
    return (Blob(path: Array(config.utf8)), layers.map { Blob(path: Array($0.utf8)) })
  }

  /// Chooses a manifest of an index by its tag and platform.
  private func choose(
    from index: JSONNode, _ tag: String?, _ architecture: Architecture, depth: Int
  ) throws(InitrdError) -> Blob {
    let all = index["manifests"]?.array ?? []
    func tagOf(_ node: JSONNode) -> String? {
      node["annotations"]?["org.opencontainers.image.ref.name"]?.string
    }
    var chosen = all
    if depth == 0, let tag {
      chosen = all.filter { tagOf($0) == tag }
      // A name such as docker.io/library/app:1.0.
      if chosen.isEmpty { chosen = all.filter { tagOf($0)?.hasSuffix(":\(tag)") == true } }
    }
    var ours = chosen.filter { node in
      guard let platform = node["platform"] else { return true }
      let os = platform["os"]?.string ?? "linux"
      return os == "linux"
        && platform["architecture"]?.string.flatMap(Architecture.init(name:)) == architecture
    }
    if ours.count > 1 {
      // Of several variants of an architecture, such as arm/v6 and arm/v7, the highest.
      let variants = ours.compactMap { $0["platform"]?["variant"]?.string }
      if variants.count == ours.count, Set(variants).count == ours.count,
        let highest = variants.max()
      {
        ours = ours.filter { $0["platform"]?["variant"]?.string == highest }
      }
    }
    guard ours.count == 1 else {
      let names = all.compactMap { node in
        tagOf(node) ?? node["platform"]?["architecture"]?.string
      }
      throw ambiguous(ours.count, names)
    }
    let blob = try blob(ours[0])
    let media = ours[0]["mediaType"]?.string ?? ""
    guard media.hasSuffix("image.index.v1+json") || media.hasSuffix("manifest.list.v2+json") else {
      return blob
    }
    guard depth < 4 else { throw broken("indexes that contain indexes without end") }
    return try choose(from: try json(blob), tag, architecture, depth: depth + 1)
  }

  private func blob(_ descriptor: JSONNode) throws(InitrdError) -> Blob {
    guard let digest = descriptor["digest"]?.string else { throw broken("an entry without digest") }
    let parts = digest.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "sha256" else {
      throw InitrdError(
        .notSupported, "a digest other than SHA-256: \(printable(digest.utf8))",
        at: .init(file: name))
    }
    guard parts[1].utf8.count == 64, parts[1].allSatisfy(\.isHexDigit) else {
      throw broken("the digest \(printable(digest.utf8))")
    }
    return Blob(path: Array("blobs/sha256/\(parts[1])".utf8), digest: String(parts[1]))
  }

  // MARK: Files of the layout

  /// Opens a file, which must have its digest.
  private func open(_ blob: Blob) throws(InitrdError) -> OpenFile {
    // docker save writes a layer that occurs twice as a link.
    guard let path = LayerTree.plain(blob.path),
      let place = try LayerStack([files]).place(of: path)?.found, place.entry.type == .regular,
      let file = try files.open(place.path)
    else {
      throw InitrdError(
        .missing, "the image has no file \(printable(blob.path))", at: .init(file: name),
        remedy: "copy the image again, for example with skopeo")
    }
    guard let digest = blob.digest else { return file }
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var offset: UInt64 = 0
    while true {
      let count = try file.read(into: &buffer, at: offset)
      if count == 0 { break }
      buffer.withUnsafeBytes {
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count]))
      }
      offset += UInt64(count)
    }
    let found = SHA256Sum(hash).description
    guard found == digest.lowercased() else {
      throw InitrdError(
        .malformed, "\(printable(blob.path)) has the SHA-256 \(found)", at: .init(file: name),
        remedy: "copy the image again, for example with skopeo")
    }
    return file
  }

  private func json(_ blob: Blob) throws(InitrdError) -> JSONNode {
    let bytes = try open(blob).contents(limit: 4 << 20)
    return try JSONReader.read(bytes, file: "\(name)/\(printable(blob.path))")
  }

  private func broken(_ what: String) -> InitrdError {
    InitrdError(.malformed, "not a valid container image: \(what)", at: .init(file: name))
  }

  private func ambiguous(_ count: Int, _ names: [String]) -> InitrdError {
    let list = names.map { printable($0.utf8) }.joined(separator: ", ")
    return InitrdError(
      count == 0 ? .missing : .ambiguous,
      count == 0 ? "no image with this tag and platform" : "several images in one layout",
      at: .init(file: name),
      remedy: names.isEmpty
        ? "add a tag after a colon" : "add a tag after a colon; expected one of: \(list)")
  }
}

extension JSONNode {
  /// The value of a member; `nil` if this is not an object or has no such member.
  fileprivate subscript(name: String) -> JSONNode? {
    guard case .object(let members) = value else { return nil }
    return members.first { $0.name == name }?.value
  }

  fileprivate var string: String? { if case .string(let text) = value { text } else { nil } }

  fileprivate var array: [JSONNode]? { if case .array(let nodes) = value { nodes } else { nil } }

  fileprivate var strings: [String]? { array?.compactMap(\.string) }
}

extension Architecture {
  /// The machine that this program was built for.
  static var current: Architecture {
    #if arch(x86_64)
      .x86_64
    #elseif arch(arm64)
      .aarch64
    #elseif arch(riscv64)
      .riscv64
    #elseif arch(powerpc64le)
      .ppc64le
    #elseif arch(s390x)
      .s390x
    #elseif arch(arm)
      .armv7l
    #elseif arch(i386)
      .i686
    #else
      .loongarch64
    #endif
  }
}
