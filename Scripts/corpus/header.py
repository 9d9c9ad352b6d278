"""The newc header: magics, digits, sizes, types, numbers."""

from .case import Case, case
from .compress import gzip
from .cpio import (
    AFTER, BEFORE, BLOCK, CHAR, FIELDS, FIFO, FOLDER, SOCKET,
    archive, between, entry, file, folder, node, nul, pad, symlink,
)

def cases(init):
    yield from magics()
    yield from checksums()
    yield from digits()
    yield from sizes()
    yield from types()
    yield from numbers()


def magics():
    for magic, what in (("070707", "odc"), ("070703", "nothing known"), ("07070A", "nothing known")):
        yield case(
            f"magic-{magic}", f"an entry with the magic of {what}",
            file("x", "x\n", magic=magic.encode()),
        )
    yield Case(
        "magic-binary", "3", "an entry with the magic of binary cpio",
        BEFORE + pad(b"\xc7\x71" + nul(24) + b"x") + AFTER,
    )
    yield Case("magic-shifted", "3", "two bytes too many before a header", BEFORE + b"\0\0" + AFTER)


def checksums():
    """070702: the sum of the data's bytes, which the kernel verifies."""
    data = "0123456789abcdef"
    right = sum(data.encode())

    def summed(name, content, check, make=file):
        return make(name, content, magic=b"070702", check=check)

    yield case("crc-good", "a right sum", summed("x", data, right))
    yield case("crc-bad", "a wrong sum", summed("x", data, right + 1))
    yield case("crc-zero", "a sum of 0 over data that has another", summed("x", data, 0))
    yield case("crc-empty", "an empty file with a sum", summed("x", "", 1))
    yield case("crc-ignored", "a wrong sum in 070701", file("x", data, check=1))
    yield case("crc-symlink", "a symlink with a wrong sum", summed("x", "target", 1, symlink))
    yield case("crc-folder", "a folder with a sum", folder("x", magic=b"070702", check=1))
    yield case("crc-large", "a right sum over 100,000 bytes ff", summed("x", b"\xff" * 100_000, 255 * 100_000))
    first = summed("a", "", 0, lambda *name, **fields: file(*name, ino=5, nlink=2, **fields))
    last = summed("b", data, right, lambda *name, **fields: file(*name, ino=5, nlink=2, **fields))
    yield case("crc-hard-link", "a hard link, its sum beside the data", first, last)
    both = summed("a", "", right, lambda *name, **fields: file(*name, ino=5, nlink=2, **fields))
    yield case(
        "crc-hard-link-both", "a hard link, its sum in both entries and the data in the last",
        both, last,
    )
    mixed = file("a", data) + summed("b", data, right) + file("c", data)
    yield case("crc-mixed", "070701 and 070702 in one archive", mixed)


