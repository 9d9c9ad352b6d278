/// A file that a program, library or script needs, found or not.
struct ProgramNeed: Equatable, Sendable {
  /// How a file is needed.
  enum Kind: Equatable, Sendable {
    /// The program of a script's first line.
    case interpreter
    /// The program that `env` starts for a script.
    case programOfEnv
    /// PT_INTERP.
    case dynamicLinker
    /// DT_NEEDED.
    case library
    /// DT_AUXILIARY, which may be missing.
    case auxiliary
    /// A needed library for processors of this level; the one without a level is needed, too.
    case variant(level: String)
    /// A note that the file loads the library while it runs.
    case dlopen(DlopenNote.Priority, feature: String)
    /// A module of glibc's name service.
    case nameService([UInt8])
    /// libgcc_s.so.1, which glibc loads to end threads and for backtraces.
    case unwinder
  }

  /// A regular file by the path by which it is found.
  struct Located: Equatable, Sendable {
    /// The path with a leading slash; it may contain links.
    var path: [UInt8]
    var file: TreeFile
  }

  /// A file with the right name that can't be used.
  struct Refused: Equatable, Sendable {
    var path: [UInt8]
    /// What it is, with an article: `a library for aarch64`.
    var what: String
  }

  var kind: Kind
  /// The name as the file that needs it has it.
  var name: [UInt8]
  /// The path of the file that needs it.
  var needer: [UInt8]
  /// The file; `nil` if there is none.
  var found: Located?
  /// The first file with this name that does not fit.
  var refused: Refused?
  /// Whether the dynamic linker finds it only with its cache: its directory is one of ld.so.conf.
  var needsCache = false

  /// Whether a program does not start without it.
  var isVital: Bool {
    switch kind {
    case .interpreter, .programOfEnv, .dynamicLinker, .library, .dlopen(.required, _): true
    case .auxiliary, .variant, .dlopen, .nameService, .unwinder: false
    }
  }
}
