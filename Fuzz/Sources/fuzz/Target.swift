import BaseKit
import InitrdKit

#if canImport(Glibc)
  @preconcurrency import Glibc  // stderr is a variable there
#endif

/// What receives libFuzzer's bytes; one process fuzzes one target.
///
/// A target ignores a thrown `InitrdError`: hostile bytes should end with one. A trap, a report of the address sanitizer,
/// a time or memory limit of libFuzzer, or a call of ``broken(_:)`` is a failure.
enum Target: Sendable {
  /// A whole image, read by `list`, `check`, `cat` and `diff`.
  case image
  /// An image that is extracted into a directory.
  case extract
  /// A kernel image; its release and configuration are read.
  case kernel
  /// An archive as a layer of the sysroot.
  case layer
  /// A newc archive in pieces.
  case newc
  /// A member of one format.
  case member(Compression)
  /// Content that each compressor compresses and its decompressor restores.
  case packing
  /// A manifest.
  case manifest

  /// The target named by the environment variable FUZZ_TARGET.
  static let chosen: Target = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    if let format = Compression(rawValue: name), format != .uncompressed { return .member(format) }
    switch name {
    case "image": return .image
    case "extract": return .extract
    case "kernel": return .kernel
    case "layer": return .layer
    case "newc": return .newc
    case "packing": return .packing
    case "manifest": return .manifest
    default:
      fputs("FUZZ_TARGET=\(name): there is no such target; see Scripts/fuzz\n", stderr)
      exit(EX_USAGE)
    }
  }()
}

/// libFuzzer's entry point; the length is in bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  switch Target.chosen {
  case .image: fuzzImage(bytes)
  case .extract: fuzzExtraction(bytes)
  case .kernel: fuzzKernel(bytes)
  case .layer: fuzzLayer(bytes)
  case .newc: fuzzArchive(bytes)
  case .member(let format): fuzzMember(bytes, format)
  case .packing: fuzzPacking(bytes)
  case .manifest: fuzzManifest(bytes)
  }
  return 0
}

/// Small, so that a decompression bomb ends before libFuzzer reports a hang. Below 32 MiB, lz4 is not decoded
/// at all.
let limits = ReadLimits(maxUncompressed: 4 << 20, memory: 32 << 20)

/// The result of a reading: its value or the error.
typealias Outcome<Value> = Result<Value, InitrdError>

/// Ends the process because a property does not hold.
func broken(_ property: String) -> Never { fatalError("violated: \(property)") }

/// The result of `work`. Also makes the text of an error, because it contains hostile names.
func outcome<Value>(of work: () throws(InitrdError) -> Value) -> Outcome<Value> {
  do throws(InitrdError) { return .success(try work()) } catch {
    if error.description.isEmpty { broken("every error has a message") }
    return .failure(error)
  }
}
