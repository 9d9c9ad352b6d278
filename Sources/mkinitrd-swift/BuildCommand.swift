import ArgumentParser
import InitrdKit
import SystemPackage

/// `build`: builds an image from a manifest.
struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Build an image from a manifest.",
    discussion: """
      The image is written to a temporary file and renamed, so the old image stays until the new one is complete.

      With --dry-run the plan is printed instead: all entries with their sizes and reasons.

      Example: mkinitrd-swift build container-vm.json --sysroot / -o initrd.img
      """)

  @Argument(
    help: "The manifest, a JSON file; - is standard input.",
    completion: .file(extensions: ["json", "jsonc"]))
  var manifest: String

  @Option(
    name: [.short, .customLong("output")],
    help: "Write the image to this file; - is standard output.", completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Read files from this directory, archive or container image; given several times, later ones win.",
      valueName: "layer"),
    completion: .file())
  var sysroot: [String] = []

  @Option(help: "Build for the kernel with this release.")
  var kernelRelease: String?

  @OptionGroup var baseline: BaselineOption

  @Flag(name: [.customShort("n"), .long], help: "Print the plan, and write nothing.")
  var dryRun = false

  @Option(
    help: "Also write a list of all inputs to this file, as a Makefile.",
    completion: .file())
  var depfile: String?

  @Option(
    help:
      "Compress with this number of threads. It does not change the image. (default: one for each processor)"
  )
  var threads: Int?

  @OptionGroup var json: JSONOption

  @OptionGroup var quiet: QuietOption

  @Flag(
    name: .shortAndLong,
    help: "Also print every entry with its size and reasons, on standard error.")
  var verbose = false

  func validate() throws {
    for (name, value) in [
      ("the manifest", manifest), ("--output", output),
      ("--kernel-release", kernelRelease), ("--depfile", depfile),
    ] where value?.isEmpty == true { throw ValidationError("\(name) is empty") }
    if sysroot.contains("") { throw ValidationError("--sysroot is empty") }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
    if quiet.isQuiet, verbose {
      throw ValidationError("--quiet can't be combined with --verbose")
    }
    if quiet.isQuiet, dryRun { throw ValidationError("--quiet can't be combined with --dry-run") }
    if depfile == "-" { throw ValidationError("--depfile needs the name of a file") }
    try quiet.validate(json)
    guard isStreaming else { return }
    try StandardOutput.requireNoTerminal()
    if depfile != nil { throw ValidationError("--depfile can't be combined with -o -") }
    if verbose, json.isWanted {
      throw ValidationError("--verbose can't be combined with --json and -o -")
    }
  }

  /// Whether the image goes to standard output.
  private var isStreaming: Bool { output == "-" && !dryRun }

  func run() throws {
    var answer = Answer(json: json.isWanted, isBesideImage: isStreaming)
    try answer.run { () throws(InitrdError) in
      var manifest = try Input.manifest(self.manifest)
      if !sysroot.isEmpty { manifest.layers = sysroot }
      if let output { manifest.output.path = output }
      if let kernelRelease { manifest.chooseKernel(release: kernelRelease) }
      if let baseline = baseline.value { manifest.baseline = baseline }
      if dryRun {
        let plan = try manifest.plan()
        return answer.print(plan.text, plan.json)
      }
      let line = ProgressLine(quiet: quiet.isQuiet)
      let options = WriteOptions(threads: threads, progress: line.update)
      defer { line.clear() }
      let report =
        isStreaming
        ? try manifest.build(to: .standardOutput, options: options)
        : try manifest.build(depfile: depfile.map { FilePath($0) }, options: options)
      line.clear()
      if quiet.isQuiet { return }
      if verbose { StandardError.print(report.plan.text + "\n") }
      answer.done = report.path.map { "the image \($0) is written, but its report is not" }
      answer.print(report.text, report.json)
    }
  }
}

extension Manifest {
  /// Sets the kernel's release, in place of the manifest's.
  fileprivate mutating func chooseKernel(release: String) {
    var kernel = self.kernel ?? Kernel()
    kernel.release = release
    // An error in the option's value must not point to a line of the manifest.
    kernel.location = nil
    self.kernel = kernel
  }
}
