import ArgumentParser
import InitrdKit

/// `build`: a manifest becomes an image.
struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Build an image from a manifest.",
    discussion: """
      The image appears under its name when it is whole; until then an old one stays.

      With --dry-run the plan is printed instead: every entry with its size and the reason it is there.

      Example: mkinitrd-swift build container-vm.json --sysroot / -o initrd.img
      """)

  @Argument(help: "The manifest, a JSON file.", completion: .file(extensions: ["json"]))
  var manifest: String

  @Option(name: [.short, .customLong("output")], help: "Where the image goes.")
  var output: String?

  @Option(help: "The folder that content comes from.", completion: .directory)
  var sysroot: String?

  @Option(help: "The release of the kernel to build for.")
  var kernelRelease: String?

  @OptionGroup var baseline: BaselineOption

  @Flag(name: [.customShort("n"), .long], help: "Print what would be written, and write nothing.")
  var dryRun = false

  @Option(help: "Also write a Makefile-style list of all inputs to this file.")
  var depfile: String?

  @Option(
    help:
      "How many threads compress; the image is the same for any number. (default: one for each processor)"
  )
  var threads: Int?

  @Flag(help: "Print the report as JSON.")
  var json = false

  @OptionGroup var quiet: QuietOption

  @Flag(
    name: .shortAndLong,
    help: "Also print every entry with its size and reason, on standard error.")
  var verbose = false

  func validate() throws {
    for (name, value) in [
      ("the manifest", manifest), ("--output", output), ("--sysroot", sysroot),
      ("--kernel-release", kernelRelease), ("--depfile", depfile),
    ] where value?.isEmpty == true { throw ValidationError("\(name) is empty") }
    if let threads, threads < 1 { throw ValidationError("--threads is at least 1") }
    if quiet.isQuiet, verbose { throw ValidationError("--quiet and --verbose are opposites") }
    if json, quiet.isQuiet { throw ValidationError("--json prints a report, and --quiet none") }
    if output == "-" {
      throw ValidationError(
        "an image is written to a file, which replaces the old one when it is whole")
    }
  }

  func run() throws {
    try reportingErrors { () throws(InitrdError) in
      var manifest = try Manifest(contentsOf: self.manifest)
      if let sysroot { manifest.sysroot = sysroot }
      if let output { manifest.output.path = output }
      if let kernelRelease { manifest.chooseKernel(release: kernelRelease) }
      if let baseline = try baseline.value() { manifest.baseline = baseline }
      if dryRun {
        let plan = try manifest.plan()
        StandardOutput.print(json ? plan.json.text(indented: true) : plan.text)
        return
      }
      let line = ProgressLine(quiet: quiet.isQuiet)
      let options = WriteOptions(threads: threads, progress: line.update)
      defer { line.clear() }
      let report = try manifest.build(depfile: depfile, options: options)
      line.clear()
      if quiet.isQuiet { return }
      if verbose { StandardError.print(report.plan.text + "\n") }
      StandardOutput.print(json ? report.json.text(indented: true) : report.text)
    }
  }
}

extension Manifest {
  /// Builds for this kernel, whatever the manifest says.
  fileprivate mutating func chooseKernel(release: String) {
    var kernel = self.kernel ?? Kernel()
    kernel.release = release
    // What is wrong with it is no fault of a line of the manifest.
    kernel.location = nil
    self.kernel = kernel
  }
}
