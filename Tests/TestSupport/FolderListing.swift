/// Lists a directory recursively, one line for each name, sorted by bytes. A line has the path, type and permissions;
/// for files also size, details and checksum; for everything else except directories the details and the target.
///
/// - Parameters:
///   - folder: the path of the directory.
///   - details: directives of find(1) for entries that are not directories: `%n` for names, `%T@` for times.
/// - Returns: the lines.
/// - Throws: an error if find can't be run.
public func listing(_ folder: String, _ details: String = "%n") throws -> [String] {
  let script = """
    cd "$1" && LC_ALL=C find . -mindepth 1 \\( -type d -printf '%P %y %m\\n' \\) \
    -o \\( -type f -printf "%P %y %m %s $2 " -exec sh -c 'cksum <"$1"' - {} \\; \\) \
    -o -printf "%P %y %m $2 %l\\n" | LC_ALL=C sort
    """
  let result = try run("sh", ["-c", script, "-", folder, details])
  return result.text.split(separator: "\n").map(String.init)
}
