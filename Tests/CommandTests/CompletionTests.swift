import InitrdKit
import TestSupport
import Testing

/// The completion scripts for shells.
@Suite struct CompletionTests {
  @Test(arguments: ["bash", "zsh", "fish"])
  func scriptHasTheValuesOfCompression(shell: String) throws {
    let script = try Mkinitrd.run(["--generate-completion-script", shell])
    #expect(script.status == 0, "\(script.errors)")
    let lines = script.text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      Set(line.split { !$0.isLetter && !$0.isNumber }.map(String.init))
    }
    // The bash script has the option's name on the line before its values.
    let hasValues = zip([[]] + lines, lines).contains { before, line in
      line.isSuperset(of: Compression.allCases.map(\.rawValue))
        && line.union(before).contains("compression")
    }
    #expect(hasValues, "\(script.text)")
  }
}
