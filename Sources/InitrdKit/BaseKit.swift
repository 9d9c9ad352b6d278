// Errors and paths are part of this library's interface: `import InitrdKit` brings them along.
@_exported public import BaseKit
