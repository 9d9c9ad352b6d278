import ArgumentParser
import InitrdKit

/// `schema`: prints a JSON Schema.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the JSON Schema of the manifest, or of a command's --json output.",
    discussion: """
      Without a name, the names of all schemas are printed. Editors complete and check a manifest with \
      "$schema": "./manifest.schema.json" if the schema is in the same directory.

      Example: mkinitrd-swift schema manifest > manifest.schema.json
      """)

  @Argument(help: "The name of the schema.", completion: .list(Schema.allCases.map(\.rawValue)))
  var name: Schema?

  func run() throws {
    guard let name else {
      StandardOutput.print(Schema.allCases.map(\.rawValue).joined(separator: "\n"))
      return
    }
    var output = StandardOutput()
    output.write(name.text)
    output.flush()
  }
}

/// The schemas, which are embedded in the program.
enum Schema: String, CaseIterable, ExpressibleByArgument {
  case manifest, append, build, check, diff, error, extract, `init`, inspect, list, plan

  /// The text of the schema, from docs/schema.
  var text: [UInt8] {
    switch self {
    case .manifest: PackageResources.manifest_schema_json
    case .append: PackageResources.append_schema_json
    case .build: PackageResources.build_schema_json
    case .check: PackageResources.check_schema_json
    case .diff: PackageResources.diff_schema_json
    case .error: PackageResources.error_schema_json
    case .extract: PackageResources.extract_schema_json
    case .`init`: PackageResources.init_schema_json
    case .inspect: PackageResources.inspect_schema_json
    case .list: PackageResources.list_schema_json
    case .plan: PackageResources.plan_schema_json
    }
  }
}
