import Foundation
import TestSupport
import Testing

/// Commands that a signal stops: they leave no temporary files, and their status tells the signal.
@Suite struct SignalTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("root/data", [UInt8](repeating: 0x5A, count: 30 << 20))
    try folder.write(
      "manifest.json",
      """
      { "manifestVersion": 1, "sysroot": "root", "kernel": null, "arch": "x86_64",
        "init": { "template": "none" }, "partial": true, "compression": "none",
        "files": [{ "source": "/data", "dest": "/a" }, { "source": "/data", "dest": "/b" }] }
      """)
    try FileManager.default.createDirectory(
      at: folder / "out", withIntermediateDirectories: true)
  }

  /// Sends signals at random moments of a command's run, and prints how many of them ended it.
  private static let script = """
    import os, random, signal, subprocess, sys, time
    command, rounds, keep = sys.argv[1].split("\\t"), int(sys.argv[2]), set(sys.argv[3:])
    random.seed(1)
    # The tests' own threads may block or ignore what is sent here.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for sent in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]: signal.signal(sent, signal.SIG_DFL)
    start = time.monotonic(); subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    whole, ended = time.monotonic() - start, 0
    def clear():
        for name in os.listdir("out"):
            if name not in keep: subprocess.run(["rm", "-rf", "out/" + name], check=True)
    for number in range(rounds):
        clear()
        sent = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP][number % 3]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        # Not before the program has begun to handle signals: Python starts it faster than it starts itself.
        time.sleep(0.01 + random.random() * whole * 1.1)
        process.send_signal(sent)
        _, errors = process.communicate()
        if process.returncode == -sent: ended += 1
        elif process.returncode != 0: sys.exit(f"status {process.returncode}: {errors}")
        left = [name for name in os.listdir("out") if name.startswith(".")]
        if left: sys.exit(f"left after signal {sent} in round {number}: {left}")
    print(ended)
    """

  private func endedRuns(of command: [String], keeping: [String] = []) throws -> Int {
    let words = ([Mkinitrd.path] + command).joined(separator: "\t")
    let result = try run(
      "/usr/bin/python3", ["-I", "-c", Self.script, words, "60"] + keeping, in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
    return Int(result.text.trimmingCharacters(in: .newlines)) ?? 0
  }

  @Test func stoppedBuildLeavesNoTemporaryFile() throws {
    let ended = try endedRuns(of: ["build", "manifest.json", "-o", "out/initrd.img"])
    #expect(ended > 0, "no signal ended a run, so the test proves nothing")
  }

  @Test func stoppedAppendLeavesNoTemporaryFile() throws {
    let built = try Mkinitrd.run(["build", "manifest.json", "-o", "base.img"], in: folder.url)
    #expect(built.status == 0, "\(built.errors)")
    let ended = try endedRuns(
      of: ["append", "base.img", "--file", "root/data:/c", "-o", "out/more.img"])
    #expect(ended > 0, "no signal ended a run, so the test proves nothing")
  }

  @Test func stoppedExtractionLeavesNoTemporaryFile() throws {
    let built = try Mkinitrd.run(["build", "manifest.json", "-o", "base.img"], in: folder.url)
    #expect(built.status == 0, "\(built.errors)")
    let ended = try endedRuns(of: ["extract", "base.img", "-C", "out", "--overwrite"])
    #expect(ended > 0, "no signal ended a run, so the test proves nothing")
  }

  @Test func ignoredSignalsStayIgnored() throws {
    let script = """
      nohup '\(Mkinitrd.path)' build manifest.json -o out/initrd.img >/dev/null 2>&1 & child=$!
      for i in 1 2 3 4 5; do kill -HUP $child 2>/dev/null; sleep 0.01; done
      wait $child
      """
    #expect(try run("bash", ["-c", script], in: folder.url).status == 0)
  }
}
