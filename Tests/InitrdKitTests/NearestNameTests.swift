import Testing

@testable import InitrdKit

@Suite struct NearestNameTests {
  @Test(arguments: [
    ("moed", "mode"),  // two neighbours swapped: one edit
    ("mdoe", "mode"), ("modes", "mode"), ("mod", "mode"), ("mole", "mode"), ("MODE", "mode"),
    ("virtioblk", "virtio_blk"), ("virtio-blk", "virtio_blk"), ("virtio_bkl", "virtio_blk"),
    ("virtoi_bkl", "virtio_blk"), ("manifestversion", "manifestVersion"),
    ("manifestVerzionn", "manifestVersion"), ("symlink", "symlinks"),
  ])
  func misspeltNameIsFound(name: String, expected: String) {
    let names = ["mode", "virtio_blk", "manifestVersion", "symlinks", "content"]
    #expect(nearest(to: name, in: names) == expected)
  }

  @Test(arguments: [
    "", "x", "owner", "permissions",
    "mo",  // two edits, of a name with so few letters
    "moeddd", "vrtoiblkk",
  ])
  func distantNameIsNotFound(name: String) {
    #expect(nearest(to: name, in: ["mode", "virtio_blk"]) == nil)
    #expect(nearest(to: name, in: []) == nil)
  }

  /// In a short name, two changed letters make another name.
  @Test func shortNamesAllowOneEdit() {
    #expect(nearest(to: "uid", in: ["gid"]) == "gid")
    #expect(nearest(to: "uid", in: ["did2"]) == nil)
    #expect(nearest(to: "moddee", in: ["mode"]) == "mode")
    #expect(nearest(to: "mood", in: ["name"]) == nil)
  }

  @Test func nearestNameIsChosen() {
    #expect(
      nearest(to: "virtio_nat", in: ["virtio_pci", "virtio_net", "virtio_blk"]) == "virtio_net")
    #expect(nearest(to: "loop", in: ["loop", "lop"]) == "loop")
  }

  /// The order of a set differs in every run.
  @Test func resultDoesNotDependOnTheOrder() {
    let names = ["bat", "cat", "eat", "fat", "rat"]
    for turn in names.indices {
      #expect(nearest(to: "zat", in: names[turn...] + names[..<turn]) == "bat")
    }
  }

  @Test func namesAreComparedByBytes() {
    // The accented letter has two bytes, so there are two edits.
    #expect(nearest(to: "caf\u{E9}_x", in: ["cafe_x"]) == "cafe_x")
    #expect(nearest(to: "\u{0}\u{1F600}", in: ["mode"]) == nil)
  }
}
