/// The first line of a script: `#!INTERPRETER ARGUMENT`, as the kernel reads it (fs/binfmt_script.c).
struct ScriptLine: Equatable, Sendable {
  /// The path of the program that runs the script.
  let interpreter: [UInt8]
  /// The one argument that the kernel passes: the rest of the line without blanks at its ends; empty: none.
  let argument: [UInt8]

  /// The number of bytes of a file in which the line must end (BINPRM_BUF_SIZE).
  static let limit = 256
  /// The directories that `env` searches; those of a login shell.
  static let searchPath = [
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
  ].map { Array($0.utf8) }

  /// Reads the line at the start of a file; `nil` if it is not a script.
  init?(_ start: [UInt8]) {
    guard start.starts(with: "#!".utf8) else { return nil }
    let line = start.prefix(Self.limit).dropFirst(2).prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
    let rest = line.drop(while: Self.isBlank)
    let name = rest.prefix { !Self.isBlank($0) }
    guard !name.isEmpty else { return nil }
    interpreter = Array(name)
    let argument = rest.dropFirst(name.count).drop(while: Self.isBlank)
    self.argument = Array(argument.reversed().drop(while: Self.isBlank).reversed())
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == 0x0D
  }

  /// The name of the program that `env` starts: `#!/usr/bin/env python3`, `#!/usr/bin/env -S perl -w`; `nil` if the
  /// interpreter is another program, or no name follows.
  var programOfEnv: [UInt8]? {
    guard interpreter.split(separator: UInt8(ascii: "/")).last?.elementsEqual("env".utf8) == true
    else { return nil }
    // Without -S the argument is one name, blanks and all.
    let marks = ["--split-string=", "--split-string", "-S"]
    guard let mark = marks.first(where: { argument.starts(with: $0.utf8) }) else {
      return argument.isEmpty || argument.first == UInt8(ascii: "-") ? nil : argument
    }
    let words = argument.dropFirst(mark.utf8.count).split(whereSeparator: Self.isBlank)
    return words.first { $0.first != UInt8(ascii: "-") && !$0.contains(UInt8(ascii: "=")) }
      .map { Array($0) }
  }
}
