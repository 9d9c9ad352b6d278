/// A JSON value that was read, with its place in the text.
struct JSONNode {
  /// What the value is.
  enum Value {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONNode])
    case object([Member])
  }

  /// A name with its value.
  struct Member {
    let name: String
    /// Where the name stands.
    let location: InitrdError.Location
    let value: JSONNode
  }

  let value: Value
  let location: InitrdError.Location

  /// What the value is, for messages.
  var kind: String {
    switch value {
    case .null: "null"
    case .bool: "true or false"
    case .integer, .number: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
