// Errors and paths are part of this library's interface, so that `import InitrdKit` also imports them.
@_exported public import BaseKit
