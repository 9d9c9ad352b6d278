/// A JSON value with its place in the text.
package struct JSONNode {
  /// The kind of the value.
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
    /// The place of the name.
    package let location: InitrdError.Location
    package let value: JSONNode
  }

  package let value: Value
  package let location: InitrdError.Location

  /// The kind of the value, for messages.
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
