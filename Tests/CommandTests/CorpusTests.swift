import Foundation
import TestSupport
import Testing

/// The corpus of images and its fixture belong together, and the kernels still do what the fixture says.
@Suite(.enabled(if: Checkout.isPrepared, "make test brings the kernels"))
struct CorpusTests {
  @Test func everyImageHasItsOutcome() throws {
    let names = try Corpus.make(in: TemporaryFolder())
    let cases = try Corpus.fixture().cases
    #expect(names == cases.map(\.name), "Scripts/boot-corpus remakes the fixture")
    #expect(names.count >= 80)
    // A tree is known where /init ran, and only there.
    for item in cases {
      for outcome in [item.outcome, item.newer] {
        #expect(outcome.boots == (outcome.panic == nil), "\(item.name)")
      }
    }
    for outcomes in [cases.map(\.outcome), cases.map(\.newer)] {
      #expect(outcomes.contains { $0.boots && $0.message == nil })
      #expect(outcomes.contains { $0.boots && $0.message != nil })
      #expect(outcomes.contains { !$0.boots })
    }
    #expect(cases.count { $0.outcome != $0.newer } > 20)
  }

  /// One of each kind: dropped without a word, refused with a part unpacked, no boot, taken,
  /// compressed, refused by the newer kernel only.
  @Test func theKernelsStillDoTheSame() throws {
    let sample = [
      "change-full-file", "crc-bad", "first-junk", "hex-letter", "link-data-last",
      "split-inside-zstd",
    ]
    let kept = try Corpus.fixture().cases.filter { sample.contains($0.name) }
    let booted = try Corpus.boot(sample).cases
    #expect(kept.count == sample.count)
    #expect(booted == kept)
  }
}
