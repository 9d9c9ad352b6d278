import Foundation
import TestSupport
import Testing

@testable import InitrdKit

@Suite struct KernelImageTests {
  private let banner = Array("\0Linux version 6.9.0-test (me@here) #1\0".utf8)

  private func number(_ value: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    try run("gzip", ["-nc"], input: Data(bytes)).output
  }

  /// An Image of arm64 or RISC-V, chosen by the magic number.
  private func image(_ magic: String) -> [UInt8] {
    [UInt8](repeating: 0, count: 0x38) + Array(magic.utf8) + [UInt8](repeating: 7, count: 4000)
      + banner
  }

  private func zboot(_ payload: [UInt8]) -> [UInt8] {
    Array("MZ\0\0zimg".utf8) + number(0x80, 4) + number(payload.count, 4)
      + [UInt8](repeating: 0, count: 0x70) + payload
  }

  /// A PE file with these sections.
  private func unified(_ sections: [(name: String, data: [UInt8])]) -> [UInt8] {
    var bytes = Array("MZ".utf8) + [UInt8](repeating: 0, count: 0x3A) + number(0x40, 4)
    bytes += Array("PE\0\0".utf8) + number(0x8664, 2) + number(sections.count, 2)
    bytes += [UInt8](repeating: 0, count: 16)
    var offset = bytes.count + 40 * sections.count
    for (name, data) in sections {
      bytes += Array(name.utf8) + [UInt8](repeating: 0, count: 8 - name.utf8.count)
      bytes += number(data.count, 4) + number(0, 4) + number(data.count, 4) + number(offset, 4)
      bytes += [UInt8](repeating: 0, count: 16)
      offset += data.count
    }
    return bytes + sections.flatMap(\.data)
  }

  @Test func releaseIsReadFromEveryFormat() throws {
    let vmlinux = SampleProgram.elf(text: banner)
    var forms = [vmlinux, image("ARMd"), image("RSC\u{5}")]
    forms.append(zboot(try gzip(image("ARMd"))))
    forms +=
      try forms.map { unified([(".osrel", [1]), (".linux", $0)]) }
      + forms.prefix(3).map { try gzip($0) }
    for form in forms {
      let found = try KernelImage(form, name: "kernel")
      #expect(try found.releaseInside() == "6.9.0-test")
      #expect(try found.config() == nil)
    }
    let named = unified([(".uname", Array("6.8-uki".utf8)), (".linux", vmlinux)])
    #expect(try KernelImage(named, name: "uki").release == "6.8-uki")
  }

  @Test(
    arguments: [
      ([], "an empty file"), (Array("root:x:0:0::/root:/bin/sh\n".utf8), "text"),
      (SampleProgram.elf(), "an ELF program or library"),
      (SampleSysroot.module(), "an ELF object, such as a kernel module"),
      (Array("070701".utf8), "a cpio archive"), (Array("#!/bin/sh\n".utf8), "a script"),
      ([0, 0, 0, 0], "a file that begins with NULs"), (Array("[1]".utf8), "JSON text"),
      (Array("hsqs".utf8), "a squashfs file system"),
    ] as [([UInt8], String)])
  func errorNamesTheTypeOfANonKernel(bytes: [UInt8], kind: String) throws {
    let error = #expect(throws: InitrdError.self) { try KernelImage(bytes, name: "x") }
    #expect(error?.message == "not a kernel image: this is \(kind)")
    #expect(error?.code == .badInput && error?.location?.file == "x")
    let packed = #expect(throws: InitrdError.self) { try KernelImage(try gzip(bytes), name: "x") }
    // Only the complete decompressed program shows whether it is a kernel.
    let how = kind.contains("ELF") ? "" : ", compressed with gzip"
    #expect(packed?.message == "not a kernel image: this is \(kind)\(how)")
  }

  @Test func bzImageNeedsTheBootSectorMark() throws {
    var bytes = [UInt8](repeating: 0, count: 0x400)
    bytes.replaceSubrange(0x202..<0x206, with: Array("HdrS".utf8))
    #expect(throws: InitrdError.self) { try KernelImage(bytes, name: "x") }
    (bytes[0x1FE], bytes[0x1FF]) = (0x55, 0xAA)
    #expect(try KernelImage(bytes, name: "x").release == nil)
  }

  @Test(.enabled(if: Checkout.isPrepared, "needs the kernels of make test"))
  func unifiedImageOfDebianKernelIsAccepted() throws {
    let release = try Checkout.release(of: "cloud")
    let file = Checkout.kernels.appendingPathComponent("cloud/boot/vmlinuz-\(release)")
    let uki = unified([(".linux", Array(try Data(contentsOf: file)))])
    #expect(try KernelImage(uki, name: "uki").release == release)
  }

  @Test func kernelImageIsFoundInTheModuleTree() throws {
    let sample = try SampleSysroot()
    let release = SampleSysroot.release
    var manifest = Manifest()
    manifest.sysroot = sample.path
    manifest.isPartial = true
    manifest.kernel?.image = "boot/vmlinuz-${release}"
    let missing = #expect(throws: InitrdError.self) { try manifest.plan() }
    #expect(missing?.message.hasSuffix("/boot/vmlinuz-\(release) does not exist") == true)
    let place = "root/lib/modules/\(release)/vmlinuz"
    try sample.folder.write(
      place, SampleProgram.elf(text: Array("Linux version \(release) (".utf8)))
    #expect(try manifest.plan().inputs.contains { $0.hasSuffix("\(release)/vmlinuz") })
    try sample.folder.write(place, SampleProgram.elf(text: banner))
    let other = #expect(throws: InitrdError.self) { try manifest.plan() }
    #expect(
      other?.message.contains("is the kernel 6.9.0-test") == true, "\(String(describing: other))")
    try sample.folder.write(place, "text")
    let wrong = #expect(throws: InitrdError.self) { try manifest.plan() }
    #expect(wrong?.message.hasSuffix("not a kernel image: this is text") == true)
  }
}
