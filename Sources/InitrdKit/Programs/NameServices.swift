/// The libraries that glibc itself loads while a program runs: modules of the name service, and the unwinder.
enum NameServices {
  /// Functions of glibc that look names up by /etc/nsswitch.conf.
  static let lookups: Set<[UInt8]> = names([
    "getpwnam", "getpwnam_r", "getpwuid", "getpwuid_r", "getpwent", "getpwent_r", "getgrnam",
    "getgrnam_r", "getgrgid", "getgrgid_r", "getgrent", "getgrent_r", "getgrouplist", "initgroups",
    "getspnam", "getspnam_r", "getaddrinfo", "getnameinfo", "gethostbyname", "gethostbyname_r",
    "gethostbyname2", "gethostbyname2_r", "gethostbyaddr", "gethostbyaddr_r", "getservbyname",
    "getservbyname_r", "getservbyport", "getservbyport_r", "getprotobyname", "getprotobyname_r",
    "getprotobynumber", "getnetbyname", "getnetgrent", "innetgr", "getrpcbyname", "getrpcbynumber",
  ])
  /// Functions of glibc that load libgcc_s.so.1 to unwind the stack (sysdeps/generic/unwind-link.c).
  static let unwinding: Set<[UInt8]> = names([
    "pthread_cancel", "pthread_exit", "thrd_exit", "backtrace",
  ])
  /// The version of glibc from which on the services `files` and `dns` are in libc.so.6.
  static let builtInVersion = Array("GLIBC_2.34".utf8)
  static let builtIn: Set<[UInt8]> = names(["files", "dns"])
  static let allNames = lookups.union(unwinding).union([builtInVersion])

  static let configuration = Array("/etc/nsswitch.conf".utf8)
  static let libc = Array("libc.so.6".utf8)
  static let unwinder = Array("libgcc_s.so.1".utf8)
  /// The libraries of glibc, which mention these functions because they define them.
  static let ownLibraries: Set<[UInt8]> = names([
    "libc.so.6", "libpthread.so.0", "libresolv.so.2", "libnsl.so.1", "librt.so.1", "libdl.so.2",
    "libm.so.6",
  ])

  private static func names(_ names: [String]) -> Set<[UInt8]> {
    Set(names.map { Array($0.utf8) })
  }

  /// The services in the text of nsswitch.conf(5): `passwd: files systemd [NOTFOUND=return]`. Each once, in their order.
  static func services(in text: [UInt8]) -> [[UInt8]] {
    var services: [[UInt8]] = []
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let line = line.prefix { $0 != UInt8(ascii: "#") }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      var isAction = false
      for word in line[(colon + 1)...].split(whereSeparator: { $0 == 0x20 || $0 == 0x09 }) {
        if word.first == UInt8(ascii: "[") { isAction = true }
        defer { if word.last == UInt8(ascii: "]") { isAction = false } }
        let service = Array(word)
        if isAction || service.contains(UInt8(ascii: "/")) || services.contains(service) {
          continue
        }
        if services.count < 64 { services.append(service) }
      }
    }
    return services
  }

  /// The name of the module of a service.
  static func module(of service: [UInt8]) -> [UInt8] {
    Array("libnss_".utf8) + service + Array(".so.2".utf8)
  }
}
