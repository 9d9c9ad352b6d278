/// The content of one file, as it is after the kernel has unpacked the whole image: the last entry of several counts,
/// and links are followed.
package struct FileContent: Sendable {
  /// Called with each piece of the content.
  package typealias Sink = (Span<UInt8>) throws(InitrdError) -> Void

  /// The image.
  package var image: ImageFile
  /// The limits for reading and memory.
  package var limits = ReadLimits()

  /// The contents of the files in `image`.
  package init(_ image: ImageFile) { self.image = image }

  /// The contents of the files in the image at `path`.
  package init(_ path: String) { self.init(ImageFile(path)) }

  /// Passes the content of the file at `path` to `sink`. The image is read twice, and never held in memory.
  ///
  /// - Parameters:
  ///   - path: a path from the image's root, with or without a leading slash.
  ///   - sink: gets the pieces, in their order.
  /// - Throws: `missing` when there is no such file, `bad-input` for a directory or device, and `malformed` for a
  ///   damaged image, after the existing part of the content was passed on.
  package func read(_ path: some Collection<UInt8>, to sink: Sink) throws(InitrdError) {
    var reader = try ImageReader(image, limits)
    var builder = TreeBuilder(limits)
    let failure = try reader.build(&builder)
    let tree = builder.trees[0] ?? UnpackedTree()
    let node: Int
    do { node = try tree.existing(path) } catch {
      throw missing(Array(path), in: tree, error, builder.dropped, failure)
    }
    guard tree.nodes[node].type == .regular else {
      let isFolder = tree.nodes[node].type == .directory
      throw InitrdError(
        .badInput,
        "\(printable(path)) is \(isFolder ? "a directory" : "not a regular file") in the image",
        at: .init(file: image.name), remedy: isFolder ? "print the files in it with list" : nil)
    }
    if let number = tree.nodes[node].content {
      try pass(number, tree.nodes[node].size, from: &reader, to: sink)
    }
    if let failure { throw failure }
  }

  /// Passes the data of one entry to `sink`.
  private func pass(
    _ wanted: Int, _ size: UInt32, from reader: inout ImageReader, to sink: Sink
  ) throws(InitrdError) {
    var number = -1
    try reader.read(
      selecting: { (entry: NewcReader.Entry, _: Int) throws(InitrdError) in
        number += 1
        guard number == wanted else { return number < wanted ? .skipData : .stop }
        guard entry.header.fileSize == size else {
          throw InitrdError(.changed, "the image changed while it was read")
        }
        return .readData
      }, data: sink)
  }

  private func missing(
    _ path: [UInt8], in tree: UnpackedTree, _ reason: UnpackedTree.Dropped,
    _ dropped: [ExtractRemark],
    _ failure: InitrdError?
  ) -> InitrdError {
    let name = printable(path)
    let others = failure.map { [$0] } ?? []
    let location = InitrdError.Location(file: image.name)
    if let remark = dropped.last(where: { $0.path == path }) {
      return InitrdError(
        .missing, "the kernel drops \(name): \(remark.reason)", at: location, others: others)
    }
    if reason == .links {
      return InitrdError(
        .missing, "\(name): \(reason.rawValue)", at: location, others: others)
    }
    return InitrdError(
      .missing, "no file \(name) in the image", at: location,
      remedy: tree.remedy(for: path), others: others)
  }
}
