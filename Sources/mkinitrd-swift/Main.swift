import ArgumentParser
import InitrdKit
@main struct Main: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "mkinitrd-swift")
  func run() throws {}
}
