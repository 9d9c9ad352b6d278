"""What a case is, and how its image is put together."""

from dataclasses import dataclass

from .cpio import CHAR, archive, between, file, folder, node, pad


@dataclass(frozen=True)
class Case:
    name: str
    section: str  # of the project's contract with the kernel
    description: str  # what it shows
    bytes: bytes
    whole: bool = False  # the bytes are the whole image, and hold /init themselves
    memory: int = 256  # MiB of the guest


def case(name, description, *entries, section="3"):
    """A case of an archive of entries between `before` and `after`."""
    return Case(name, section, description, between(*entries))


class Init:
    """The program that is /init, for the prefix and for the cases that do without it."""

    def __init__(self, program):
        self.program = program
        self.file = file("init", program, 0o755)
        self.entries = self.file + folder("dev") + node("dev/console", CHAR, 5, 1)
        # An archive with nothing wrong in it. What follows starts at a multiple of 512.
        self.prefix = pad(archive(self.entries), 512)

    def image(self, case):
        return case.bytes if case.whole else self.prefix + case.bytes

    def offset(self, case):
        """Where the case's own bytes start in its image."""
        return 0 if case.whole else len(self.prefix)
