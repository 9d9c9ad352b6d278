import InitrdKit

/// Reads a manifest twice; both readings must end the same way.
func fuzzManifest(_ bytes: [UInt8]) {
  let (first, second) = (read(bytes), read(bytes))
  switch (first, second) {
  case (.success, .success): break
  case (.failure(let one), .failure(let other)):
    if one != other { broken("the same manifest has the same errors") }
    for error in [one] + one.others where error.location?.line == nil {
      broken("every error in a manifest has a line: \(error)")
    }
  default: broken("two readings of a manifest end the same way")
  }
  _ = outcome { () throws(InitrdError) in
    try Manifest.Baseline(String(decoding: bytes, as: UTF8.self))
  }
}

private func read(_ bytes: [UInt8]) -> Outcome<Manifest> {
  outcome { () throws(InitrdError) in try Manifest(json: bytes, file: "manifest.json") }
}
