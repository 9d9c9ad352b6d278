import Foundation
import InitrdKit

/// Extracts an image into a directory in memory. Nothing may be created outside of that directory.
func fuzzExtraction(_ bytes: [UInt8]) {
  var extraction = Extraction(InputFile.holding(bytes), into: Playground.folder + "/out")
  extraction.limits = limits
  extraction.perSegment = bytes.count % 4 == 3
  let report = outcome { () throws(InitrdError) in try extraction.run() }
  for remark in (try? report.get())?.remarks ?? [] where remark.reason.isEmpty {
    broken("every remark has a reason")
  }
  Playground.clear()
}

/// A directory in memory that contains only `out`, which a target may create.
private enum Playground {
  static let folder: String = {
    let folder = "/dev/shm/fuzz-\(getpid())"
    guard mkdir(folder, 0o700) == 0 else { fatalError("\(folder) can't be made") }
    atexit { rmdir(Playground.folder) }
    return folder
  }()

  /// Removes `out`. Anything else in the directory was written outside of `out`.
  static func clear() {
    let out = folder + "/out"
    if access(out, F_OK) == 0 {
      do { try FileManager.default.removeItem(atPath: out) } catch {
        broken("extracted files can be removed: \(error)")
      }
    }
    guard rmdir(folder) == 0, mkdir(folder, 0o700) == 0 else {
      broken("nothing is created outside of \(out)")
    }
  }
}
