/// What is in a folder, one line for each name, in the order of their bytes: path, type and permissions; of files size,
/// details and sum too, of all but folders details and target.
///
/// - Parameters:
///   - folder: the folder's path.
///   - details: more of find(1)'s directives for what is no folder: `%n` for names, `%T@` for times.
/// - Returns: the lines.
/// - Throws: when find can't be run.
public func listing(_ folder: String, _ details: String = "%n") throws -> [String] {
  let script = """
    cd "$1" && LC_ALL=C find . -mindepth 1 \\( -type d -printf '%P %y %m\\n' \\) \
    -o \\( -type f -printf "%P %y %m %s $2 " -exec sh -c 'cksum <"$1"' - {} \\; \\) \
    -o -printf "%P %y %m $2 %l\\n" | LC_ALL=C sort
    """
  let result = try run("sh", ["-c", script, "-", folder, details])
  return result.text.split(separator: "\n").map(String.init)
}
