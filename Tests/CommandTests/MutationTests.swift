import Foundation
import TestSupport
import Testing

/// `build` reports everything that an image needs to start and does not have. Each mutation of a good
/// manifest causes an error or a note with a remedy. With the remedy applied, the image is built and boots.
@Suite(.enabled(if: Checkout.isPrepared, "needs the kernels of make test"))
struct MutationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Creates the files of a base: a small sysroot with all modules that a mutation may name, and programs.
  private static let prepared: [Mutation.Base: Result<TemporaryFolder, any Error>] =
    Dictionary(
      uniqueKeysWithValues: Mutation.Base.allCases.map { base in
        (base, Result { try prepare(base) })
      })

  private static func prepare(_ base: Mutation.Base) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let script = #"""
      set -e
      kernel=$KERNELS/$FLAVOUR
      tree=$(echo "$kernel"/lib/modules/*); release=${tree##*/}
      mkdir -p root/bin root/boot root/lib/modules/"$release"
      cp "$kernel/boot/config-$release" root/boot/
      cp "$kernel/bin/busybox" root/bin/
      cp "$tree"/modules.* root/lib/modules/"$release"/
      cd "$tree"
      for name in virtio_pci virtio_balloon ext4 xfs nvme sd_mod mmc_block mtdblock; do
        grep -E "^[^:]*/$name\.ko" modules.dep || :
      done >"$OLDPWD/wanted"
      # What soft dependencies may ask for, and a directory of drivers.
      grep -E '^kernel/(lib|crypto|arch/x86/crypto|drivers/block)/' modules.dep >>"$OLDPWD/wanted"
      tr -d ':' <"$OLDPWD/wanted" | tr ' ' '\n' | sort -u |
        cpio -pdm --quiet "$OLDPWD/root/lib/modules/$release"
      cd "$OLDPWD"
      cp "$INIT" init
      cat >own.c <<'END'
      #include <stdio.h>
      #include <unistd.h>
      void own(void) { printf("mutation: the program runs as PID %d\n", getpid()); fflush(stdout); }
      END
      cat >program.c <<'END'
      #include <sys/reboot.h>
      #include <unistd.h>
      void own(void);
      int main(void) { own(); sleep(1); return reboot(RB_POWER_OFF); }
      END
      cc -shared -fPIC -Wl,-soname,libown.so -o libown own.c
      cc -o program program.c ./libown
      cp "$(cc -print-file-name=libc.so.6)" libc
      cp -L /lib64/ld-linux-x86-64.so.2 loader
      """#
    let result = try run(
      "bash", ["-c", script], in: folder.url,
      environment: [
        "KERNELS": Checkout.kernels.path, "FLAVOUR": base.flavour, "INIT": Boot.treeInit,
      ])
    #expect(result.status == 0, "\(result.errors)")
    return folder
  }

  /// Copies the files of the base and changes them with the script.
  private func prepare(_ base: Mutation.Base, _ script: String) throws {
    let source = try #require(Self.prepared[base]).get()
    let result = try run(
      "bash", ["-c", "set -e; cp -a \"$SOURCE/.\" .\n\(script)"], in: folder.url,
      environment: [
        "SOURCE": source.url.path,
        "CLOUD": Checkout.kernels.appendingPathComponent("cloud").path,
      ])
    #expect(result.status == 0, "\(result.errors)")
  }

  private func changed(_ text: String, _ changes: [(old: String, new: String)]) -> String {
    changes.reduce(text) { text, change in
      #expect(text.contains(change.old), "\(change.old) in \(text)")
      return text.replacing(change.old, with: change.new)
    }
  }

  private func build(_ manifest: String) throws -> CommandResult {
    try folder.write("manifest.json", manifest)
    return try Mkinitrd.run(["build", "manifest.json", "-o", "initrd.img"], in: folder.url)
  }

  private func expectBoot(_ base: Mutation.Base) throws {
    let result = try Boot.boot(base.flavour, folder.path("initrd.img"))
    #expect(result.text.contains(base.proof), "\(result.text.suffix(3000))")
  }

  @Test(arguments: Mutation.Base.allCases)
  func baseManifestBoots(base: Mutation.Base) throws {
    try prepare(base, "")
    let built = try build(base.manifest)
    #expect(built.status == 0, "\(built.errors)")
    try expectBoot(base)
  }

  @Test func thereAreAtLeast40Mutations() { #expect(Mutation.all.count >= 40) }

  @Test(arguments: Mutation.all)
  func mutationIsReportedAndItsRemedyWorks(mutation: Mutation) throws {
    try prepare(mutation.base, mutation.script)
    let manifest = changed(mutation.base.manifest, mutation.changes)
    let result = try build(manifest)
    let image = folder.path("initrd.img")
    switch mutation.answer {
    case .refused(let error, let remedy):
      #expect(result.status == 1, "\(result.text)\(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: image))
      let lines = result.errors.split(separator: "\n")
      let line = lines.first { $0.contains("error: ") && $0.contains(error) }
      #expect(line != nil, "\(error) in \(result.errors)")
      // The remedy follows the message.
      let told = line.flatMap {
        $0.firstRange(of: "; ").map { range in line?[range.upperBound...] }
      }
      #expect(
        told != nil && (remedy.isEmpty || told??.contains(remedy) == true), "\(result.errors)")
    case .noted(let note):
      #expect(result.status == 0, "\(result.errors)")
      let line = result.text.split(separator: "\n").first {
        $0.contains("note: ") && $0.contains(note)
      }
      #expect(line?.contains("; ") == true, "\(note), with a remedy, in \(result.text)")
    }
    guard !mutation.fix.isEmpty else { return }
    let fixed = try build(changed(manifest, mutation.fix))
    #expect(fixed.status == 0, "\(fixed.errors)")
    if mutation.boots, fixed.status == 0 { try expectBoot(mutation.base) }
  }
}
