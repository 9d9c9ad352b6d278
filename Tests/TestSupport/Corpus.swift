internal import Foundation

/// The corpus of images that `Scripts/make-corpus` writes, and what a kernel did with each: the fixture
/// `Tests/Fixtures/corpus.json`, which `Scripts/boot-corpus` describes and makes.
public struct Corpus: Decodable, Sendable {
  /// An entry of an unpacked tree.
  public struct Entry: Decodable, Hashable, Sendable {
    /// The path without a slash in front; bytes outside of ! to ~, and the backslash, are `\xHH`.
    public let path: String
    /// One of f d l c b p s.
    public let type: String
    /// Permission bits, four octal digits.
    public let mode: String
    /// The owner.
    public let uid: UInt32
    /// The group.
    public let gid: UInt32
    /// Of files, in bytes; `nil` for the content of /init too.
    public let size: Int?
    /// Of all but folders: how many names it has.
    public let nlink: Int?
    /// Of devices: `major:minor`.
    public let rdev: String?
    /// In seconds; `nil`: not the image's, but that of the boot.
    public let mtime: Int?
    /// Of symlinks, with bytes as in the path.
    public let target: String?
    /// Of files: FNV-1a, 64 bits, as 16 digits; `nil` for the content of /init.
    public let hash: String?
  }

  /// What a kernel did with an image.
  public struct Outcome: Decodable, Equatable, Sendable {
    /// What the kernel said of the image; `nil`: it took all of it, or crashed.
    public let message: String?
    /// Whether /init ran, and told the tree.
    public let boots: Bool
    /// What the kernel ended with when /init did not run.
    public let panic: String?
    /// The tree, without what is there in every boot, sorted by path.
    public let entries: [Entry]
  }

  /// An image, and what the kernels did with it.
  public struct Case: Decodable, Equatable, Sendable {
    /// The image's name, without `.img`.
    public let name: String
    /// What it shows.
    public let description: String
    /// Whether the image is the case's alone; else it starts with an archive of /init, dev and dev/console.
    public let whole: Bool
    /// What user-mode-linux 6.1 did.
    public let outcome: Outcome
    /// What the newer kernel did.
    public let newer: Outcome

    private enum CodingKeys: CodingKey { case name, description, whole, newer }

    /// A case of the fixture, in which the newer kernel's outcome stands where it is another.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decode(String.self, forKey: .name)
      description = try values.decode(String.self, forKey: .description)
      whole = try values.decode(Bool.self, forKey: .whole)
      outcome = try Outcome(from: decoder)
      newer = try values.decodeIfPresent(Outcome.self, forKey: .newer) ?? outcome
    }
  }

  /// The kernel that was asked.
  public let kernel: String
  /// The newer kernel that was asked too.
  public let newerKernel: String
  /// All cases, sorted by name.
  public let cases: [Case]

  /// The kept fixture.
  public static func fixture() throws -> Corpus {
    try JSONDecoder().decode(
      Corpus.self, from: Data(contentsOf: Checkout.file("Tests/Fixtures/corpus.json")))
  }

  /// What the kernel of this machine does with some of the images.
  public static func boot(_ names: [String]) throws -> Corpus {
    let result = try run(Checkout.file("Scripts/boot-corpus").path, names)
    guard result.status == 0 else { throw Failure(command: "boot-corpus", errors: result.errors) }
    return try JSONDecoder().decode(Corpus.self, from: Data(result.output))
  }

  /// Writes the images, whose /init does not boot, as `NAME.img`.
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
    /// Its name.
    public let command: String
    /// What it said.
    public let errors: String
  }
}
