import BaseKit
import InitrdKit

/// Reads an archive as a layer, and opens every file that it lists.
func fuzzLayer(_ bytes: [UInt8]) {
  let path = InputFile.holding(bytes)
  guard
    case .success(let sysroot) = outcome(of: { () throws(InitrdError) in try Sysroot(path) })
  else { return }
  var directories = [""]
  var count = 0
  while let directory = directories.popLast(), count < 256 {
    let names = outcome { () throws(InitrdError) in try sysroot.entries(directory) }
    for name in (try? names.get()) ?? [] {
      count += 1
      let child = directory + "/" + String(decoding: name, as: UTF8.self)
      let place = outcome { () throws(InitrdError) in
        try sysroot.place(of: child.utf8, followingLast: false)
      }
      guard case .success(let found?) = place else { continue }
      if found.type == .directory { directories.append(child) }
      _ = outcome { () throws(InitrdError) in
        guard let file = try sysroot.openFile(child) else { return }
        _ = try file.contents(limit: 1 << 20)
      }
    }
  }
}
