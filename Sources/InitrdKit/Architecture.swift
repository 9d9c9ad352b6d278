/// The machine of an image, by the name that `uname -m` prints.
public enum Architecture: String, CaseIterable, Sendable {
  /// 64-bit x86.
  case x86_64
  /// 32-bit x86.
  case i686
  /// 64-bit Arm.
  case aarch64
  /// 32-bit Arm.
  case armv7l
  /// 64-bit RISC-V.
  case riscv64
  /// 64-bit little-endian POWER.
  case ppc64le
  /// IBM Z.
  case s390x
  /// 64-bit LoongArch.
  case loongarch64

  /// The machine with the name `text`, which can also be that of Debian, Go or Rust; `nil` for an unknown name.
  public init?(name text: String) {
    switch text {
    case "amd64", "x86-64": self = .x86_64
    case "i386", "i486", "i586", "x86": self = .i686
    case "arm64": self = .aarch64
    case "arm", "armhf", "armv6l": self = .armv7l
    case "ppc64el": self = .ppc64le
    case "loong64": self = .loongarch64
    default: self.init(rawValue: text)
    }
  }
}
