// Usage: embed FOLDER [PROGRAM]
//
// Builds an image in Swift code, without a manifest in JSON, and writes into FOLDER:
//   base.img     the image that all machines share
//   machine.img  the same with one file more, for one machine
// PROGRAM, a static executable, becomes /init: with it the images boot.
import InitrdKit

#if canImport(Glibc)
  @preconcurrency import Glibc  // stderr is a variable there
#elseif canImport(Musl)
  @preconcurrency import Musl
#endif

@main
struct Embed {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    guard 1...2 ~= arguments.count, let folder = arguments.first else {
      fail("usage: embed FOLDER [PROGRAM]", status: EX_USAGE)
    }
    // InitrdKit throws one type of error. Its description has a line for each thing that is wrong,
    // in the form of compilers, and `error.code` is for programs to switch on.
    do throws(InitrdError) {
      try run(folder: folder, program: arguments.dropFirst().first)
    } catch {
      fail(error.description)
    }
  }

  /// What the image is to have. A `Manifest` is plain data: nothing is looked up here.
  static func manifest(program: String?) throws(InitrdError) -> Manifest {
    var manifest = Manifest()
    manifest.name = "embed"
    // The defaults are those of the JSON: the only kernel of the sysroot, its busybox, and the init
    // that the library carries. This image brings what it needs itself.
    manifest.kernel = nil
    manifest.busybox = nil
    manifest.linuxrc.template = .none
    // With no kernel there is no configuration that tells what it can decode: name what yours can.
    manifest.compression = .named(.zstd, level: nil)

    // A file's bytes come from memory, or from a path in `manifest.sysroot`, which is "/" here.
    // A path that begins with ./ or ../ is one in the current folder.
    manifest.files = [
      .init(.content(Array("ID=embed\n".utf8)), dest: try ImagePath("/etc/os-release")),
      .init(
        .content(Array("not for everyone\n".utf8)), dest: try ImagePath("/etc/secret"),
        ownership: .init(mode: 0o400)),
    ]
    if let program {
      let path = program.hasPrefix("/") ? program : "./\(program)"
      manifest.files.append(.init(.path(path), dest: try ImagePath("/init")))
    } else {
      // Without /init it starts nothing, which would be an error: it is a part that is appended to another image.
      manifest.isPartial = true
    }
    // Parents, such as /etc, come by themselves; these are to be mounted on.
    manifest.directories = [.init(try ImagePath("/proc")), .init(try ImagePath("/sys"))]
    manifest.symlinks = [
      .init(try ImagePath("/etc/mtab"), target: Array("/proc/self/mounts".utf8))
    ]
    // No privilege is needed: a node is only a record in the archive. /dev/console comes by itself.
    manifest.nodes = [.init(try ImagePath("/dev/null"), kind: .char, major: 1, minor: 3)]
    return manifest
  }

  static func run(folder: String, program: String?) throws(InitrdError) {
    // The plan has every entry of the image and why it is there; all that can't be had has thrown
    // one error. Nothing is written yet.
    let plan = try manifest(program: program).plan()
    for entry in plan.entries { print("\(entry.path): \(entry.reasons.text)") }
    for note in plan.notes { print(note) }

    // To memory, or to a socket, or to a hypervisor: the sink takes the image piece by piece.
    var memory: [UInt8] = []
    let inMemory = try ImageWriter.write(plan) { (bytes: Span<UInt8>) throws(InitrdError) in
      bytes.withUnsafeBufferPointer { memory.append(contentsOf: $0) }
    }
    // To a descriptor: a file, pipe or socket that is open already. The options tell how far the work is; in a
    // task, cancelling ends it.
    let descriptor = open("\(folder)/descriptor.img", O_CREAT | O_WRONLY | O_TRUNC, 0o644)
    defer { close(descriptor) }
    let options = WriteOptions { progress in
      if progress.entries == progress.totalEntries { print("the last entry: \(progress.path)") }
    }
    let passedOn = try ImageWriter.write(plan, toDescriptor: descriptor, options: options)
    // To a file, which appears under its name when it is whole.
    let base = "\(folder)/base.img"
    let onDisk = try ImageWriter.write(plan, toFile: base, mode: 0o644)

    // The same plan gives the same bytes, wherever and whenever it is written.
    guard inMemory == onDisk, passedOn == onDisk, UInt64(memory.count) == onDisk.bytes else {
      throw InitrdError(.init("embed-differs"), "the image in memory is another one than \(base)")
    }
    print("memory: \(inMemory.bytes) bytes, SHA-256 \(inMemory.sha256.map(hexadecimal).joined())")
    print("\(base): \(onDisk.bytes) bytes, SHA-256 \(onDisk.sha256.map(hexadecimal).joined())")

    // One machine's own file, as a segment at the end: what is there stays byte for byte, and
    // nothing is compressed again. Without `output` it would replace the image.
    let append = ImageAppend(base, output: "\(folder)/machine.img")
    let report = try append.append([
      .init(.content(Array("machine-7\n".utf8)), dest: try ImagePath("/etc/hostname"))
    ])
    print("\(append.output): \(report.bytes) bytes, the new segment at byte \(report.offset)")
  }

  static func fail(_ message: String, status: Int32 = EXIT_FAILURE) -> Never {
    fputs("\(message)\n", stderr)
    exit(status)
  }
}
