import Foundation
import InitrdKit
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Tests of the progress closure, and of cancellation.
@Suite struct WriteProgressTests {
  private let sample: SampleSysroot
  private let plan: Plan

  init() throws {
    sample = try SampleSysroot()
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.sysroot = sample.path
    for number in 0..<12 {
      try sample.folder.write(
        "root/etc/\(number)", [UInt8](repeating: UInt8(number), count: 1 << 20))
      manifest.files.append(.init(.path("/etc/\(number)"), dest: try ImagePath("/\(number)")))
    }
    manifest.compression = .named(.gzip, level: 1)
    plan = try manifest.plan()
  }

  @Test(arguments: [1, 3]) func progressEndsAtTheTotal(threads: Int) throws {
    let heard = Mutex<[WriteProgress]>([])
    let options = WriteOptions(threads: threads) { progress in
      heard.withLock { $0.append(progress) }
    }
    _ = try plan.write(options: options) { _ in }
    let all = heard.withLock { $0 }
    let last = try #require(all.last)
    #expect(plan.entries.count > 12)
    #expect(last.entries == plan.entries.count && last.totalEntries == last.entries)
    let bytes = plan.entries.reduce(0) { $0 + UInt64($1.storedSize) }
    #expect(last.bytes == bytes && last.totalBytes == bytes)
    for (before, after) in zip(all, all.dropFirst()) {
      #expect(before.bytes <= after.bytes && before.entries <= after.entries)
    }
  }

  @Test(arguments: [1, 3]) func cancelledTaskWritesNothing(threads: Int) async throws {
    try sample.folder.write("initrd.img", "old")
    let (plan, path) = (plan, FilePath(sample.folder.path("initrd.img")))
    let begun = Mutex(0)
    let error = await Task { () -> InitrdError? in
      let options = WriteOptions(threads: threads) { _ in
        begun.withLock { $0 += 1 }
      }
      withUnsafeCurrentTask { $0?.cancel() }
      do throws(InitrdError) {
        try await plan.write(to: path, options: options)
        return nil
      } catch { return error }
    }.value
    #expect(error?.code == .cancelled)
    #expect(begun.withLock { $0 } == 0)
    #expect(try String(contentsOf: sample.folder / "initrd.img", encoding: .utf8) == "old")
    let left = try FileManager.default.contentsOfDirectory(atPath: sample.folder.url.path)
    #expect(!left.contains { $0.contains("mkinitrd-new") })
  }

  @Test func taskCancelledWhileWritingEndsEarly() async throws {
    let (plan, path) = (plan, FilePath(sample.folder.path("initrd.img")))
    let begun = Atomic(false)
    let cancelled = Atomic(false)
    let task = Task { () -> InitrdError? in
      let options = WriteOptions(threads: 2) { progress in
        guard progress.entries >= 3 else { return }
        begun.store(true, ordering: .relaxed)
        while !cancelled.load(ordering: .relaxed) { usleep(1000) }
      }
      do throws(InitrdError) {
        try await plan.write(to: path, options: options)
        return nil
      } catch { return error }
    }
    while !begun.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(1)) }
    task.cancel()
    cancelled.store(true, ordering: .relaxed)
    #expect(await task.value?.code == .cancelled)
    #expect(!FileManager.default.fileExists(atPath: path.string))
  }

  @Test func cancelledBuildKeepsTheOldImage() async throws {
    try sample.folder.write("initrd.img", "old")
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.sysroot = sample.path
    manifest.files = [.init(.path("/etc/0"), dest: try ImagePath("/0"))]
    manifest.compression = .named(.gzip, level: 1)
    manifest.output.path = sample.folder.path("initrd.img")
    let wanted = manifest
    func build(cancelled: Bool) async -> Result<BuildReport, InitrdError> {
      await Task { () -> Result<BuildReport, InitrdError> in
        if cancelled { withUnsafeCurrentTask { $0?.cancel() } }
        do throws(InitrdError) { return .success(try await wanted.build()) } catch {
          return .failure(error)
        }
      }.value
    }
    guard case .failure(let error) = await build(cancelled: true) else {
      Issue.record("a cancelled build wrote an image")
      return
    }
    #expect(error.code == .cancelled)
    #expect(try String(contentsOf: sample.folder / "initrd.img", encoding: .utf8) == "old")
    let report = try await build(cancelled: false).get()
    #expect(report.sha256.description.count == 64 && report.duration > .zero)
    #expect(try Data(contentsOf: sample.folder / "initrd.img").count == Int(report.size.bytes))
  }

  /// If the library held a lock here, a closure would wait forever when it waits for another thread's
  /// progress or writes an image itself.
  @Test func progressClosureMayCallTheLibrary() throws {
    var manifest = Manifest()
    manifest.isPartial = true
    manifest.sysroot = sample.path
    for number in 0..<40 {
      manifest.files.append(
        .init(
          .path("/etc/\(number % 12)"), dest: try ImagePath("/\(number)"),
          ownership: .init(uid: UInt32(number))))
    }
    manifest.compression = .named(.gzip, level: 1)
    let (large, small) = (try manifest.plan(), plan)
    let calls = Mutex((now: 0, most: 0, all: 0))
    let options = WriteOptions(threads: 3) { _ in
      let number = calls.withLock {
        $0.now += 1
        $0.all += 1
        $0.most = max($0.most, $0.now)
        return $0.all
      }
      if number == 2 { _ = try? small.write(options: .init(threads: 2)) { _ in } }
      calls.withLock { $0.now -= 1 }
    }
    _ = try large.write(options: options) { _ in }
    #expect(calls.withLock { $0.most } == 1)
  }

  @Test func descriptorAndFileGetTheSameBytes() throws {
    let file = sample.folder.path("out.img")
    let result = try plan.write(to: FilePath(file))
    let descriptor = open(sample.folder.path("other.img"), O_CREAT | O_WRONLY, 0o600)
    #expect(try plan.write(to: FileDescriptor(rawValue: descriptor)) == result)
    close(descriptor)
    #expect(
      FileManager.default.contentsEqual(atPath: file, andPath: sample.folder.path("other.img")))
    // A closed descriptor's number cannot be used here: another test may have opened a file with it.
    let readOnly = open(file, O_RDONLY)
    #expect(throws: InitrdError.self) { try plan.write(to: FileDescriptor(rawValue: readOnly)) }
    close(readOnly)
  }
}
