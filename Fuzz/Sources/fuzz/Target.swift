import BaseKit
import InitrdKit

#if canImport(Glibc)
  @preconcurrency import Glibc  // stderr is a variable there
#endif

/// What libFuzzer's bytes are handed to; one process fuzzes one of them.
///
/// A target passes what is thrown as an `InitrdError` over: that is what hostile bytes are to end with. It fails by a
/// trap, by what the address sanitizer finds, by a time or memory limit of libFuzzer's, or through ``broken(_:)``.
enum Target: Sendable {
  /// A whole image, which `list`, `check`, `cat` and `diff` read.
  case image
  /// An image that is extracted into a folder.
  case extract
  /// A kernel's image, from which its release and configuration are read.
  case kernel
  /// A newc archive in pieces.
  case newc
  /// A member of one format.
  case member(Compression)
  /// Content that each compressor packs and its decompressor unpacks.
  case packing
  /// A manifest.
  case manifest

  /// The target that the environment names in FUZZ_TARGET.
  static let chosen: Target = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    if let format = Compression(rawValue: name), format != .uncompressed { return .member(format) }
    switch name {
    case "image": return .image
    case "extract": return .extract
    case "kernel": return .kernel
    case "newc": return .newc
    case "packing": return .packing
    case "manifest": return .manifest
    default:
      fputs("FUZZ_TARGET=\(name): there is no such target; see Scripts/fuzz\n", stderr)
      exit(EX_USAGE)
    }
  }()
}

/// libFuzzer's entry; its length is in bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  switch Target.chosen {
  case .image: fuzzImage(bytes)
  case .extract: fuzzExtraction(bytes)
  case .kernel: fuzzKernel(bytes)
  case .newc: fuzzArchive(bytes)
  case .member(let format): fuzzMember(bytes, format)
  case .packing: fuzzPacking(bytes)
  case .manifest: fuzzManifest(bytes)
  }
  return 0
}

/// Small, so that a bomb ends before libFuzzer takes it for a hang; below 32 MiB lz4 is not decoded at all.
let limits = ReadLimits(maxUncompressed: 4 << 20, memory: 32 << 20)

/// What a reading ended with: what came out, or the error.
typealias Outcome<Value> = Result<Value, InitrdError>

/// Ends the process for something that must not be.
func broken(_ what: String) -> Never { fatalError("what must hold does not: \(what)") }

/// The result of `work`, and an error's text made, since text is made of hostile names.
func outcome<Value>(of work: () throws(InitrdError) -> Value) -> Outcome<Value> {
  do throws(InitrdError) { return .success(try work()) } catch {
    if error.description.isEmpty { broken("an error says something") }
    return .failure(error)
  }
}
