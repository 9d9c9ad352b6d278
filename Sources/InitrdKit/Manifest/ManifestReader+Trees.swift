/// `trees`.
extension ManifestReader {
  mutating func readTrees(_ node: JSONNode) {
    for node in list(node) {
      guard var tree = tree(node) else { continue }
      tree.location = node.location
      manifest.trees.append(tree)
    }
  }

  private mutating func tree(_ node: JSONNode) -> Manifest.Tree? {
    guard case .object = node.value else {
      return text(node, ManifestRules.path).map { Manifest.Tree($0) }
    }
    let built = ["source", "dest", "exclude", "owner", "xattrs", "optional"]
    guard let fields = fields(node, built: built) else { return nil }
    let source = required("source", fields).flatMap { text($0, ManifestRules.path) }
    var tree = Manifest.Tree(source ?? "")
    if let value = fields["dest"], let path = path(value) { tree.dest = path }
    if let value = fields["exclude"] { tree.exclude = list(value).compactMap { item($0) } }
    if let value = fields["owner"] { tree.owner = owner(value) }
    if let value = fields["xattrs"],
      let choice = choice(value, Manifest.Tree.ExtendedAttributes.self)
    {
      tree.extendedAttributes = choice
    }
    tree.optional = fields["optional"].flatMap { flag($0) } ?? false
    return source == nil ? nil : tree
  }

  private mutating func owner(_ node: JSONNode) -> Manifest.Owner? {
    guard let fields = fields(node, built: ["uid", "gid"]) else { return nil }
    let uid = required("uid", fields).flatMap { integer($0, in: ManifestRules.ids) }
    let gid = required("gid", fields).flatMap { integer($0, in: ManifestRules.ids) }
    guard let uid, let gid else { return nil }
    return Manifest.Owner(uid: UInt32(uid), gid: UInt32(gid))
  }
}
