public import Foundation

/// The output of a program, and its exit status.
public struct CommandResult: Sendable {
  /// The exit status; 128 + the signal if a signal ended the program.
  public let status: Int32
  /// Standard output.
  public let output: [UInt8]
  /// Standard error.
  public let errors: String

  /// Standard output as text.
  public var text: String { String(decoding: output, as: UTF8.self) }
}

/// Runs a program to its end. Its output goes to files, because a pipe could fill up.
///
/// - Parameters:
///   - program: a path, or a name that is looked up in PATH.
///   - arguments: its arguments.
///   - folder: its working directory; `nil`: that of the tests.
///   - environment: variables that are added to those of the tests.
///   - input: its standard input.
/// - Returns: its output and status.
/// - Throws: an error if it can't be started.
public func run(
  _ program: String, _ arguments: [String] = [], in folder: URL? = nil,
  environment: [String: String] = [:], input: Data = Data()
) throws -> CommandResult {
  let scratch = try TemporaryFolder()
  let (inFile, outFile, errFile) = (scratch / "in", scratch / "out", scratch / "err")
  try input.write(to: inFile)
  for file in [outFile, errFile] { try Data().write(to: file) }
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [program] + arguments
  process.currentDirectoryURL = folder
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  process.standardInput = try FileHandle(forReadingFrom: inFile)
  process.standardOutput = try FileHandle(forWritingTo: outFile)
  process.standardError = try FileHandle(forWritingTo: errFile)
  try process.run()
  process.waitUntilExit()
  let signalled = process.terminationReason == .uncaughtSignal
  return CommandResult(
    status: process.terminationStatus + (signalled ? 128 : 0),
    output: Array(try Data(contentsOf: outFile)),
    errors: String(decoding: try Data(contentsOf: errFile), as: UTF8.self))
}

/// A directory that is removed with the last reference to it.
public final class TemporaryFolder: Sendable {
  /// The directory's location.
  public let url: URL

  /// Creates a new, empty directory.
  public init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "mkinitrd-test-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of `name` in the directory.
  public func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  /// The URL of `name` in the directory.
  public static func / (folder: TemporaryFolder, name: String) -> URL {
    folder.url.appendingPathComponent(name)
  }

  /// Writes a file and creates its parent directories; returns its path.
  @discardableResult
  public func write(_ name: String, _ bytes: some Sequence<UInt8>, mode: Int = 0o644) throws
    -> String
  {
    let file = self / name
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    return file.path
  }

  /// Writes a text file; returns its path.
  @discardableResult
  public func write(_ name: String, _ text: String, mode: Int = 0o644) throws -> String {
    try write(name, text.utf8, mode: mode)
  }
}
