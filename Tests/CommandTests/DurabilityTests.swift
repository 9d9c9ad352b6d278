import Foundation
import TestSupport
import Testing

/// Killed builds: the target is always the complete old image or the complete new one.
@Suite struct DurabilityTests {
  @Test func killedBuildsLeaveTheOldImageOrTheNewOne() throws {
    let sample = try SampleSysroot()
    // The file is large, so that kills hit every step. Without compression, writing takes most of the time.
    try sample.folder.write("root/data", [UInt8](repeating: 0x5A, count: 40 << 20))
    for (name, text) in [("old", "1"), ("new", "2")] {
      try sample.folder.write(
        "\(name).json",
        """
        { "manifestVersion": 1, "partial": true, "sysroot": "root", "compression": "none",
          "modules": { "include": ["ext4"] },
          "files": [{ "source": "/data", "dest": "/data" }, { "content": "\(text)", "dest": "/\(name)" }] }
        """)
      let result = try Mkinitrd.run(
        ["build", "\(name).json", "-o", "\(name).img"], in: sample.folder.url)
      #expect(result.status == 0, "\(result.errors)")
    }
    let script = """
      old=$(sha256sum <old.img) new=$(sha256sum <new.img) olds=0 news=0 killed=0
      mkdir out
      for i in $(seq 0 29); do
        cp old.img out/initrd.img
        status=0
        timeout -s KILL "0.$(printf %03d $((i * 7)))" '\(Mkinitrd.path)' build new.json -o out/initrd.img \
          >/dev/null 2>&1 || status=$?
        [ $status = 0 ] || killed=$((killed + 1))
        case $(sha256sum <out/initrd.img) in
          "$old") olds=$((olds + 1)) ;;
          "$new") news=$((news + 1)) ;;
          *) echo "neither after kill $i"; exit 1 ;;
        esac
      done
      '\(Mkinitrd.path)' build new.json -o out/initrd.img >/dev/null
      [ "$(sha256sum <out/initrd.img)" = "$new" ] || { echo "the next build is another"; exit 1; }
      [ "$(ls -A out)" = initrd.img ] || { echo "left: $(ls -A out)"; exit 1; }
      echo "$killed killed, $olds old, $news new"
      """
    let result = try run("bash", ["-c", script], in: sample.folder.url)
    #expect(result.status == 0, "\(result.text) \(result.errors)")
    // `timeout 0` means no limit, so the first build ends. How many others end depends on the machine.
    #expect(result.text.contains(" new"), "\(result.text)")
    #expect(!result.text.hasPrefix("0 killed"), "\(result.text)")
  }
}
