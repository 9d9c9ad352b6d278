"""Names: their size, their end, their bytes, and the targets of symlinks."""

from .case import Case, case
from .cpio import AFTER, BEFORE, CHAR, FILE, TRAILER, entry, file, folder, node, nul, pad, symlink


def cases(init):
    yield from sizes()
    yield from paths()
    yield from odd_bytes()
    yield from trailers()
    yield from targets()


def sizes():
    header = entry("", "", mode=FILE | 0o644, namesize=0)[:110]
    yield case("namesize-0", "a name of 0 bytes, not even a NUL", pad(header))
    yield case("namesize-1", "an empty name", file("", "x\n"))
    long = b"./" * 2047 + b"x"
    yield case("namesize-4096", "a name of 4095 bytes and a NUL", file(long, "x\n"))
    yield case("namesize-4097", "a name of 4096 bytes and a NUL", file(long + b"y", "x\n"))
    yield case("namesize-4096-padded", "a name padded with NULs to 4096", file("x", "x\n", end=nul(4095)))
    yield case("namesize-4097-padded", "a name padded with NULs to 4097", file("x", "x\n", end=nul(4096)))
    yield case(
        "namesize-padded", "names padded with NULs, for data at multiples of 512",
        file("x", "x\n", end=nul(401)), folder("d", end=nul(9)), symlink("l", "x", end=nul(4)),
    )
    yield Case(
        "namesize-max", "10", "a name of 4 GiB - 1",
        BEFORE + file("x", "x\n", namesize=0xFFFFFFFF) + AFTER,
    )
    yield Case(
        "namesize-max-both", "10", "a name and data of 4 GiB - 1",
        BEFORE + file("x", "x\n", namesize=0xFFFFFFFF, filesize=0xFFFFFFFF) + AFTER,
    )
    yield Case(
        "namesize-beyond", "10", "a name of 4096 in an image that ends before",
        BEFORE + file("x", namesize=4096),
    )
    yield case("name-no-nul", "a name without its NUL", file("name", "x\n", end=b""))
    yield case("name-no-nul-symlink", "a symlink's name without its NUL", symlink("name", "target", end=b""))
    yield case("name-no-nul-folder", "a folder's name without its NUL", folder("name", end=b""))
    yield case(
        "name-no-nul-skipped", "a folder's name without its NUL, the folder with data",
        entry("name", "x\n", mode=0o040755, end=b""),
    )
    yield Case(
        "name-no-nul-trailer", "3", "a trailer without its NUL",
        BEFORE + entry("TRAILER!!!", end=b"") + AFTER,
    )
    yield case(
        "name-no-nul-crc", "a name without its NUL in 070702",
        file("name", "x\n", end=b"", magic=b"070702", check=ord("x") + ord("\n")),
    )
    yield case(
        "name-no-nul-hard-link", "a hard link whose second name has no NUL",
        file("a", "x\n", ino=7, nlink=2), file("b", ino=7, nlink=2, end=b""),
    )
    yield case(
        "name-no-nul-inside", "a NUL inside of a name, and none at its end",
        file(b"name\0hidden", "x\n", end=b""),
    )
    yield case(
        "name-no-nul-4096", "a name of 4096 bytes without a NUL",
        file(b"./" * 2047 + b"xy", "x\n", end=b""),
    )
    yield case("name-nul-inside", "a NUL inside of a name", file(b"name\0hidden", "x\n"))
    yield case(
        "name-nul-inside-folder", "NULs inside of the names of a folder and of a file in it",
        folder(b"d\0hidden"), file(b"d/x\0hidden/y", "x\n"),
    )
    yield case("name-nul-inside-symlink", "a NUL inside of a symlink's name", symlink(b"name\0hidden", "target"))
    yield case("name-nul-inside-slash", "a NUL after a slash", folder("d"), file(b"d/\0hidden", "x\n"))
    yield case(
        "name-nul-inside-twice", "two names that differ after a NUL",
        file(b"x\0a", "one\n"), file(b"x\0b", "two\n"),
    )
    yield case("name-nul-first", "a NUL at the start of a name", file(b"\0hidden", "x\n"))


