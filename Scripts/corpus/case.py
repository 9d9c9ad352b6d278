"""A case of the corpus, and its image."""

from dataclasses import dataclass

from .cpio import CHAR, archive, between, file, folder, node, pad


@dataclass(frozen=True)
class Case:
    name: str
    section: str  # the section of the project's notes about the kernel
    description: str
    bytes: bytes
    whole: bool = False  # the bytes are the whole image, which contains /init
    memory: int = 256  # MiB of the guest


def case(name, description, *entries, section="3"):
    """A case of an archive of entries between `before` and `after`."""
    return Case(name, section, description, between(*entries))


class Init:
    """The program for /init, for the prefix and for cases that are whole images."""

    def __init__(self, program):
        self.program = program
        self.file = file("init", program, 0o755)
        self.entries = self.file + folder("dev") + node("dev/console", CHAR, 5, 1)
        # A valid archive. The bytes after it start at a multiple of 512.
        self.prefix = pad(archive(self.entries), 512)

    def image(self, case):
        return case.bytes if case.whole else self.prefix + case.bytes

    def offset(self, case):
        """The offset of the case's own bytes in its image."""
        return 0 if case.whole else len(self.prefix)
