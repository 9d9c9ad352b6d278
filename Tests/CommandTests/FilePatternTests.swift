import Foundation
import TestSupport
import Testing

/// Directories and patterns in `files`.
@Suite struct FilePatternTests {
  private let trial: TreeTrial
  private var folder: TemporaryFolder { trial.folder }

  init() throws { trial = try TreeTrial() }

  private func makeCertificates() throws {
    try trial.shell(
      """
      cd root && mkdir -p etc/ssl/certs/sub etc/app && cd etc/ssl/certs
      echo a >a.crt; echo bb >b.crt; chmod 0755 b.crt; ln -s a.crt link.crt; ln -s none dangling.crt
      echo deep >sub/deep.crt; echo no >readme; echo hidden >.hidden.crt; mkfifo sub/fifo; chmod 0700 sub
      """)
  }

  @Test(arguments: [
    (
      #"{"source": "etc/ssl/certs/*.crt", "dest": "/c/"}"#,
      ["c", "c/.hidden.crt", "c/a.crt", "c/b.crt", "c/dangling.crt", "c/link.crt"]
    ),
    (#"{"source": "/etc/ssl/certs/[ab].crt", "dest": "/"}"#, ["a.crt", "b.crt"]),
    (
      #"{"source": "etc/**/deep.*", "dest": "/c/"}"#,
      ["c", "c/ssl", "c/ssl/certs", "c/ssl/certs/sub", "c/ssl/certs/sub/deep.crt"]
    ),
    (#"{"source": "./root/etc/ssl/certs/a.*", "dest": "/x/"}"#, ["x", "x/a.crt"]),
    (#"{"source": "etc/ssl/*/readme", "dest": "/x/"}"#, ["x", "x/readme"]),
    (
      #"{"source": "etc/ssl/certs/s*", "dest": "/x/"}"#,
      ["x", "x/sub", "x/sub/deep.crt", "x/sub/fifo"]
    ),
    (#"{"source": "etc/ssl/certs/sub", "dest": "/y"}"#, ["y", "y/deep.crt", "y/fifo"]),
    (
      #"{"source": "etc/ssl/certs/sub", "dest": "/y/"}"#,
      ["y", "y/sub", "y/sub/deep.crt", "y/sub/fifo"]
    ),
    (#"{"source": "etc/ssl/certs/readme", "dest": "/z/"}"#, ["z", "z/readme"]),
    (#"{"source": "etc/ssl/certs/readme", "dest": "/z"}"#, ["z"]),
    (#"{"source": "etc/app/", "dest": "/empty"}"#, ["empty"]),
    (#"{"source": "etc/none*", "dest": "/e/", "optional": true}"#, []),
  ])
  func filesTakePatternsAndDirectories(item: String, expected: [String]) throws {
    try makeCertificates()
    try trial.build("\"files\": [\(item)]")
    #expect(try trial.paths() == expected)
  }

  @Test func modesAndOwnersOfMatchesAreThoseOfFiles() throws {
    try makeCertificates()
    try trial.build(
      """
      "files": [{"source": "etc/ssl", "dest": "/d"},
        {"source": "etc/ssl/certs/?.crt", "dest": "/m/", "mode": "0440", "uid": 7, "gid": 8}]
      """)
    let found = try trial.cpioList("out.img").map { $0.split(separator: " ").map(String.init) }
    let modes = Dictionary(
      uniqueKeysWithValues: found.map { ($0[5], "\($0[0]) \($0[2]):\($0[3])") })
    #expect(modes["d/certs/a.crt"] == "-rw-r--r-- 0:0")
    #expect(modes["d/certs/b.crt"] == "-rwxr-xr-x 0:0")
    #expect(modes["d/certs/sub"] == "drwxr-xr-x 0:0", "the source has 0700")
    #expect(modes["m/a.crt"] == "-r--r----- 7:8")
    #expect(modes["m/b.crt"] == "-r--r----- 7:8")
  }

  /// A program with a name that is a pattern, too.
  @Test func anExistingNameIsNoPattern() throws {
    try trial.shell(
      "mkdir -p root/usr/bin; echo x >'root/usr/bin/['; echo y >'root/a*b'; echo z >root/aXb")
    try trial.build(
      #""files": [{"source": "usr/bin/[", "dest": "/bin/["}, {"source": "a*b", "dest": "/star"}]"#)
    #expect(try trial.paths() == ["bin", "bin/[", "star"])
    #expect(try Mkinitrd.run(["cat", "out.img", "/star"], in: folder.url).text == "y\n")
  }

  @Test(arguments: [
    (
      #""files": [{"source": "etc/ssl/certs/*.crt", "dest": "/c"}]"#,
      "a pattern as \"source\" needs a directory as \"dest\"; let \"dest\" end with a slash"
    ),
    (
      #""files": [{"source": "etc/ssl/certs/b.crt?", "dest": "/c/"}]"#,
      "nothing matches root/etc/ssl/certs/b.crt?; root/etc/ssl/certs has, for example, b.crt"
    ),
    (
      #""files": [{"source": "etc/sll/certs/*.crt", "dest": "/c/"}]"#,
      "nothing matches root/etc/sll/certs/*.crt; did you mean \"etc/ssl/certs\"?"
    ),
    (
      #""files": [{"source": "etc/ssl/cert/a.crt", "dest": "/c"}]"#,
      "no file at root/etc/ssl/cert/a.crt; did you mean \"etc/ssl/certs/a.crt\"?"
    ),
    (
      #""files": [{"source": "/bin/sh", "dest": "/sh"}]"#,
      "no file at root/bin/sh; /bin/sh exists on this machine, but the path is one in the sysroot; a path"
    ),
    (
      #""trees": ["/usr/lib"]"#,
      "/usr/lib exists on this machine, but the path is one in the sysroot"
    ),
    (#""trees": ["etc/sl"]"#, "no directory at root/etc/sl; did you mean \"etc/ssl\"?"),
    (#""trees": ["etc/ssl/certs/a.crt"]"#, "root/etc/ssl/certs/a.crt: error: not a directory"),
    (#""trees": ["./none"]"#, "no directory at ./none"),
    (
      #""files": [{"source": "etc/*/certs/sub", "dest": "/"}, {"content": "", "dest": "/sub"}]"#,
      "/sub is requested both as a directory and as something else (also at manifest.json:2:"
    ),
    (
      #""files": [{"source": "**/?.crt", "dest": "/"}, {"source": "**/a.*", "dest": "/"}]"#,
      "/etc/ssl/certs/a.crt is requested twice (also at manifest.json:2:"
    ),
  ])
  func missingAndWrongSourcesAreErrors(members: String, message: String) throws {
    try makeCertificates()
    let result = try trial.build(members, status: 1)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("out.img")))
  }
}
