import Foundation
import TestSupport
import Testing

/// Tests of the command `init`.
@Suite struct InitCommandTests {
  private let trial: BuildTrial

  init() throws { trial = try BuildTrial() }

  private func start(_ arguments: [String]) throws -> CommandResult {
    try Mkinitrd.run(["init"] + arguments, in: trial.sysroot.folder.url)
  }

  @Test func writtenManifestBuildsUnchanged() throws {
    let started = try start(["--sysroot", "root", "-o", "start.json"])
    #expect(started.status == 0 && started.output.isEmpty, "\(started.errors)")
    #expect(started.errors.isEmpty)
    let result = try Mkinitrd.run(["build", "start.json"], in: trial.sysroot.folder.url)
    #expect(result.status == 0, "\(result.errors)")
    #expect(
      result.text.contains("loaded in this order: virtio virtio_ring virtio_blk "),
      "\(result.text)")
    #expect(!result.text.contains("note: "), "\(result.text)")
    #expect(try trial.image("initrd-\(SampleSysroot.release).img").count > 0)
    // Standard output gets the same text, and a second run gives the same text.
    let printed = try start(["--sysroot", "root"])
    #expect(printed.output == Array(try Data(contentsOf: trial.sysroot.folder / "start.json")))
  }

  @Test func notesSayWhatTheManifestCannotDo() throws {
    let mapped = try start([
      "--sysroot", "root", "--root", "/dev/mapper/vg-root", "-o", "mapped.json",
    ])
    #expect(mapped.status == 0)
    #expect(
      mapped.errors.contains(
        "note: the root /dev/mapper/vg-root can't be mounted, so build refuses it: our init can't set up LVM"
      ),
      "\(mapped.errors)")
    let refused = try Mkinitrd.run(["build", "mapped.json"], in: trial.sysroot.folder.url)
    #expect(refused.status == 1 && refused.errors.contains("/dev/mapper/vg-root can't be mounted"))
    try FileManager.default.removeItem(atPath: trial.sysroot.folder.path("root/bin/busybox"))
    let bare = try start(["--sysroot", "root"])
    #expect(bare.status == 0)
    #expect(
      bare.errors.contains("note: no statically linked busybox was found, and build needs one"),
      "\(bare.errors)")
    let printed = Data(try start(["--sysroot", "root", "--json"]).output)
    let document = try JSONSerialization.jsonObject(with: printed) as? [String: Any]
    let note = try #require((document?["diagnostics"] as? [[String: Any]])?.first)
    #expect(note["code"] as? String == "missing")
    let remedy = try #require(note["remedy"] as? String)
    #expect(remedy.hasPrefix("install the package ("))
  }

  @Test func sysrootPathIsRelativeToTheManifest() throws {
    let folder = trial.sysroot.folder
    try FileManager.default.createDirectory(
      at: folder / "other/deep", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: "other/deep")
    for (output, sysroot) in [
      ("out/m.json", "../root"), ("./other/deep/m.json", "../../root"),
      ("link/n.json", nil), (folder.path("m.json"), nil),
    ] {
      let started = try start(["--sysroot", "root", "-o", output])
      #expect(started.status == 0, "\(started.errors)")
      let file = output.hasPrefix("/") ? output : folder.path(output)
      let text = try String(contentsOfFile: file, encoding: .utf8)
      if let sysroot { #expect(text.contains("\"sysroot\": \"\(sysroot)\""), "\(text)") }
      let result = try Mkinitrd.run(["build", "--dry-run", output], in: folder.url)
      #expect(result.status == 0, "\(output): \(result.errors)")
    }
  }

  @Test func existingFileIsKeptWithoutForce() throws {
    try trial.sysroot.folder.write("start.json", "precious")
    let kept = try start(["--sysroot", "root", "-o", "start.json"])
    #expect(kept.status == 1)
    #expect(
      kept.errors.hasSuffix(
        "start.json: error: the file already exists; choose another with -o, or replace it with --force\n"
      ), "\(kept.errors)")
    let file = trial.sysroot.folder / "start.json"
    #expect(try String(contentsOf: file, encoding: .utf8) == "precious")
    #expect(try start(["--sysroot", "root", "-o", "start.json", "--force"]).status == 0)
    #expect(try String(contentsOf: file, encoding: .utf8).hasPrefix("{\n"))
  }

  /// Arguments, and the complete error.
  struct Refusal: Sendable {
    var arguments: [String]
    var error: String
    var status: Int32 = 1
  }

  @Test(arguments: [
    Refusal(
      arguments: ["--sysroot", "none"],
      error:
        "none: error: the sysroot does not exist; set another directory or archive with --sysroot or the manifest's \"sysroot\""
    ),
    Refusal(
      arguments: ["--sysroot", "out"],
      error:
        "error: no kernel modules in out/lib/modules; unpack a kernel package there, choose another directory with --sysroot, or choose a kernel without modules with --kernel-release"
    ),
    Refusal(
      arguments: ["--sysroot", "root", "--kernel-release", "6.1.0-simple"],
      error:
        "error: the sysroot has no files of the kernel 6.1.0-simple; did you mean \"6.1.0-sample\"?"
    ),
    Refusal(
      arguments: ["--sysroot", "out", "--kernel-release", "6.1.0"],
      error:
        "error: no files of the kernel 6.1.0 in out: neither lib/modules/6.1.0 nor a configuration; unpack the kernel's package there, or choose another --kernel-release"
    ),
    Refusal(
      arguments: ["--sysroot", "root", "--kernel-release", "../x"],
      error: "error: \"../x\" is not a valid kernel release"),
    Refusal(
      arguments: ["--sysroot", "root", "-o", "none/m.json"],
      error:
        "none/m.json: error: the directory to write to does not exist: none/; create it, or name another file with -o"
    ),
    Refusal(
      arguments: ["--sysroot", "root", "-o", "out", "--force"],
      error: "out: error: the target exists and is not a regular file; name a file with -o"),
  ])
  func errorsHaveRemedies(_ refusal: Refusal) throws {
    let result = try start(refusal.arguments)
    #expect(result.status == refusal.status && result.output.isEmpty)
    let lines = result.errors.split(separator: "\n").filter { !$0.hasPrefix("note: ") }
    #expect(lines.map(String.init) == [refusal.error])
    #expect(try trial.outFolder.isEmpty)
  }

  @Test(arguments: [
    ["--force"], ["--sysroot", ""], ["-o", ""], ["--kernel-release", ""], ["--schema"],
    ["--root", "vda"], ["--fstype", "a b"],
  ])
  func wrongCommandLinesAreUsageErrors(arguments: [String]) throws {
    #expect(try start(arguments).status == 64)
  }

  @Test func manifestOrErrorForThisMachine() throws {
    // The result depends on the test's machine: a readable manifest, or an error that says what is missing.
    let result = try start(["-o", "start.json"])
    if result.status == 0 {
      let built = try Mkinitrd.run(
        ["build", "--dry-run", "start.json"], in: trial.sysroot.folder.url)
      // Not every machine has a busybox; init reports that.
      let hasBusybox = !result.errors.contains("note: no statically linked busybox was found")
      #expect(!hasBusybox || !built.errors.contains("start.json:"), "\(built.errors)")
    } else {
      #expect(result.errors.contains("error: no kernel modules in /lib/modules; "))
    }
  }

  @Test func newestKernelIsChosen() throws {
    let folder = trial.sysroot.folder
    for release in ["6.10.0", "6.9.0"] {
      try folder.write("many/lib/modules/\(release)/modules.dep", "")
    }
    let result = try start(["--sysroot", "many"])
    #expect(result.text.contains("\"release\": \"6.10.0\""), "\(result.text)")
    #expect(result.errors.contains("note: the sysroot has other kernels: 6.9.0; choose one with "))
    let other = try start(["--sysroot", "many", "--kernel-release", "6.9.0"])
    #expect(other.text.contains("\"release\": \"6.9.0\""))
  }
}

/// Builds and boots the starting manifests for Debian's kernels.
@Suite(.enabled(if: Checkout.isPrepared, "needs the kernels of make test"), .serialized)
struct InitBootTests {
  @Test(arguments: Checkout.flavours)
  func manifestForDebianKernelBoots(flavour: String) throws {
    let folder = try TemporaryFolder()
    let kernels = Checkout.kernels.appendingPathComponent(flavour).path
    let started = try Mkinitrd.run(["init", "--sysroot", kernels, "-o", folder.path("m.json")])
    #expect(started.status == 0 && started.errors.isEmpty, "\(started.errors)")
    let image = folder.path("initrd.img")
    let built = try Mkinitrd.run(["build", folder.path("m.json"), "-o", image])
    #expect(built.status == 0, "\(built.errors)")
    #expect(!built.text.contains("note: "), "\(built.text)")
    let booted = try Boot.boot(flavour, image)
    #expect(booted.status == 0, "\(booted.text.suffix(3000))")
    #expect(booted.text.contains("the root's init runs as PID 1 on ext4 root /dev/vda"))
  }
}
