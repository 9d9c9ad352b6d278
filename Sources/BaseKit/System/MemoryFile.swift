import CSyscalls

extension OpenFile {
  /// A file in memory with these bytes. It is called `name` in messages, and ends with the value.
  ///
  /// - Throws: `system` if there is not enough memory.
  package static func inMemory(
    _ bytes: Span<UInt8>, named name: String
  ) throws(InitrdError) -> OpenFile {
    let descriptor = csyscalls_memory_file()
    guard descriptor >= 0 else { throw .system("create a file in memory for", name) }
    let file = OpenFile(adopting: descriptor, name: name)
    try file.write(bytes)
    return file
  }
}
