public import ArgumentParser
public import InitrdKit
import Synchronization
import SystemPackage

/// The inputs of commands: files, standard input and pipes.
enum Input {
  private static let standardInputNames = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"]
  /// Kept, because standard input can be read only once, and a command can name it twice.
  private static let standardInput = Mutex<ImageFile?>(nil)

  /// Whether an argument names standard input.
  static func isStandardInput(_ argument: String) -> Bool {
    standardInputNames.contains(argument)
  }

  /// Whether an argument names standard input or a pipe.
  static func isPipe(_ argument: String) throws(InitrdError) -> Bool {
    if isStandardInput(argument) { return true }
    return try OpenFile.status(of: argument)?.isPipe == true
  }

  /// The image that an argument names: a file, a pipe, or standard input.
  static func image(_ argument: String) throws(InitrdError) -> ImageFile {
    guard isStandardInput(argument) else {
      guard try isPipe(argument) else { return ImageFile(argument) }
      return try ImageFile(OpenFile(reading: argument, waiting: true))
    }
    return try standardInput.withLock { (known) throws(InitrdError) in
      if let known { return known }
      let image = try ImageFile(OpenFile.standardInput())
      known = image
      return image
    }
  }

  /// The content of standard input or of a pipe; `nil` for everything else.
  static func pipeContents(_ argument: String, limit: Int) throws(InitrdError) -> [UInt8]? {
    guard try isPipe(argument) else { return nil }
    let file =
      isStandardInput(argument)
      ? try OpenFile.standardInput() : try OpenFile(reading: argument, waiting: true)
    return try file.contents(limit: limit)
  }

  /// The manifest that an argument names.
  static func manifest(_ argument: String) throws(InitrdError) -> Manifest {
    guard let bytes = try pipeContents(argument, limit: 16 << 20) else {
      return try Manifest(contentsOf: FilePath(argument))
    }
    // Without a file, the manifest's relative paths count from the current directory.
    return try Manifest(
      json: bytes, file: isStandardInput(argument) ? "standard input" : "manifest")
  }
}

/// Reads an option's value; its errors become usage errors.
func parsed<Value>(_ read: () throws(InitrdError) -> Value) throws -> Value {
  do { return try read() } catch {
    throw ValidationError(error.message + (error.remedy.map { "; \($0)" } ?? ""))
  }
}

extension Compression: ExpressibleByArgument {}
