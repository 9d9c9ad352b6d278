import Foundation
import TestSupport
import Testing

/// The fixture covers all images of the corpus, and the kernels still behave as it says.
@Suite(.enabled(if: Checkout.isPrepared, "needs the kernels of make test"))
struct CorpusTests {
  @Test func everyImageHasAnOutcome() throws {
    let names = try Corpus.make(in: TemporaryFolder())
    let cases = try Corpus.fixture().cases
    #expect(names == cases.map(\.name), "Scripts/boot-corpus remakes the fixture")
    #expect(names.count >= 80)
    // The tree is known only if /init ran.
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

  /// One image of each kind: dropped without a message, refused after a part is unpacked, no boot, accepted,
  /// compressed, refused only by the newer kernel.
  @Test func kernelsStillMatchTheFixture() throws {
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
