import Foundation
import InitrdKit

/// Extracts an image into a folder in memory, beside which nothing may be made.
func fuzzExtraction(_ bytes: [UInt8]) {
  var extraction = Extraction(InputFile.holding(bytes), into: Playground.folder + "/out")
  extraction.limits = limits
  extraction.perSegment = bytes.count % 4 == 3
  let report = outcome { () throws(InitrdError) in try extraction.run() }
  for remark in (try? report.get())?.remarks ?? [] where remark.reason.isEmpty {
    broken("a remark says something")
  }
  Playground.clear()
}

/// A folder in memory with nothing but `out` in it, which a target may make.
private enum Playground {
  static let folder: String = {
    let folder = "/dev/shm/fuzz-\(getpid())"
    guard mkdir(folder, 0o700) == 0 else { fatalError("\(folder) can't be made") }
    atexit { rmdir(Playground.folder) }
    return folder
  }()

  /// Removes `out`; if anything else is in the folder, somebody wrote outside.
  static func clear() {
    let out = folder + "/out"
    if access(out, F_OK) == 0 {
      do { try FileManager.default.removeItem(atPath: out) } catch {
        broken("what was extracted can be removed: \(error)")
      }
    }
    guard rmdir(folder) == 0, mkdir(folder, 0o700) == 0 else {
      broken("nothing is made beside \(out)")
    }
  }
}
