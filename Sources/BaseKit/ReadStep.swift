/// The answer of a handler to the reader that calls it.
package enum ReadStep: Sendable {
  /// The reader continues.
  case goOn
  /// The reader stops, because the handler needs no more.
  case stop
}
