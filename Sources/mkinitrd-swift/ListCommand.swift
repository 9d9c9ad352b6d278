import ArgumentParser
import InitrdKit

/// `list`: the paths in an image.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the entries of an image, in the order in which the kernel sees them.",
    discussion: """
      Names that a terminal could not show safely are escaped there; elsewhere they are printed as they are. \
      Tables, trees and JSON escape them always: \\xNN is a byte, in patterns too.

      Example: mkinitrd-swift list -l initrd.img 'lib/modules/*.ko'
      """)

  @Argument(help: "The image; - is standard input.", completion: .file())
  var image: String

  @Argument(
    help: ArgumentHelp(
      "What is listed: paths or patterns, in which * takes slashes too; a folder with all that is in it.",
      valueName: "glob"))
  var patterns: [String] = []

  /// In what form the entries are printed.
  enum Form: EnumerableFlag {
    case long, tree, sizes, nul, json

    static func name(for value: Form) -> NameSpecification {
      switch value {
      case .long: [.customShort("l"), .customLong("long")]
      case .nul: [.customShort("0"), .customLong("null")]
      default: .long
      }
    }

    static func help(for value: Form) -> ArgumentHelp? {
      switch value {
      case .long: "With mode, links, owner, group, size and time, as ls -l has them."
      case .tree: "As a tree."
      case .sizes: "With sizes, the largest first."
      case .nul: "Each name ended by a NUL, and nothing escaped."
      case .json: "As JSON."
      }
    }
  }

  @Flag var form: Form?

  @Option(help: "Only the entries of one segment, from 0.")
  var segment: Int?

  @OptionGroup var limits: LimitOptions

  func validate() throws {
    if let segment, segment < 0 { throw ValidationError("segments are counted from 0") }
  }

  func run() throws {
    try reportingErrors { () throws(InitrdError) in
      let selection =
        patterns.isEmpty ? nil : Selection(patterns.map { unprintable($0.utf8, isPattern: true) })
      switch form {
      case nil, .nul: try listNames(selection)
      default: try listEntries(selection)
      }
    }
  }

  /// The quick way: nothing is held.
  private func listNames(_ selection: Selection?) throws(InitrdError) {
    let escaping = StandardOutput.isTerminal && form == nil
    let end: [UInt8] = [form == .nul ? 0 : UInt8(ascii: "\n")]
    var output = StandardOutput()
    defer { output.flush() }
    var reader = try ImageReader(image, try limits.values())
    try reader.read { (entry: NewcReader.Entry, number: Int) throws(InitrdError) in
      if let segment, segment != number { return }
      if let selection, !selection.contains(entry.name) { return }
      output.write(escaping ? Array(printable(entry.name).utf8) : entry.name)
      output.write(end)
    }
    try requireSegment(reader.segments.count)
  }

  private func requireSegment(_ count: Int) throws(InitrdError) {
    guard let segment, segment >= count else { return }
    throw InitrdError(
      .missing, "there is no segment \(segment)", at: .init(file: image),
      remedy: count == 1 ? "there is segment 0 only" : "the last one is \(count - 1)")
  }

  private func listEntries(_ selection: Selection?) throws(InitrdError) {
    let listing = try ImageListing(image, limits: try limits.values())
    let entries = listing.entries
    var shown = entries.indices.filter {
      (segment == nil || segment == entries[$0].segment)
        && selection?.contains(entries[$0].path) != false
    }
    var output = StandardOutput()
    defer { output.flush() }
    switch form {
    case .long:
      let rows = shown.lazy.map { entries[$0].row }
      for line in Table.lines(rows, rightAligned: [1, 2, 3, 4]) { output.write((line + "\n").utf8) }
    case .sizes:
      shown.sort { entries[$0].isLarger(than: entries[$1]) }
      let rows = shown.lazy.map { [grouped(entries[$0].size), printable(entries[$0].path)] }
      for line in Table.lines(rows, rightAligned: [0]) { output.write((line + "\n").utf8) }
    case .tree:
      var tree = PathTree(shown.count) {
        entries[$0].header.type == .symlink ? " -> \(printable(entries[$0].target))" : ""
      }
      for number in shown { tree.add(entries[number].path, number) }
      tree.print { output.write($0.utf8) }
    case .json, .nul, nil:
      JSONValue.made(shown.count) { [shown] in entries[shown[$0]].json }
        .write(indented: true) { output.write(terminalSafe($0).utf8) }
      output.write("\n".utf8)
    }
    if let failure = listing.failure { throw failure }
    try requireSegment(listing.segments.count)
  }
}
