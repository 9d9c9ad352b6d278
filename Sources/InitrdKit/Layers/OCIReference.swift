/// A container image as a layer: `oci:DIRECTORY[:TAG]` or `oci-archive:FILE[:TAG]`, as skopeo and podman name them.
struct OCIReference: Equatable {
  /// The directory with the image layout, or the archive of one.
  var path: String
  var isArchive: Bool
  /// The image's tag (the annotation `org.opencontainers.image.ref.name`); `nil`: the only image.
  var tag: String?

  /// Reads a layer's name; `nil` for a directory or archive without one of the prefixes.
  init?(_ text: String) {
    let isArchive = text.hasPrefix("oci-archive:")
    guard isArchive || text.hasPrefix("oci:") else { return nil }
    self.isArchive = isArchive
    let rest = text.dropFirst(isArchive ? 12 : 4)
    // A tag has no slash; a path may have a colon.
    if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
      (path, tag) = (String(rest[..<colon]), String(rest[rest.index(after: colon)...]))
    } else {
      (path, tag) = (String(rest), nil)
    }
  }

  /// The file or directory of a layer, for the list of inputs.
  static func file(of layer: String) -> String {
    guard let image = OCIReference(layer) else { return layer }
    return image.isArchive ? image.path : "\(image.path)/index.json"
  }
}
