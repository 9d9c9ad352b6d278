/// The result of a step of planning: entries and diagnostics. The planner merges the results of all steps once.
struct Contribution: Sendable {
  /// An entry that a step adds to the image.
  struct Request: Sendable {
    var entry: PlannedEntry
    var rank: EntryTable.Rank
    var location: InitrdError.Location?
  }

  var requests: [Request] = []
  var diagnostics = Diagnostics()

  /// Adds an entry that was not requested by name.
  mutating func generate(
    _ content: PlannedEntry.Content, at path: ImagePath, mode: UInt16, _ reasons: [Reason]
  ) {
    requests.append(
      Request(
        entry: PlannedEntry(
          path: path, content: content, mode: mode, uid: 0, gid: 0, reasons: reasons),
        rank: .generated))
  }

  /// Adds an entry that the manifest names.
  mutating func request(
    _ content: PlannedEntry.Content, at path: ImagePath, _ ownership: Manifest.Ownership,
    mode: UInt16, key: String, name: String? = nil, location: InitrdError.Location?
  ) {
    requests.append(
      Request(
        entry: PlannedEntry(
          path: path, content: content, mode: ownership.mode ?? mode, uid: ownership.uid,
          gid: ownership.gid,
          reasons: [.requested(key: key, name: name, location: location)]),
        rank: .manifest, location: location))
  }
}
