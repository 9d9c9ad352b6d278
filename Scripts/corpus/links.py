"""Hard links: entries with two or more names and equal type, device and inode number are one file."""

from functools import partial

from .case import Case
from .case import case as any_case
from .compress import gzip
from .cpio import CHAR, FIFO, SOCKET, SYMLINK, archive, entry, file, folder, node, nul, symlink

case = partial(any_case, section="3.1")


def name(path, data="", ino=7, nlink=2, **fields):
    return file(path, data, ino=ino, nlink=nlink, **fields)


def cases(init):
    yield from data()
    yield from borders()
    yield from keys()
    yield from traps()


def data():
    """The names whose entries have the data."""
    for where, bodies in (
        ("first", ("data\n", "", "")),
        ("middle", ("", "data\n", "")),
        ("last", ("", "", "data\n")),
        ("all", ("data\n", "data\n", "data\n")),
        ("none", ("", "", "")),
        ("first two, the later shorter", ("a longer text\n", "text\n", "")),
        ("first two, the later longer", ("text\n", "a longer text\n", "")),
    ):
        entries = [name(path, body, nlink=3) for path, body in zip("abc", bodies)]
        yield case(f"link-data-{where.split()[-1]}", f"three names, data with the {where}", *entries)
    yield case(
        "link-count", "more and fewer names than the header tells",
        name("a", "x\n", nlink=9), name("b", nlink=9), name("c", "y\n", 8), name("d", "", 8), name("e", "", 8),
    )
    yield case(
        "link-folders", "names in several folders",
        folder("d"), folder("e"), name("d/a"), name("e/b", "x\n"),
    )
    yield case(
        "link-meta", "names with other mode, owner and time",
        name("a", "x\n", mode=0o600, uid=5, mtime=5), name("b", mode=0o755, uid=6, mtime=6),
    )
    yield case(
        "link-meta-data", "names with other mode, owner and time, and data with the last",
        name("a", mode=0o600, uid=5, mtime=5), name("b", "x\n", mode=0o755, uid=6, mtime=6),
    )


def borders():
    """The kernel forgets hard links at a trailer, but not at the end of a segment."""
    yield Case(
        "link-trailer", "3.1", "a trailer between two names",
        archive(name("a", "one\n")) + archive(name("b", "two\n")),
    )
    yield Case(
        "link-trailer-empty", "3.1", "a trailer between two names, data with the first",
        archive(name("a", "one\n")) + archive(name("b")),
    )
    yield Case(
        "link-no-trailer", "3.1", "two raw archives without a trailer between",
        name("a", "one\n") + nul(512) + archive(name("b", "two\n")),
    )
    yield Case(
        "link-no-trailer-gzip", "3.1", "a raw archive without a trailer, and a gzip one",
        name("a", "one\n") + gzip(archive(name("b", "two\n"))),
    )
    yield case(
        "link-trailer-inside", "a file named TRAILER!!! between two names",
        name("a", "one\n"), file("TRAILER!!!", "x\n"), name("b"),
    )
    yield case(
        "link-trailer-symlink", "a symlink named TRAILER!!! between two names",
        name("a", "one\n"), symlink("TRAILER!!!", "x"), name("b"),
    )
    yield case(
        "link-unrelated", "unrelated files with equal numbers and data of their own",
        name("a", "the first file\n"), name("b", "second\n"),
    )


