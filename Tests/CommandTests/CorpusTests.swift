import Foundation
import TestSupport
import Testing

/// The corpus of images and its fixture belong together, and the kernel still does what the fixture says.
@Suite(.enabled(if: Checkout.isPrepared, "make test brings the kernels"))
struct CorpusTests {
  @Test func everyImageHasItsOutcome() throws {
    let names = try Corpus.make(in: TemporaryFolder())
    let cases = try Corpus.fixture().cases
    #expect(names == cases.map(\.name), "Scripts/boot-corpus remakes the fixture")
    #expect(names.count >= 80)
    // A tree is known where /init ran, and only there.
    for item in cases { #expect(item.boots == (item.panic == nil), "\(item.name)") }
    #expect(cases.contains { $0.boots && $0.message == nil })
    #expect(cases.contains { $0.boots && $0.message != nil })
    #expect(cases.contains { !$0.boots })
  }

  /// One of each kind: dropped without a word, refused with a part unpacked, no boot, taken, compressed.
  @Test func theKernelStillDoesTheSame() throws {
    let sample = [
      "change-full-file", "crc-bad", "first-junk", "link-data-last", "split-inside-zstd",
    ]
    let kept = try Corpus.fixture().cases.filter { sample.contains($0.name) }
    let booted = try Corpus.boot(sample).cases
    #expect(kept.count == sample.count)
    #expect(booted == kept)
  }
}
