extension Reason {
  /// How a program, library or script needs another file.
  public enum Need: Hashable, Sendable {
    /// As the program that runs a script.
    case interpreter
    /// As the dynamic linker (PT_INTERP).
    case dynamicLinker
    /// As a library (DT_NEEDED).
    case library
    /// As the same library for processors of a level, such as `x86-64-v3`.
    case libraryVariant(level: String)
    /// As a library that it loads at run time for a feature, by a note (`.note.dlopen`); the priority is `required`,
    /// `recommended` or `suggested`.
    case dlopen(feature: String, priority: String)
    /// As a module of glibc that looks names up in a service of /etc/nsswitch.conf.
    case nameService(String)
    /// As the library that glibc loads to end threads and for backtraces.
    case unwinder

    /// The kind, for programs: the name of the case.
    public var kind: String {
      switch self {
      case .interpreter: "interpreter"
      case .dynamicLinker: "dynamicLinker"
      case .library: "library"
      case .libraryVariant: "libraryVariant"
      case .dlopen: "dlopen"
      case .nameService: "nameService"
      case .unwinder: "unwinder"
      }
    }

    /// The reason as a short phrase for a file that `path` needs.
    func description(of path: ImagePath) -> String {
      switch self {
      case .interpreter: "runs \(path)"
      case .dynamicLinker: "dynamic linker of \(path)"
      case .library: "library of \(path)"
      case .libraryVariant(let level): "library of \(path) for \(level)"
      case .dlopen(let feature, let priority):
        "\(printable(priority.utf8)) by \(path) at run time"
          + (feature.isEmpty ? "" : " for \(printable(feature.utf8))")
      case .nameService(let service): "name service \(printable(service.utf8)) of \(path)"
      case .unwinder: "ends threads of \(path)"
      }
    }
  }
}
