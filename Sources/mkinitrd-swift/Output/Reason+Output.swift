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
    case .parent(let path): members.append(("path", .path(path.bytes)))
    case .generated: break
    }
    return .object(members + [("text", .string(description))])
  }
}
