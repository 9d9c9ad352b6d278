internal import Foundation

/// The corpus of images that `Scripts/make-corpus` writes, and how a kernel unpacked each.
/// `Scripts/boot-corpus` writes and describes the fixture `Tests/Fixtures/corpus.json`.
public struct Corpus: Decodable, Sendable {
  /// An entry of an unpacked tree.
  public struct Entry: Decodable, Hashable, Sendable {
    /// The path without a leading slash; bytes outside of ! to ~, and the backslash, are `\xHH`.
    public let path: String
    /// One of f d l c b p s.
    public let type: String
    /// Permission bits, four octal digits.
    public let mode: String
    /// The owner.
    public let uid: UInt32
    /// The group.
    public let gid: UInt32
    /// Files: the size in bytes; `nil` for /init.
    public let size: Int?
    /// Everything except directories: the number of names.
    public let nlink: Int?
    /// Devices: `major:minor`.
    public let rdev: String?
    /// The time in seconds; `nil`: the time of the boot, not one of the image.
    public let mtime: Int?
    /// Symbolic links: the target, escaped like the path.
    public let target: String?
    /// Files: FNV-1a, 64 bits, as 16 digits; `nil` for /init.
    public let hash: String?
  }

  /// The result of a boot with an image.
  public struct Outcome: Decodable, Equatable, Sendable {
    /// The kernel's error message about the image; `nil`: the kernel accepted it or crashed.
    public let message: String?
    /// Whether /init ran and printed the tree.
    public let boots: Bool
    /// The kernel's last message if /init did not run.
    public let panic: String?
    /// The tree, sorted by path, without the entries of every boot.
    public let entries: [Entry]
  }

  /// An image, and the results of the kernels.
  public struct Case: Decodable, Equatable, Sendable {
    /// The image's name, without `.img`.
    public let name: String
    /// The subject of the case.
    public let description: String
    /// Whether the case is the whole image. Otherwise the image starts with an archive of /init, dev and
    /// dev/console.
    public let whole: Bool
    /// The result of user-mode-linux 6.1.
    public let outcome: Outcome
    /// The result of the newer kernel.
    public let newer: Outcome

    private enum CodingKeys: CodingKey { case name, description, whole, newer }

    /// Decodes a case of the fixture, which has the newer kernel's result only if it differs.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decode(String.self, forKey: .name)
      description = try values.decode(String.self, forKey: .description)
      whole = try values.decode(Bool.self, forKey: .whole)
      outcome = try Outcome(from: decoder)
      newer = try values.decodeIfPresent(Outcome.self, forKey: .newer) ?? outcome
    }
  }

  /// The version of the first kernel.
  public let kernel: String
  /// The version of the newer kernel.
  public let newerKernel: String
  /// All cases, sorted by name.
  public let cases: [Case]

  /// Reads the fixture.
  public static func fixture() throws -> Corpus {
    try JSONDecoder().decode(
      Corpus.self, from: Data(contentsOf: Checkout.file("Tests/Fixtures/corpus.json")))
  }

  /// Boots some of the images with the kernels of this machine.
  public static func boot(_ names: [String]) throws -> Corpus {
    let result = try run(Checkout.file("Scripts/boot-corpus").path, names)
    guard result.status == 0 else { throw Failure(command: "boot-corpus", errors: result.errors) }
    return try JSONDecoder().decode(Corpus.self, from: Data(result.output))
  }

  /// Writes the images as `NAME.img`. Their /init does not boot.
  ///
  /// - Returns: the names.
  public static func make(in folder: TemporaryFolder) throws -> [String] {
    let result = try run(Checkout.file("Scripts/make-corpus").path, [folder.url.path])
    guard result.status == 0 else { throw Failure(command: "make-corpus", errors: result.errors) }
    return try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
      .filter { $0.hasSuffix(".img") }.map { String($0.dropLast(4)) }.sorted()
  }

  /// A script that failed.
  public struct Failure: Error {
    /// The script's name.
    public let command: String
    /// The script's standard error.
    public let errors: String
  }
}