def digits():
    yield case("hex-upper", "digits A to F", file("x", "x\n", uid=0xABCDEF, upper=True))
    yield case("hex-lower", "digits a to f", file("x", "x\n", uid=0xABCDEF))
    yield case("hex-mixed", "digits of both cases in one field", file("x", "x\n", uid=b"00aBcDeF"))
    # Linux 6 reads a field up to the first byte that is no digit; Linux 7 stops at the entry ("damaged header").
    for name, field, what in (
        ("letter", b"0000000G", "a letter G at the end"),
        ("letter-lower", b"0000000g", "a letter g at the end"),
        ("letter-inside", b"0000G001", "a letter G inside"),
        ("0x", b"0x000010", "0x at the start"),
        ("0x-upper", b"0X000010", "0X at the start"),
        ("0x-inside", b"00000x10", "0x inside"),
        ("blanks", b"      10", "blanks at the start"),
        ("blanks-end", b"10      ", "blanks at the end"),
        ("blank-inside", b"0000 010", "a blank inside"),
        ("tab", b"\t0000010", "a tab at the start"),
        ("plus", b"+0000010", "a plus sign"),
        ("minus", b"-0000010", "a minus sign"),
        ("nul", b"10\0\0\0\0\0\0", "NULs at the end"),
        ("nul-all", bytes(8), "nothing but NULs"),
        ("newline", b"0000010\n", "a newline at the end"),
        ("before-digits", b"0000010/", "the byte before 0 at the end"),
        ("after-digits", b"0000010:", "the byte after 9 at the end"),
        ("before-letters", b"0000010@", "the byte before A at the end"),
        ("before-lower", b"0000010`", "the byte before a at the end"),
        ("high-bit", b"000001\xb0\xb1", "digits with their highest bit set"),
    ):
        yield case(f"hex-{name}", f"an owner with {what}", file("x", "x\n", uid=field))
    for field in ("ino", "gid", "nlink", "mtime", "devmajor", "devminor", "rdevmajor", "rdevminor"):
        yield case(f"hex-{field}", f"a letter G at the end of {field}", file("x", "x\n", **{field: b"0000000G"}))
    yield case("hex-namesize", "a letter G after the size of the name", file("x", "x\n", namesize=b"0000002G"))
    yield case("hex-mode", "a mode with a letter G at its end", entry("x", "x\n", mode=b"0000814G"))
    yield case(
        "hex-size", "a size of data with a letter G at its start",
        file("x", "x\n", filesize=b"G0000002"),
    )
    yield case("hex-check", "letters in the sum of 070701", file("x", "x\n", check=b"checksum"))
    yield case(
        "hex-check-crc", "0x in the right sum of 070702",
        file("x", "x\n", magic=b"070702", check=b"0x000082"),
    )
    yield case("hex-dropped", "a letter in a file whose folder is not there", file("no/x", "x\n", uid=b"0000000G"))
    yield case(
        "hex-skipped", "a letter in the header of a folder with data",
        entry("x", "x\n", mode=0o40755, uid=b"0000000G"),
    )
    yield case(
        "hex-no-name", "a letter in a header whose name has 0 bytes",
        file("", "", end=b"", uid=b"0000000G"),
    )
    yield Case(
        "hex-trailer", "3", "a letter in the trailer's header",
        BEFORE + entry("TRAILER!!!", mtime=b"0000000G"),
    )
    yield Case(
        "hex-trailer-raw", "3", "a letter in the trailer's header, and a raw archive after it",
        BEFORE + entry("TRAILER!!!", gid=b"0000000G") + archive(file("late", "late\n")),
    )
    yield Case(
        "hex-trailer-packed", "3", "a letter in the trailer's header in a gzip archive, and another archive in it",
        gzip(BEFORE + entry("TRAILER!!!", gid=b"0000000G") + archive(file("late", "late\n"))),
    )
    yield Case(
        "hex-packed", "3", "a letter in a header of a gzip archive, and an archive after it",
        gzip(between(file("x", "x\n", uid=b"0000000G"))) + gzip(archive(file("late", "late\n"))),
    )


def sizes():
    """Sizes of data, and the bytes after the data."""
    whole = file("x", "x\n", filesize=1 << 20)
    yield Case("size-beyond", "3", "data of 1 MiB in an image that ends before", BEFORE + whole + AFTER)
    yield Case(
        "size-max-folder", "10", "a folder with data of 4 GiB - 1",
        BEFORE + folder("x", filesize=0xFFFFFFFF) + AFTER,
    )
    yield Case(
        "size-max-symlink", "10", "a symlink with a target of 4 GiB - 1",
        BEFORE + symlink("x", "t", filesize=0xFFFFFFFF) + AFTER,
    )
    yield Case(
        "size-max-trailer", "10", "a trailer with data of 4 GiB - 1",
        BEFORE + entry("TRAILER!!!", filesize=0xFFFFFFFF) + AFTER,
    )
    yield Case("size-trailer", "3", "a trailer with data", BEFORE + entry("TRAILER!!!", "skipped\n") + AFTER)
    short = file("x", "0123456789abcdef", filesize=5)
    yield Case("size-short", "3", "more data than the header tells", BEFORE + short + AFTER)
    yield Case(
        "size-short-nuls", "3", "NULs after data that is longer than the header tells",
        BEFORE + file("x", "01234" + "\0" * 11, filesize=5) + AFTER,
    )
    for length in (1, 2, 3):
        data = "123"[:length]
        bare = file("x", data)[: length - 4]
        yield Case(
            f"size-unpadded-{length}", "3", f"{length} bytes of data without padding",
            BEFORE + bare + AFTER,
        )
    dirty = file("x", "1")[:-3] + b"abc"
    yield Case("size-padding", "3", "padding of data that is not NUL", BEFORE + dirty + AFTER)
    yield Case(
        "size-padding-name", "3", "padding of a name that is not NUL",
        BEFORE + folder("xx")[:-1] + b"a" + AFTER,
    )


