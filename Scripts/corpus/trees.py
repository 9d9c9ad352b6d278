"""Trees of several entries: parents, duplicates, changes of type, symlinks in paths."""

from .case import Case, case
from .compress import gzip
from .cpio import BLOCK, CHAR, FIFO, archive, file, folder, node, symlink


def cases(init):
    yield from parents()
    yield from duplicates()
    yield from through_symlinks()
    yield from overriding()


def parents():
    yield case(
        "parent-missing", "a file in a folder that is not there",
        file("no/x", "x\n"), folder("no/d"), symlink("no/l", "x"),
    )
    yield case(
        "parent-late", "a folder after what is in it, as find -depth lists",
        file("d/x", "x\n"), folder("d"), file("d/y", "y\n"),
    )
    yield case("parent-file", "a file in a file", file("f", "f\n"), file("f/x", "x\n"))
    yield case("parent-fifo", "a file in a fifo", node("p", FIFO), file("p/x", "x\n"))
    yield Case(
        "parent-segment", "3", "the folder of a file in an earlier segment",
        archive(folder("d")) + gzip(archive(file("d/x", "x\n"))),
    )
    deep = "/".join("abcdefghijklmnop")
    folders = [folder(deep[:end]) for end in range(1, len(deep) + 1, 2)]
    yield case("parent-deep", "a file sixteen folders down", *folders, file(deep + "/x", "x\n"))


def duplicates():
    """The later entry wins if the earlier one can be removed."""
    yield case(
        "twice-file", "a file and a shorter one of its name",
        file("x", "a longer text\n", 0o600, uid=5), file("x", "short\n"),
    )
    yield case("twice-file-empty", "a file and an empty one of its name", file("x", "text\n"), file("x"))
    yield case(
        "twice-file-longer", "a file and a longer one of its name",
        file("x", "x\n"), file("x", "a longer text\n"),
    )
    yield case(
        "twice-folder", "a folder twice, with other mode, owner and time",
        folder("d", 0o700, uid=5, mtime=5), file("d/x", "x\n"), folder("d", 0o711, uid=6, mtime=6),
    )
    yield case("twice-symlink", "a symlink twice, with another target", symlink("x", "a"), symlink("x", "b"))
    yield case(
        "twice-node", "a device twice, with other numbers",
        node("x", CHAR, 1, 3), node("x", CHAR, 1, 5, 0o666),
    )
    yield case(
        "twice-fifo", "a fifo twice, with another mode",
        node("x", FIFO), node("x", FIFO, mode=0o666, uid=5),
    )
    old = {
        "file": file("x", "old\n"),
        "empty": folder("x"),
        "full": folder("x") + file("x/inside", "inside\n"),
        "symlink": symlink("x", "target"),
        "node": node("x", CHAR, 1, 3),
    }
    new = {
        "file": file("x", "new\n"),
        "folder": folder("x", 0o700) + file("x/new", "new\n"),
        "symlink": symlink("x", "new"),
        "node": node("x", BLOCK, 8, 1),
    }
    words = {"empty": "an empty folder", "full": "a folder with a file", "node": "a character device"}
    for before, first in old.items():
        for after, second in new.items():
            if before == after or {before, after} in ({"empty", "folder"}, {"full", "folder"}):
                continue
            over = "block device" if after == "node" else after
            what = f"{words.get(before, 'a ' + before)}, and a {over} of its name"
            yield case(f"change-{before}-{after}", what, first, second)
    yield case(
        "change-node-kind", "a character device, and a block device of its name",
        node("x", CHAR, 1, 3), node("x", BLOCK, 1, 3),
    )


def through_symlinks():
    yield case(
        "through-symlink", "a file in a symlink to a folder lands in the folder",
        folder("d"), symlink("l", "d"), file("l/x", "x\n"),
    )
    yield case(
        "through-absolute", "a file in a symlink to an absolute folder",
        folder("d"), symlink("l", "/d"), file("l/x", "x\n"),
    )
    yield case("through-root", "a file in a symlink to ../..", symlink("l", "../.."), file("l/x", "x\n"))
    yield case("through-dangling", "a file in a symlink to nothing", symlink("l", "no"), file("l/x", "x\n"))
    yield case("through-loop", "a file in a symlink to itself", symlink("l", "l"), file("l/x", "x\n"))
    yield case(
        "through-file", "a file in a symlink to a file",
        file("f", "f\n"), symlink("l", "f"), file("l/x", "x\n"),
    )
    yield case(
        "through-chain", "a file in a symlink to a symlink",
        folder("d"), symlink("m", "d"), symlink("l", "m"), file("l/x", "x\n"),
    )
    chain = [symlink(f"l{i:02}", f"l{i + 1:02}" if i < 40 else "d") for i in range(41)]
    yield case(
        "through-40", "files in chains of 40 and 41 symlinks",
        folder("d"), *chain, file("l01/ok", "x\n"), file("l00/no", "x\n"),
    )
    yield case(
        "over-symlink-file", "a file over a symlink to a file replaces the symlink",
        file("f", "f\n"), symlink("x", "f"), file("x", "x\n"),
    )
    yield case(
        "over-symlink-folder", "a folder over a symlink to a folder replaces the symlink",
        folder("d"), symlink("x", "d"), folder("x", 0o700), file("x/y", "y\n"),
    )
    yield case(
        "over-symlink-slash", "a folder with a slash at its end over a symlink to a folder",
        folder("d"), symlink("x", "d"), folder("x/", 0o700, uid=5), file("x/y", "y\n"),
    )
    yield case("over-dangling", "a file over a symlink to nothing", symlink("x", "f"), file("x", "x\n"))
    yield Case(
        "usr-merge", "3", "a symlink bin to usr/bin, files in bin, and bin as a folder in a later segment",
        archive(folder("usr"), folder("usr/bin"), symlink("bin", "usr/bin"), file("bin/sh", "sh\n", 0o755))
        + archive(folder("bin"), file("bin/ls", "ls\n", 0o755)),
    )


def overriding():
    yield Case(
        "segment-overrides", "3", "a file of a later segment wins",
        archive(file("x", "first\n")) + gzip(archive(file("x", "second\n"))),
    )
    yield Case(
        "segment-removes-nothing", "3", "a later segment keeps what it does not name",
        archive(folder("d"), file("d/x", "x\n")) + archive(folder("d", 0o700), file("d/y", "y\n")),
    )
    yield case(
        "default-console", "another mode for /dev/console",
        node("dev/console", CHAR, 5, 1, 0o620, gid=5), section="3.2",
    )
    yield case("default-root", "another mode for /root", folder("root", 0o755, mtime=5), section="3.2")
    yield case("default-root-file", "a file instead of /root", file("root", "x\n"), section="3.2")
