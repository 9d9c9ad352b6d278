import Foundation
import InitrdKit
import SystemPackage
import TestSupport
import Testing

/// The public interface of the library, as programs use it.
@Suite struct ImageLibraryTests {
  private let folder: TemporaryFolder
  private let image: Image

  init() throws {
    folder = try TemporaryFolder()
    image = Image(FilePath(try Self.archive(in: folder, "initrd.img", text: "hello\n")))
  }

  private static func archive(
    in folder: TemporaryFolder, _ name: String, text: String
  ) throws -> String {
    var archive = RawArchive()
    archive.add("etc", .directory, mode: 0o755)
    archive.add("etc/motd", text)
    archive.add("etc/link", .symlink, "motd")
    archive.add("init", "#!/etc/motd\n", mode: 0o755)
    archive.end()
    return try folder.write(name, archive.bytes)
  }

  @Test func entriesAreASequence() throws {
    let names = try image.entries.map { String(decoding: $0.path, as: UTF8.self) }
    #expect(names == ["etc", "etc/motd", "etc/link", "init"])
    #expect(try image.entries.first { $0.size == 6 }?.mode == 0o644)
  }

  @Test func contentsFollowLinks() throws {
    #expect(try image.contents(of: "/etc/link") == Array("hello\n".utf8))
    let error = #expect(throws: InitrdError.self) { try image.contents(of: "/etc/none") }
    #expect(error?.code == .missing)
    var small = image
    small.limits.memory = 4
    #expect(throws: InitrdError.self) { try small.contents(of: "/etc/motd") }
  }

  @Test func checkReportsFindings() throws {
    let report = try image.check()
    #expect(!report.isGood)
    #expect(report.findings.contains { $0.code == .interpreterMissing })
    var options = CheckOptions()
    options.isPartial = true
    options.version = KernelVersion("6.1")
    #expect(try image.check(options).findings.allSatisfy { $0.code != .libraryMissing })
  }

  @Test func extractWritesTheFiles() throws {
    var options = ExtractOptions()
    options.patterns = ["etc/motd"]
    let report = try image.extract(to: FilePath(folder.path("out")), options)
    #expect(report.entries == 2)
    #expect(try String(contentsOf: folder / "out/etc/motd", encoding: .utf8) == "hello\n")
  }

  @Test func diffComparesTwoImages() throws {
    let other = Image(FilePath(try Self.archive(in: folder, "new.img", text: "bye\n")))
    #expect(try image.diff(from: image).isEmpty)
    #expect(try !other.diff(from: image).isEmpty)
  }

  @Test func truncatedImageIsAnError() throws {
    let whole = try Data(contentsOf: folder / "initrd.img")
    let cut = Image(FilePath(try folder.write("cut.img", whole.prefix(200))))
    #expect(throws: InitrdError.self) { try cut.entries }
    #expect(try cut.listing().entries.count == 1)
  }

  @Test func imagesInMemoryAreReadAndAppendedTo() throws {
    let bytes = Array(try Data(contentsOf: folder / "initrd.img"))
    let memory = try Image(bytes: bytes)
    #expect(try memory.entries.count == 4)
    let file = Manifest.File(.content(Array("x".utf8)), dest: try ImagePath("/etc/vm"))
    let longer = try memory.appending([file])
    #expect(longer.starts(with: bytes) && longer.count > bytes.count)
    #expect(try Image(bytes: longer).contents(of: "/etc/vm") == Array("x".utf8))
    try memory.append([file], to: FilePath(folder.path("new.img")))
    #expect(Array(try Data(contentsOf: folder / "new.img")) == longer)
  }

  @Test func partialManifestsAreAppended() throws {
    var manifest = Manifest()
    manifest.directories = [Manifest.Directory(try ImagePath("/srv"))]
    manifest.symlinks = [
      Manifest.Symlink(try ImagePath("/srv/motd"), target: Array("/etc/motd".utf8))
    ]
    let error = #expect(throws: InitrdError.self) { try image.append(manifest) }
    #expect(error?.code == .manifest)
    manifest.isPartial = true
    let output = FilePath(folder.path("new.img"))
    let report = try image.append(manifest, to: output)
    #expect(report.entries == 2 && report.segments.count == 1 && report.notes.isEmpty)
    #expect(try Image(output).contents(of: "/srv/motd") == Array("hello\n".utf8))
    let again = try Image(output).append(manifest, compression: .zstd)
    #expect(again.offset == report.bytes && again.segments[0].entries == 2)
  }

  @Test func asyncAppendTakesAPartialManifest() async throws {
    var manifest = Manifest()
    manifest.directories = [Manifest.Directory(try ImagePath("/srv"))]
    manifest.isPartial = true
    #expect(try await image.append(manifest, compression: .zstd).entries == 1)
    #expect(try await image.listing().entries.count == 5)
  }

  @Test func asyncFormsGiveTheSameResults() async throws {
    let image = image
    #expect(try await image.check().isGood == false)
    #expect(try await image.contents(of: "/etc/motd") == Array("hello\n".utf8))
    #expect(try await image.listing().entries.count == 4)
    #expect(try await image.diff(from: image).isEmpty)
    #expect(try await image.extract(to: FilePath(folder.path("async"))).entries == 4)
  }

  @Test func asyncAppendReplacesTheImage() async throws {
    let image = image
    let before = try image.entries.count
    let file = Manifest.File(.content(Array("x".utf8)), dest: try ImagePath("/etc/vm"))
    let report = try await image.append([file], compression: .gzip, level: 1)
    #expect(report.entries == 1)
    #expect(try image.entries.count == before + 1)
    #expect(try await image.listing().segments.map(\.compression) == [.uncompressed, .gzip])
    let memory = try Image(bytes: [UInt8](try Data(contentsOf: folder / "initrd.img")))
    let error = await #expect(throws: InitrdError.self) { try await memory.append([file]) }
    #expect(error?.code == .missing)
  }

  @Test func cancelledTaskReadsNothing() async throws {
    let image = image
    let out = FilePath(folder.path("out"))
    let codes = await Task {
      withUnsafeCurrentTask { $0?.cancel() }
      var codes: [InitrdError.Code?] = []
      do throws(InitrdError) { _ = try await image.listing() } catch { codes.append(error.code) }
      do throws(InitrdError) { _ = try await image.check() } catch { codes.append(error.code) }
      do throws(InitrdError) { try await image.extract(to: out) } catch { codes.append(error.code) }
      return codes
    }.value
    #expect(codes == [.cancelled, .cancelled, .cancelled])
    #expect(!FileManager.default.fileExists(atPath: out.string))
  }
}