def paths():
    for name, path, what in (
        ("absolute", "/x", "a slash in front"),
        ("slashes", "//d///x", "many slashes"),
        ("dot", "./x", "./ in front"),
        ("dots-inside", "d/./x", "a dot inside"),
        ("parent", "../x", "../ in front"),
        ("parents", "../../../d/x", "several ../ in front"),
        ("parent-inside", "d/../x", "../ inside"),
        ("parent-missing", "no/../x", "../ after a folder that is not there"),
        ("slash-end", "x/", "a slash at the end of a file"),
        ("dots", "...", "three dots"),
        ("dot-end", "d/.", "the name of a folder and /."),
    ):
        yield case(f"path-{name}", f"a file: {what}", folder("d"), file(path, "x\n"))
    for name, path, what in (
        ("slash-end", "f/", "a slash at the end"),
        ("absolute", "/f", "a slash in front"),
        ("dot", "./f", "./ in front"),
        ("parent", "f/..", "/.. at the end"),
    ):
        yield case(f"path-folder-{name}", f"a folder: {what}", folder(path, 0o700, uid=5), file("f/x", "x\n"))
    yield case(
        "path-root-dot", "an entry . sets mode and owner of the root",
        folder(".", 0o711, uid=5, gid=6, mtime=7),
    )
    yield case(
        "path-root-slash", "an entry / sets mode and owner of the root",
        folder("/", 0o711, uid=5, gid=6, mtime=7),
    )
    yield case(
        "path-root-parent", "an entry .. sets mode and owner of the root",
        folder("..", 0o711, uid=5, gid=6, mtime=7),
    )
    yield case("path-root-file", "a file named .", file(".", "x\n"), file("/", "y\n"))
    yield case("path-symlink-slash-end", "a symlink: a slash at the end", symlink("x/", "y"))
    yield case("component-255", "a name of 255 bytes in a folder", folder("d"), file("d/" + "n" * 255, "x\n"))
    yield case("component-256", "a name of 256 bytes in a folder", folder("d"), file("d/" + "n" * 256, "x\n"))
    yield case(
        "component-256-folder", "a folder of 256 bytes, and a file in it",
        folder("n" * 256), file("n" * 256 + "/x", "x\n"),
    )


def odd_bytes():
    yield case(
        "name-normalisation", "two names that differ by Unicode normalisation only",
        file("\u00e9", "one\n"), file("e\u0301", "two\n"),
    )
    yield case(
        "name-not-utf-8", "names that are not UTF-8",
        file(b"\xff\xfe", "x\n"), file(b"\xc3", "y\n"), file(b"a\x80b", "z\n"),
    )
    yield case(
        "name-all-bytes", "a name of each byte but NUL and slash",
        file(bytes(set(range(1, 256)) - {47}), "x\n"),
    )
    yield case(
        "name-control", "escape sequences, newline and backspace",
        file(b"\x1b[31mred\x1b[0m", "x\n"), file("line\nfeed", "y\n"), file("ab\bc\r", "z\n"), section="10",
    )
    yield case("name-bidi", "a right-to-left override", file("exe\u202egpj.x", "x\n"), section="10")
    yield case(
        "name-blank", "blanks, a dash in front, quotes",
        file(" ", "x\n"), file("-rf", "y\n"), file("'\"$(x)", "z\n"), file("back\\slash", "b\n"), section="10",
    )
    yield case("name-case", "names that differ by case only", file("readme", "x\n"), file("README", "y\n"))


def trailers():
    """An entry of any type named TRAILER!!! ends an archive, except a symlink."""
    name = "TRAILER!!!"
    yield case("trailer-file", "a file named TRAILER!!!", file(name, "x\n"))
    yield case(
        "trailer-folder", "a folder named TRAILER!!!, and a file in it",
        folder(name), file(name + "/x", "x\n"),
    )
    yield case("trailer-node", "a device named TRAILER!!!", node(name, CHAR, 1, 3))
    yield case("trailer-symlink", "a symlink named TRAILER!!!", symlink(name, "x"))
    yield Case(
        "trailer-padded", "3", "a trailer whose name is padded with NULs",
        BEFORE + entry(name, end=nul(30)) + AFTER,
    )
    yield case("trailer-inside", "a file named TRAILER!!! in a folder", folder("d"), file("d/" + name, "x\n"))
    yield case("trailer-dot", "a file named ./TRAILER!!!", file("./" + name, "x\n"))
    yield case(
        "trailer-longer", "files named TRAILER!!!! and TRAILER!!",
        file(name + "!", "x\n"), file(name[:-1], "y\n"),
    )
    yield Case(
        "trailer-first", "3", "entries after the trailer, without padding between",
        TRAILER + BEFORE + AFTER,
    )
    yield Case("trailer-many", "3", "three trailers, one after the other", BEFORE + TRAILER * 3 + AFTER)


def targets():
    for size in (0, 1, 4095, 4096, 4097):
        yield case(f"target-{size}", f"a symlink with a target of {size} bytes", symlink("x", "t" * size))
    yield case("target-nul", "a target with a NUL at its end", symlink("x", "target\0"))
    yield case("target-nul-inside", "a target with a NUL inside", symlink("x", b"target\0hidden"))
    yield case("target-nul-first", "a target of a NUL", symlink("x", b"\0"))
    yield case("target-control", "a target of odd bytes", symlink("x", b"\x1b[31m\xff\n"), section="10")
    yield case(
        "target-absolute", "targets that lead out of the tree",
        symlink("x", "/etc/passwd"), symlink("y", "../../etc"), symlink("z", "z"), section="10",
    )