def keys():
    """The fields that make two names one file."""
    yield case(
        "link-nlink-1", "equal numbers, one name each",
        name("a", "one\n", nlink=1), name("b", "two\n", nlink=1),
    )
    yield case(
        "link-nlink-1-2", "equal numbers, the second with two names",
        name("a", "one\n", nlink=1), name("b", "two\n"), name("c"),
    )
    yield case(
        "link-nlink-0", "equal numbers, no names at all",
        name("a", "one\n", nlink=0), name("b", "two\n", nlink=0),
    )
    yield case("link-ino-0", "the inode number 0", name("a", "one\n", 0), name("b", "", 0))
    yield case(
        "link-devices", "equal inode numbers on three devices",
        name("a", "one\n"), name("b", "two\n", devminor=1), name("c", "three\n", devmajor=1),
        name("d", "", devminor=1),
    )
    kinds = [node("c", CHAR, 1, 3, ino=7, nlink=2), node("p", FIFO, ino=7, nlink=2)]
    yield case("link-types", "equal numbers of a file, a device and a fifo", name("a", "one\n"), *kinds)
    for kind, letter in ((CHAR, "char"), (FIFO, "fifo"), (SOCKET, "socket")):
        pair = [node(path, kind, 1, 3, mode, ino=7, nlink=2) for path, mode in (("a", 0o600), ("b", 0o666))]
        yield case(f"link-{letter}", f"two names of a {letter}", *pair)
    yield case(
        "link-symlink", "two symlinks with equal numbers",
        symlink("a", "x", ino=7, nlink=2), symlink("b", "y", ino=7, nlink=2),
    )
    yield case(
        "link-folder", "two folders with equal numbers",
        folder("a", ino=7, nlink=2), folder("b", ino=7, nlink=2), file("a/x", "x\n"),
    )
    yield case(
        "link-ino-32", "the inode number ffffffff",
        name("a", "one\n", 0xFFFFFFFF), name("b", "", 0xFFFFFFFF),
    )


def traps():
    """The kernel links to the first name, even if it is another file by then."""
    yield case(
        "link-replaced", "the first name is another file by then",
        name("a", "one\n"), file("a", "other\n"), name("b"),
    )
    yield case(
        "link-replaced-data", "the first name is another file by then, data with the last",
        name("a"), file("a", "other\n"), name("b", "two\n"),
    )
    yield case(
        "link-replaced-symlink", "the first name is a symlink by then",
        file("f", "f\n"), name("a", "one\n"), symlink("a", "f"), name("b"),
    )
    yield case(
        "link-replaced-folder", "the first name is a folder by then",
        name("a", "one\n"), folder("a"), name("b"),
    )
    yield case(
        "link-first-missing", "the first name could not be made",
        name("no/a", "one\n"), name("b", "two\n", nlink=3), name("c"),
    )
    yield case("link-same-name", "one name twice", name("a", "one\n"), name("a", "two\n"))
    yield case(
        "link-same-name-last", "one name twice, after another",
        name("a", "one\n"), name("b"), name("b", "two\n"),
    )
    yield case("link-same-path", "one name twice, spelt differently", name("a", "one\n"), name("./a"))
    yield case(
        "link-over-file", "the second name is a file already",
        file("b", "old\n"), name("a", "one\n"), name("b"),
    )
    yield case(
        "link-over-folder", "the second name is a folder with a file already",
        folder("b"), file("b/x", "x\n"), name("a", "one\n"), name("b", "two\n"),
    )
    yield case(
        "link-over-empty", "the second name is an empty folder already",
        folder("b"), name("a", "one\n"), name("b"),
    )
    yield case(
        "link-over-symlink", "the second name is a symlink already",
        file("f", "f\n"), symlink("b", "f"), name("a", "one\n"), name("b"),
    )
    yield case(
        "link-skipped", "the first name has a path of 256 bytes",
        name("n" * 256, "one\n"), name("b"), name("c", "two\n"),
    )
    group = [name(f"n{i:03}", "data\n" if i == 63 else "", nlink=64) for i in range(64)]
    yield case("link-many", "sixty-four names", *group, section="10")
    yield case(
        "link-folder-data", "a folder, its number that of a file",
        folder("d", ino=7, nlink=2), name("a", "one\n"), name("b"),
    )
    mixed = entry("l", "a", mode=SYMLINK | 0o777, ino=7, nlink=3)
    yield case(
        "link-to-symlink", "a symlink with the numbers of a file",
        mixed, name("a", "one\n", nlink=3), name("b", "", nlink=3),
    )
