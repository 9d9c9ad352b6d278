import ArgumentParser
import InitrdKit

/// `list`: prints the entries of an image.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the entries of an image, in the order in which the kernel reads them.",
    discussion: """
      On a terminal, bytes that it can't show safely are escaped as \\xNN. In a file or pipe, names are printed \
      unchanged. Tables, trees and JSON always escape them. Patterns can contain \\xNN, too.

      Example: mkinitrd-swift list -l initrd.img 'lib/modules/*.ko'
      """)

  @Argument(help: "The image; - is standard input.", completion: .file())
  var image: String

  @Argument(
    help: ArgumentHelp(
      "List only paths that match these patterns. * matches slashes too. A directory is listed with everything in it.",
      valueName: "glob"))
  var patterns: [String] = []

  /// The form in which the entries are printed.
  enum Form: EnumerableFlag {
    case long, tree, sizes, nul

    static func name(for value: Form) -> NameSpecification {
      switch value {
      case .long: [.customShort("l"), .customLong("long")]
      case .nul: [.customShort("0"), .customLong("null")]
      default: .long
      }
    }

    static func help(for value: Form) -> ArgumentHelp? {
      switch value {
      case .long: "Also print mode, links, owner, group, size and time, like ls -l."
      case .tree: "Print a tree."
      case .sizes: "Print sizes, the largest first."
      case .nul: "End each name with a NUL, and never escape names."
      }
    }
  }

  @Flag var form: Form?

  @OptionGroup var json: JSONOption

  @Option(help: "List only the entries of this segment, counted from 0.")
  var segment: Int?

  @OptionGroup var limits: LimitOptions

  func validate() throws {
    if let segment, segment < 0 { throw ValidationError("segments are counted from 0") }
    if form != nil, json.isWanted {
      throw ValidationError("--json can't be combined with -l, --tree, --sizes or -0")
    }
  }

  func run() throws {
    let answer = Answer(json: json.isWanted)
    var failure: InitrdError?
    try answer.run { () throws(InitrdError) in
      let image = try Input.image(image)
      var wanted = WantedEntries(patterns, segment: segment)
      failure =
        switch (json.isWanted, form) {
        case (false, nil), (false, .nul): try listNames(image, &wanted)
        default: try listEntries(image, &wanted, answer)
        }
    }
    if let failure { try answer.fail(failure) }
  }

  /// Lists the names only. This is the fast way: no entries are held in memory.
  private func listNames(
    _ image: ImageFile, _ wanted: inout WantedEntries
  ) throws(InitrdError) -> InitrdError? {
    let escaping = StandardOutput.isTerminal && form == nil
    let end: [UInt8] = [form == .nul ? 0 : UInt8(ascii: "\n")]
    var output = StandardOutput()
    defer { output.flush() }
    var reader = try ImageReader(image, limits.values)
    try reader.read { (entry: NewcReader.Entry, number: Int) throws(InitrdError) in
      guard wanted.contains(entry.name, segment: number) else { return }
      output.write(escaping ? Array(printable(entry.name).utf8) : entry.name)
      output.write(end)
    }
    return wanted.failure(image, segments: reader.segments.count)
  }

  private func listEntries(
    _ image: ImageFile, _ wanted: inout WantedEntries, _ answer: Answer
  ) throws(InitrdError) -> InitrdError? {
    let listing = try ImageListing(image, limits: limits.values)
    let entries = listing.entries
    var shown: [Int] = []
    for (number, entry) in entries.enumerated()
    where wanted.contains(entry.path, segment: entry.segment) { shown.append(number) }
    let failure =
      listing.failure ?? wanted.failure(image, segments: listing.segments.count)
    if answer.json {
      answer.print(listing.json(image: image.name, shown, failure))
      return failure
    }
    var output = StandardOutput()
    defer { output.flush() }
    switch form {
    case .sizes:
      shown.sort { entries[$0].isLarger(than: entries[$1]) }
      let rows = shown.lazy.map { [grouped(entries[$0].size), printable(entries[$0].path)] }
      for line in Table.lines(rows, rightAligned: [0]) { output.write((line + "\n").utf8) }
    case .tree:
      var tree = PathTree(shown.count) {
        entries[$0].type == .symlink ? " -> \(printable(entries[$0].target))" : ""
      }
      for number in shown { tree.add(entries[number].path, number) }
      tree.print { output.write($0.utf8) }
    case .long, .nul, nil:
      let rows = shown.lazy.map { entries[$0].row }
      for line in Table.lines(rows, rightAligned: [1, 2, 3, 4]) { output.write((line + "\n").utf8) }
    }
    return failure
  }
}

/// The requested entries, and which of the patterns matched something.
private struct WantedEntries {
  private let patterns: [[UInt8]]
  private let selection: Selection?
  private let segment: Int?
  /// The numbers of the patterns that matched nothing so far.
  private var unmatched: Set<Int>

  /// The entries that match one of `patterns`, or all without patterns; of one segment, or of all.
  init(_ patterns: [String], segment: Int?) {
    self.patterns = patterns.map { unprintable($0.utf8, isPattern: true) }
    selection = patterns.isEmpty ? nil : Selection(self.patterns)
    self.segment = segment
    unmatched = Set(patterns.indices)
  }

  /// Whether an entry is listed.
  mutating func contains(_ path: [UInt8], segment number: Int) -> Bool {
    if let segment, segment != number { return false }
    guard let selection else { return true }
    guard !unmatched.isEmpty else { return selection.contains(path) }
    let matches = selection.patterns(matching: path)
    unmatched.subtract(matches)
    return !matches.isEmpty
  }

  /// The error for a segment that does not exist, or for patterns that matched nothing; `nil`: none.
  func failure(_ image: ImageFile, segments: Int) -> InitrdError? {
    let location = InitrdError.Location(file: image.name)
    if let segment, segment >= segments {
      return InitrdError(
        .missing, "there is no segment \(segment)", at: location,
        remedy: segments == 1
          ? "the only segment is 0" : "the last segment is \(segments - 1)")
    }
    return InitrdError(
      all: unmatched.sorted().map { number in
        InitrdError(
          .missing,
          "nothing in the \(segment == nil ? "image" : "segment") matches \(printable(patterns[number]))",
          at: location)
      })
  }
}

extension ImageListing {
  /// The entries with these numbers as JSON.
  fileprivate func json(image: String, _ numbers: [Int], _ failure: InitrdError?) -> JSONValue {
    .document(
      [
        ("image", .string(image)), ("bytes", .count(size)), ("segments", segmentsJSON),
        ("entries", entriesJSON(numbers)),
      ], diagnostics: failure?.diagnostics ?? [])
  }
}