def types():
    """Only files and symlinks have data; other entries with data are dropped."""
    kinds = {"folder": FOLDER, "fifo": FIFO, "socket": SOCKET, "char": CHAR, "block": BLOCK}
    for name, kind in kinds.items():
        yield case(
            f"data-{name}", f"a {name} with data",
            entry("x", "data\n", mode=kind | 0o755, rdevmajor=1, rdevminor=3),
        )
    for kind in (0, 0o030000, 0o110000, 0o170000):
        yield case(
            f"type-{kind:06o}", f"the unknown type {kind:06o}",
            entry("x", mode=kind | 0o644), entry("y", "data\n", mode=kind | 0o644),
        )
    devices = [node("char", CHAR, 1, 3, 0o620), node("block", BLOCK, 8, 1)]
    pipes = [node("fifo", FIFO), node("socket", SOCKET, mode=0o777)]
    yield case(
        "type-each", "a node of each type",
        *devices, *pipes, file("file"), folder("folder", 0o700), symlink("link", "file"),
    )
    yield case("mode-17-bits", "a mode of more than 16 bits", entry("x", "x\n", mode=0x00018000 | 0o644))
    yield case("mode-32-bits", "a mode of 32 bits", entry("x", "x\n", mode=0xFFFF8000 | 0o600))
    yield case(
        "mode-special", "setuid, setgid and sticky, of other owners",
        file("u", mode=0o4755, uid=1, gid=2), file("g", mode=0o2755, uid=1, gid=2),
        folder("t", 0o1777, uid=1, gid=2), folder("s", 0o2770, uid=1, gid=2),
    )
    yield case(
        "mode-zero", "modes of 0",
        file("file", "x\n", 0), folder("folder", 0), file("folder/inside", "x\n"), node("fifo", FIFO, mode=0),
    )


def numbers():
    yield case(
        "owner-max", "owners ffffffff and fffffffe",
        file("x", uid=0xFFFFFFFF, gid=0xFFFFFFFF), file("y", uid=0xFFFFFFFE, gid=0xFFFFFFFE),
        file("z", uid=0xFFFFFFFF, gid=7), folder("d", uid=0xFFFFFFFF, gid=5),
    )
    yield case("owner-symlink", "a symlink of another owner", symlink("x", "y", uid=1000, gid=1001))
    yield case(
        "owner-twice", "a second entry of one file with the owner ffffffff",
        file("x", uid=5, gid=6), file("x", uid=0xFFFFFFFF, gid=0xFFFFFFFF),
    )
    for major, minor in ((4095, 1048575), (4096, 0), (0, 1 << 20), (0xFFFFFFFF, 0xFFFFFFFF), (259, 300)):
        yield case(
            f"rdev-{major}-{minor}", f"a device {major}:{minor}",
            node("c", CHAR, major, minor), node("b", BLOCK, major, minor),
        )
    yield case(
        "rdev-file", "a file and a fifo with device numbers",
        file("x", rdevmajor=1, rdevminor=3), node("p", FIFO, 1, 3),
    )
    times = [file(f"{time:08x}", mtime=time) for time in (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)]
    time = 1234567890
    kinds = [folder("folder", mtime=time), symlink("link", "x", mtime=time), node("fifo", FIFO, mtime=time)]
    yield case(
        "mtime", "times up to 2106, which a kernel with INITRAMFS_PRESERVE_MTIME keeps",
        *times, *kinds, file("folder/inside", mtime=5),
    )
    yield case("nlink-zero", "a file with 0 names", file("x", "x\n", nlink=0))
    yield case(
        "fields-max", "a file with ffffffff in all that is not a size",
        file("x", "x\n", **dict.fromkeys(set(FIELDS) - {"mode", "filesize", "namesize"}, 0xFFFFFFFF)),
        section="10",
    )
