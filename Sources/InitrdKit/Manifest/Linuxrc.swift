extension Manifest {
  /// `init`: what runs first, and what it does.
  public struct Linuxrc: Equatable, Sendable {
    /// Which script becomes `/init`.
    public enum Template: Equatable, Sendable {
      /// `templates/linuxrc`, which the library carries.
      case linuxrc
      /// None: the manifest brings `/init` itself.
      case none
      /// This one: in the sysroot, or from the manifest's folder where it begins with `./` or `../`.
      case path(Item)
    }

    /// What is done when the init can't go on.
    public enum Failure: String, CaseIterable, Sendable {
      /// A shell on the console.
      case shell
      /// The machine is restarted.
      case reboot
      /// The machine is switched off.
      case poweroff
      /// The machine is halted.
      case halt
      /// The init ends, upon which the kernel panics (and heeds `panic=`).
      case panic
    }

    /// The script.
    public var template = Template.linuxrc
    /// The root to mount and to switch to; `nil`: ``program`` runs in the initramfs itself.
    public var root: Root?
    /// What runs at last, with its arguments.
    public var program = ["/sbin/init"]
    /// Environment variables for ``program``, in this order.
    public var environment: [Variable] = []
    /// What is done when the init can't go on.
    public var onFailure = Failure.panic
    /// Whether a shell is offered on the console before ``program`` runs.
    public var shell = false

    /// The carried script, no root, `/sbin/init` in the initramfs.
    public init() {}

    /// One environment variable.
    public struct Variable: Equatable, Sendable {
      /// The name: letters, digits and `_`, no digit first.
      public var name: String
      /// The value, as it is.
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
      /// The file system; `nil`: found out by the kernel.
      public var fstype: String?
      /// Mount options, separated by commas; read-only unless they say `rw`.
      public var flags = ""
      /// How long to wait for the device, in seconds, 0 to 86,400.
      public var timeout = 10

      /// A root on `device`.
      public init(device: String) { self.device = device }
    }
  }
}
