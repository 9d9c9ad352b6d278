// Usage: embed DIRECTORY [PROGRAM]
//
// Builds an image in Swift code, without a manifest in JSON, and writes into DIRECTORY:
//   base.img     the image that all machines share
//   machine.img  the same image with one more file, for one machine
// PROGRAM, a static executable, becomes /init: with it the images boot.
import InitrdKit
import SystemPackage

#if canImport(Glibc)
  @preconcurrency import Glibc  // stderr is a variable there
#elseif canImport(Musl)
  @preconcurrency import Musl
#endif

@main
struct Embed {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    guard 1...2 ~= arguments.count, let directory = arguments.first else {
      fail("usage: embed DIRECTORY [PROGRAM]", status: EX_USAGE)
    }
    // InitrdKit throws one type of error. Its description has one line for each problem, in the
    // format of compilers. Programs switch on `error.code`.
    do throws(InitrdError) {
      try run(directory: FilePath(directory), program: arguments.dropFirst().first)
    } catch {
      fail(error.description)
    }
  }

  /// The content of the image. A `Manifest` is plain data: nothing is looked up here.
  static func manifest(program: String?) throws(InitrdError) -> Manifest {
    var manifest = Manifest()
    manifest.name = "embed"
    // The defaults are the same as in JSON: the only kernel of the sysroot, its busybox, and the
    // init of the library. This image needs none of them.
    manifest.kernel = nil
    manifest.busybox = nil
    manifest.linuxrc.template = .none
    // Without a kernel, nothing tells which compressions it can decode: name one of yours.
    manifest.compression = .named(.zstd, level: nil)

    // The bytes of a file come from memory, or from a path in `manifest.sysroot`, which is "/" here.
    // A path that begins with ./ or ../ is relative to the current directory.
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
      // An image without /init starts nothing, which is an error. This one is a part of an image.
      manifest.isPartial = true
    }
    // Parent directories, such as /etc, are added automatically. These two are mount points.
    manifest.directories = [.init(try ImagePath("/proc")), .init(try ImagePath("/sys"))]
    manifest.symlinks = [
      .init(try ImagePath("/etc/mtab"), target: Array("/proc/self/mounts".utf8))
    ]
    // A node needs no privilege: it is only a record in the archive. /dev/console is automatic.
    manifest.nodes = [.init(try ImagePath("/dev/null"), kind: .char, major: 1, minor: 3)]
    return manifest
  }

  static func run(directory: FilePath, program: String?) throws(InitrdError) {
    // The plan lists every entry of the image with its reasons. If something is missing or wrong,
    // plan() throws one error that lists everything. Nothing is written yet.
    let plan = try manifest(program: program).plan()
    for entry in plan.entries { print("\(entry.path): \(entry.reasons.text)") }
    for note in plan.notes { print(note) }

    // To memory, a socket or a hypervisor: the closure gets the image in pieces. In async code, the
    // other forms of `write` are awaited: they block no thread of Swift's pool, and cancelling the
    // task ends the work.
    var memory: [UInt8] = []
    let inMemory = try plan.write { (bytes: Span<UInt8>) throws(InitrdError) in
      bytes.withUnsafeBufferPointer { memory.append(contentsOf: $0) }
    }
    // To a descriptor: an open file, pipe or socket. The options report the progress.
    let descriptor = FileDescriptor(
      rawValue: open(
        directory.appending("descriptor.img").string, O_CREAT | O_WRONLY | O_TRUNC, 0o644))
    defer { close(descriptor.rawValue) }
    let options = WriteOptions { progress in
      if progress.entries == progress.totalEntries { print("the last entry: \(progress.path)") }
    }
    let passedOn = try plan.write(to: descriptor, options: options)
    // To a file, which is replaced when the image is complete.
    let base = directory.appending("base.img")
    let onDisk = try plan.write(to: base, mode: 0o644)

    // The same plan gives the same bytes, at any place and time.
    guard inMemory == onDisk, passedOn == onDisk, UInt64(memory.count) == onDisk.bytes else {
      throw InitrdError(.init("embed-differs"), "the image in memory differs from \(base)")
    }
    print("memory: \(inMemory.bytes) bytes, SHA-256 \(inMemory.sha256)")
    print("\(base): \(onDisk.bytes) bytes, SHA-256 \(onDisk.sha256)")

    // A file for one machine, as a segment at the end. The bytes of the image stay as they are, and
    // nothing is compressed again. Without `to:` the image itself is replaced.
    let machine = directory.appending("machine.img")
    let report = try Image(base).append(
      [.init(.content(Array("machine-7\n".utf8)), dest: try ImagePath("/etc/hostname"))],
      to: machine)
    print("\(machine): \(report.bytes) bytes, the new segment at byte \(report.offset)")

    // The kernel's view of the result.
    let hostname = try Image(machine).contents(of: "etc/hostname")
    print("hostname: \(String(decoding: hostname, as: UTF8.self))")
    let check = try Image(machine).check()
    for finding in check.findings { print("\(finding.code): \(finding.message)") }
  }

  static func fail(_ message: String, status: Int32 = EXIT_FAILURE) -> Never {
    fputs("\(message)\n", stderr)
    exit(status)
  }
}
