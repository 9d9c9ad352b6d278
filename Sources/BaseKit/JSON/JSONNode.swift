/// A JSON value that was read, with its place in the text.
package struct JSONNode {
  /// What the value is.
  package enum Value {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONNode])
    case object([Member])
  }

  /// A name with its value.
  package struct Member {
    package let name: String
    /// Where the name stands.
    package let location: InitrdError.Location
    package let value: JSONNode
  }

  package let value: Value
  package let location: InitrdError.Location

  /// What the value is, for messages.
  package var kind: String {
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
