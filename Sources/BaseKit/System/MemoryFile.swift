import CSyscalls

extension OpenFile {
  /// A file in memory with these bytes, called `name` in messages; it goes when the value ends.
  ///
  /// - Throws: `system` when there is no memory for it.
  package static func inMemory(
    _ bytes: Span<UInt8>, named name: String
  ) throws(InitrdError) -> OpenFile {
    let descriptor = csyscalls_memory_file()
    guard descriptor >= 0 else { throw .system("make a file in memory for", name) }
    let file = OpenFile(adopting: descriptor, name: name)
    try file.write(bytes)
    return file
  }
}
