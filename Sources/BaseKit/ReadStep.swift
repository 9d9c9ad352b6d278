/// What a handler answers to the reader that calls it.
package enum ReadStep: Sendable {
  /// Goes on.
  case goOn
  /// Reads nothing more: the handler has what it wants.
  case stop
}
