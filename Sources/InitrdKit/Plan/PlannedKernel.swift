/// The kernel of an image, and the manifest with the kernel's names filled in: the first step of planning.
struct PlannedKernel: Sendable {
  /// The manifest, in which `${release}` and `${arch}` are replaced.
  let manifest: Manifest
  /// The kernel; `nil`: unknown.
  let kernel: KernelTree?
  /// The machine of the manifest, else that of the kernel's modules; `nil`: unknown.
  let architecture: Architecture?

  /// Finds the kernel that `manifest` names in the sysroot.
  ///
  /// - Throws: `missing` or `ambiguous` if there is not exactly one kernel; errors of filling in.
  init(_ manifest: Manifest, in sources: borrowing SourceFiles) throws(InitrdError) {
    guard let wanted = manifest.kernel else {
      architecture = manifest.arch
      self.manifest = try manifest.filled(
        Variables(release: nil, arch: manifest.arch?.rawValue))
      kernel = nil
      return
    }
    var named = wanted.release
    if let text = named {
      named = try Variables(release: nil, arch: manifest.arch?.rawValue).fill(
        text, at: wanted.location)
    }
    let release = try KernelTree.release(named, in: sources.sysroot, at: wanted.location)
    architecture =
      if let arch = manifest.arch { arch } else {
        try KernelTree.architecture(of: release, in: sources.sysroot)
      }
    let filled = try manifest.filled(
      Variables(release: release, arch: architecture?.rawValue))
    kernel = try KernelTree(
      release: release, manifest: filled.kernel ?? wanted, in: sources.sysroot)
    self.manifest = filled
  }
}
