import Foundation
import TestSupport
import Testing

/// Commands whose output is a terminal. Python provides the pseudoterminal.
@Suite struct TerminalTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(at: folder / "out", withIntermediateDirectories: true)
    let made = try run(
      "sh", ["-ec", "mkdir root; head -c 4000000 /dev/urandom >root/noise"], in: folder.url)
    #expect(made.status == 0, "\(made.errors)")
    // Noise in xz takes much longer than the second after which the progress line appears.
    let files = (0..<20).map { #"{ "source": "/noise", "dest": "/\#($0)", "uid": \#($0) }"# }
    try folder.write(
      "manifest.json",
      """
      { "manifestVersion": 1, "sysroot": "root", "kernel": null, "arch": "x86_64",
        "init": { "template": "none" }, "partial": true, "compression": { "algorithm": "xz", "level": 9 },
        "files": [\(files.joined(separator: ", "))] }
      """)
  }

  /// Runs a command with one stream on a terminal, and sends SIGINT when the terminal shows a text.
  private static let script = """
    import os, pty, signal, subprocess, sys
    stream, awaited, command = sys.argv[1], sys.argv[2].encode(), sys.argv[3:]
    # The tests' own threads may block or ignore the signal.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    screen, terminal = pty.openpty()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **{stream: terminal})
    os.close(terminal)
    shown = b""
    while True:
        # At the end of the command, Linux reports EIO instead of an end of file.
        try: piece = os.read(screen, 4096)
        except OSError: break
        if not piece: break
        shown += piece
        if awaited and awaited in shown:
            process.send_signal(signal.SIGINT)
            awaited = b""
    sys.stdout.buffer.write(b"%d\\n" % process.wait() + shown)
    """

  /// The status of a command (negative: the signal that ended it), the text on the terminal, and
  /// standard error if that is not the terminal.
  private func onTerminal(
    _ command: [String], _ stream: String, interruptAt text: String = ""
  ) throws -> (status: Int?, shown: String, errors: String) {
    let result = try run(
      "/usr/bin/python3", ["-I", "-c", Self.script, stream, text, Mkinitrd.path] + command,
      in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    let parts = result.text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    return (Int(parts[0]), String(parts.last ?? ""), result.errors)
  }

  @Test func progressLineIsClearedWhenSIGINTStopsABuild() throws {
    let build = ["build", "manifest.json", "-o", "out/initrd.img", "--threads", "1"]
    let stopped = try onTerminal(build, "stderr", interruptAt: " entries")
    #expect(stopped.status == -2, "\(stopped)")
    #expect(stopped.shown.contains("% ") && stopped.shown.contains(" MB, "), "\(stopped)")
    // The carriage return and "erase to the end of the line" are the last thing on the terminal.
    #expect(stopped.shown.hasSuffix("\r\u{1B}[K"), "\(stopped)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")) == [])
  }

  @Test(arguments: [
    ["build", "manifest.json", "-o", "-"],
    ["append", "manifest.json", "--file", "manifest.json:/x", "-o", "-"],
  ])
  func imageIsNotWrittenToATerminal(command: [String]) throws {
    let refused = try onTerminal(command, "stdout")
    #expect(refused.status == 64, "\(refused)")
    #expect(refused.errors.contains("standard output is a terminal"), "\(refused)")
    #expect(refused.shown.isEmpty, "\(refused)")
  }
}
