import BaseKit
import InitrdKit

extension Reason {
  /// The reason as JSON: its kind, the values of that kind, and the text.
  var json: JSONValue {
    var members: JSONValue.Members = [("kind", .string(kind))]
    switch self {
    case .requested(let key, let name, let location):
      members.append(("key", .string(key)))
      if let name { members.append(("name", .string(printable(name.utf8)))) }
      if let location { members.append(("place", location.json)) }
    case .dependency(let module), .firmware(let module): members.append(("module", .string(module)))
    case .softDependency(let module, let alias):
      members += [("module", .string(module)), ("alias", .string(alias))]
    case .needed(let path, let need):
      members.append(("path", .path(path.bytes)))
      switch need {
      case .libraryVariant(let level): members.append(("level", .string(level)))
      case .dlopen(let feature, let priority):
        members += [("feature", .string(feature)), ("priority", .string(priority))]
      case .nameService(let service): members.append(("service", .string(service)))
      case .interpreter, .dynamicLinker, .library, .unwinder: break
      }
    case .link(let path): members.append(("path", .path(path.bytes)))
    case .parent(let path): members.append(("path", .path(path.bytes)))
    case .generated: break
    }
    return .object(members + [("text", .string(description))])
  }
}
