"""Whole images: early data, and /init."""

from .case import Case
from .compress import CODECS, gzip, gzip_of_length
from .cpio import FIFO, archive, file, folder, node, nul, pad, symlink

UCODE = "kernel/x86/microcode/GenuineIntel.bin"
FOLDERS = folder("kernel") + folder("kernel/x86") + folder("kernel/x86/microcode")


def cases(init):
    yield from early(init)
    yield from firsts(init)
    yield from inits(init)


def early(init):
    """Data that the kernel reads before it unpacks: an early, raw archive."""
    ucode = archive(FOLDERS, file(UCODE, "microcode\n" * 50))
    tables = "kernel/firmware/acpi"
    table = file(tables + "/dsdt.aml", "DSDT")
    acpi = archive(folder("kernel"), folder("kernel/firmware"), folder(tables), table)
    main = gzip(archive(init.entries, file("main", "main\n")))

    def whole(name, description, image, **more):
        return Case(f"early-{name}", "4", description, image, whole=True, **more)

    yield whole("gzip", "microcode padded to 512, and a gzip archive", pad(ucode, 512) + main)
    yield whole("aligned-4", "microcode with no padding but to 4, and a gzip archive", ucode + main)
    yield whole("unaligned", "microcode, 2 NULs, and a gzip archive", ucode + nul(2) + main)
    yield whole(
        "raw", "microcode padded to 512, and a raw archive",
        pad(ucode, 512) + archive(init.entries, file("main", "main\n")),
    )
    yield whole("two", "microcode, ACPI tables, and a gzip archive", pad(ucode, 512) + pad(acpi, 512) + main)
    yield whole(
        "no-folders", "microcode whose folders are not in the archive",
        pad(archive(file(UCODE, "microcode\n")), 512) + main,
    )
    yield whole(
        "dot", "microcode with ./ in front, which the loader does not find",
        pad(archive(FOLDERS, file("./" + UCODE, "microcode\n")), 512) + main,
    )
    yield whole(
        "slash", "microcode with a slash in front, which the loader does not find",
        pad(archive(FOLDERS, file("/" + UCODE, "microcode\n")), 512) + main,
    )
    yield whole("last", "microcode after a gzip archive, where the loader does not find it", pad(main) + ucode)
    yield whole(
        "no-trailer", "microcode without a trailer",
        pad(FOLDERS + file(UCODE, "microcode\n"), 512) + main,
    )
    yield whole(
        "aligned-data", "microcode at a multiple of 16, by NULs after its name",
        pad(archive(FOLDERS, file(UCODE, "microcode\n", end=nul(13))), 512) + main,
    )


def firsts(init):
    """Images whose first segment differs from the prefix of the other cases."""
    tree = archive(init.entries, file("main", "main\n"))
    for name, compress in CODECS.items():
        yield Case(f"first-{name}", "2", f"the image is one {name} archive", compress(tree), whole=True)
    for count in range(1, 5):
        yield Case(
            f"first-nuls-{count}-raw", "1", f"{count} NULs, and a raw archive",
            nul(count) + tree, whole=True,
        )
        yield Case(
            f"first-nuls-{count}-gzip", "1", f"{count} NULs, and a gzip archive",
            nul(count) + gzip(tree), whole=True,
        )
    yield Case(
        "first-gzip-raw", "1", "a gzip archive of 4n + 2 bytes with /init, a raw one",
        gzip_of_length(tree, 2) + archive(file("second", "2\n")), whole=True,
    )
    yield Case("first-junk", "1", "junk, and a raw archive", b"junk" + tree, whole=True)
    yield Case(
        "first-no-trailer", "1", "a raw archive without a trailer, and nothing else",
        init.entries + file("main", "main\n"), whole=True,
    )


def inits(init):
    """/init must exist and be executable, else the kernel looks for a root file system."""
    program = init.program

    def whole(name, description, *entries):
        return Case(f"init-{name}", "5", description, archive(*entries), whole=True)

    yield whole("missing", "no /init", file("main", "main\n"))
    yield whole("not-executable", "an /init without x", file("init", program, 0o644))
    yield whole(
        "fallback", "an /init without x, and a /bin/sh that runs instead",
        file("init", program, 0o644), folder("bin"), file("bin/sh", program, 0o755),
    )
    yield whole("root-only", "an /init that root alone may run", file("init", program, 0o100))
    yield whole("others-only", "an /init that all but root's own bits may run", file("init", program, 0o001))
    yield whole("folder", "/init is a folder", folder("init"))
    yield whole("fifo", "/init is a fifo", node("init", FIFO, mode=0o755))
    yield whole(
        "symlink", "/init is a symlink",
        folder("sbin"), file("sbin/init", program, 0o755), symlink("init", "sbin/init"),
    )
    yield whole("dangling", "/init is a symlink to nothing", symlink("init", "no"))
    yield whole("sbin", "/sbin/init and no /init", folder("sbin"), file("sbin/init", program, 0o755))
    yield whole("linuxrc", "/linuxrc and no /init", file("linuxrc", program, 0o755))
    yield whole(
        "linuxrc-not-executable", "a /linuxrc that runs, and an /init without x",
        file("linuxrc", program, 0o755), file("init", program, 0o644),
    )
    yield whole(
        "linuxrc-symlink", "/linuxrc is a symlink to /init",
        file("init", program, 0o755), symlink("linuxrc", "init"),
    )
    yield whole("no-console", "/init and nothing else: the console is the kernel's own", init.file)
    yield whole("absolute", "/init with a slash in front", file("/init", program, 0o755))
    yield whole("dot", "/init with ./ in front, and an entry .", folder("."), file("./init", program, 0o755))
    yield whole("after-trailer", "/init after a trailer", archive(file("main", "main\n")), init.file)
    yield whole("text", "/init is text", file("init", "not a program\n", 0o755))
    yield whole("empty", "/init is empty", file("init", "", 0o755))
    yield whole("last", "/init is the last of two", file("init", "not a program\n", 0o644), init.file)
    yield whole(
        "hard-link", "/init is the second name of a hard link",
        file("a", ino=7, nlink=2), file("init", program, 0o755, ino=7, nlink=2),
    )
