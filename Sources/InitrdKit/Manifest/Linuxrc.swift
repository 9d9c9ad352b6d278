extension Manifest {
  /// `init`: the first process, and its settings.
  public struct Linuxrc: Equatable, Sendable {
    /// The script or program that becomes `/init`.
    public enum Template: Equatable, Sendable {
      /// `templates/linuxrc`, which is part of the library.
      case linuxrc
      /// None: the manifest names `/init` itself.
      case none
      /// The file at this path: in the sysroot, or in the manifest's directory if it begins with `./` or `../`.
      case path(Item)
    }

    /// The action after a failure of the init.
    public enum Failure: String, CaseIterable, Sendable {
      /// A shell on the console.
      case shell
      /// Restart the machine.
      case reboot
      /// Power the machine off.
      case poweroff
      /// Halt the machine.
      case halt
      /// End the init, so that the kernel panics (and follows `panic=`).
      case panic
    }

    /// The script.
    public var template = Template.linuxrc
    /// The root to mount and to switch to; `nil`: ``program`` runs in the initramfs.
    public var root: Root?
    /// The program that the init starts, with its arguments.
    public var program = ["/sbin/init"]
    /// Where the manifest names it.
    public var programLocation: InitrdError.Location?
    /// Environment variables for ``program``, in this order.
    public var environment: [Variable] = []
    /// The action after a failure of the init.
    public var onFailure = Failure.panic
    /// Whether the init opens a shell on the console before ``program`` runs.
    public var shell = false

    /// The library's script, no root, `/sbin/init` in the initramfs.
    public init() {}

    /// One environment variable.
    public struct Variable: Equatable, Sendable {
      /// The name: letters, digits and `_`, no digit first.
      public var name: String
      /// The value, which is passed unchanged.
      public var value: String

      /// A variable.
      public init(name: String, value: String) {
        self.name = name
        self.value = value
      }
    }

    /// `init.root`: a block device with a file system.
    public struct Root: Equatable, Sendable {
      /// The device: `/dev/vda`, `UUID=…`, `LABEL=…`, `PARTUUID=…` or `PARTLABEL=…`.
      public var device: String
      /// The file system; `nil`: the kernel tries all that it knows.
      public var fstype: String?
      /// Mount options, separated by commas; read-only unless they say `rw`.
      public var flags = ""
      /// The longest wait for the device, in seconds, 0 to 86,400.
      public var timeout = 10
      /// Where the manifest names the device.
      public var location: InitrdError.Location?
      /// Where the manifest names the file system.
      public var fstypeLocation: InitrdError.Location?

      /// A root on `device`.
      public init(device: String) { self.device = device }
    }
  }
}
