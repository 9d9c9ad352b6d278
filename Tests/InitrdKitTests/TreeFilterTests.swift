import Testing

@testable import InitrdKit

/// Which entries of a tree are included.
@Suite struct TreeFilterTests {
  private static let tree = [
    "a.crt", "b.key", "sub", "sub/c.crt", "sub/deep", "sub/deep/d.crt", "sub/deep/.hidden",
    "sub.crt", "sub.crt/inside",
  ]

  /// The paths of the tree that a filter includes, when only the directories are entered that it names.
  private func included(_ filter: TreeFilter) -> [String] {
    var filter = filter
    var found: [String] = []
    for text in Self.tree {
      let path = Array(text.utf8)
      let names = text.split(separator: "/")
      let isReached = (1..<max(1, names.count)).allSatisfy {
        filter.enters(Array(names.prefix($0).joined(separator: "/").utf8))
      }
      let isIncluded = filter.includes(path)
      #expect(isReached || !isIncluded, "\(text) is included, and its directory is not entered")
      if isIncluded { found.append(text) }
    }
    return found
  }

  @Test(arguments: [
    ("*.crt", ["a.crt", "sub.crt", "sub.crt/inside"]),
    ("a.crt", ["a.crt"]),
    ("*", tree),
    ("**", tree),
    ("**/*.crt", ["a.crt", "sub/c.crt", "sub/deep/d.crt", "sub.crt", "sub.crt/inside"]),
    ("sub/**/d.crt", ["sub/deep/d.crt"]),
    ("sub/**", ["sub/c.crt", "sub/deep", "sub/deep/d.crt", "sub/deep/.hidden"]),
    ("sub/*", ["sub/c.crt", "sub/deep", "sub/deep/d.crt", "sub/deep/.hidden"]),
    ("*/*/?.crt", ["sub/deep/d.crt"]),
    ("**/**/deep/*", ["sub/deep/d.crt", "sub/deep/.hidden"]),
    ("[ab].*", ["a.crt", "b.key"]),
    ("su", []), ("a.crt/x", []), ("**/none", []),
  ])
  func patternsMatchNames(pattern: String, expected: [String]) {
    #expect(
      included(TreeFilter(matching: TreePattern(pattern.utf8.split(separator: 0x2F)))) == expected)
  }

  @Test(arguments: [
    (["sub"], ["a.crt", "b.key", "sub.crt", "sub.crt/inside"]),
    (["/sub/"], ["a.crt", "b.key", "sub.crt", "sub.crt/inside"]),
    (["*.crt"], ["b.key", "sub", "sub/deep", "sub/deep/.hidden"]),
    (["sub/*", "sub.*"], ["a.crt", "b.key", "sub"]),
    (["*"], []), (["none", "s"], tree),
  ])
  func excludedPathsAreLeftOut(patterns: [String], expected: [String]) {
    #expect(included(TreeFilter(excluding: patterns)) == expected)
  }

  @Test func patternsThatMatchedNothingAreKnown() {
    var filter = TreeFilter(excluding: ["a", "b/", "c"])
    for path in ["b", "b/x", "d"] { _ = filter.includes(Array(path.utf8)) }
    #expect(filter.hasMatched == [false, true, false])
    let includesRoot = filter.includes([])
    #expect(includesRoot)
  }
}
