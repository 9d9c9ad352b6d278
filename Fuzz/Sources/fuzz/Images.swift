import InitrdKit

/// Reads an image in all available ways and compares their results.
func fuzzImage(_ bytes: [UInt8]) {
  let path = InputFile.holding(bytes)
  let listing = outcome { () throws(InitrdError) in
    try ImageListing(path, digests: true, limits: limits)
  }
  let checked = check(path)
  guard case .success(let listing) = listing else { return }
  compare(listing, with: entries(path))
  _ = ImageInventory(listing.entries, initStart: listing.initStart)
  // The results are comparable only if both libdeflate and zlib read the image to its end.
  if listing.failure == nil, checked?.findings.contains(where: { $0.effect == .refused }) == false {
    if listing.segments != checked?.segments { broken("list and check read the same segments") }
    if listing.entries.count != checked?.entries { broken("list and check read the same entries") }
  }
  var content = FileContent(path)
  content.limits = limits
  _ = outcome { () throws(InitrdError) in try content.read("init".utf8) { _ in } }
  let difference = outcome { () throws(InitrdError) in
    try ImageDiff(path, path, limits: limits)
  }
  if case .success(let difference) = difference, !difference.isEmpty {
    broken("an image has no differences from itself")
  }
}

/// Runs the check and makes the text of each finding.
func check(_ path: String) -> CheckReport? {
  var check = ImageCheck(path)
  check.limits = limits
  let report = outcome { () throws(InitrdError) in try check.run() }
  for finding in (try? report.get())?.findings ?? [] where finding.message.isEmpty {
    broken("every finding has a message")
  }
  return try? report.get()
}

/// Reads the entries of an image without their data, and the error that ended the reading.
private func entries(_ path: String) -> ([NewcReader.Entry], InitrdError?) {
  var entries: [NewcReader.Entry] = []
  let end = outcome { () throws(InitrdError) in
    var reader = try ImageReader(path, limits)
    try reader.read { (entry, _) throws(InitrdError) in entries.append(entry) }
  }
  if case .failure(let error) = end { return (entries, error) }
  return (entries, nil)
}

private func compare(_ listing: ImageListing, with read: ([NewcReader.Entry], InitrdError?)) {
  let (entries, failure) = read
  if listing.failure != failure { broken("two readings end the same way") }
  guard listing.entries.count == entries.count,
    zip(listing.entries, entries).allSatisfy({ $0.path == $1.name && $0.header == $1.header })
  else { broken("reading with data and without gives the same entries") }
}

/// Reads the release and configuration from a kernel image.
func fuzzKernel(_ bytes: [UInt8]) {
  var check = ImageCheck("/dev/null")
  check.kernelImage = InputFile.holding(bytes)
  _ = outcome { () throws(InitrdError) in try check.run() }
}
