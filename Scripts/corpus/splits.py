"""One archive in several members of a codec. If a member does not end at the end of an entry, the kernel stops."""

from .case import Case
from .compress import CODECS, gzip, gzip_stored
from .cpio import AFTER, BEFORE, TRAILER, file, pad

LARGE = file("large", "0123456789abcdef" * 64)


def cases(init):
    for name, compress in CODECS.items():
        parts = (BEFORE + LARGE, AFTER + TRAILER)
        yield Case(
            f"split-between-{name}", "1", f"{name}: two members, cut between entries",
            b"".join(map(compress, parts)),
        )
        parts = (BEFORE + LARGE[:400], LARGE[400:] + AFTER + TRAILER)
        yield Case(
            f"split-inside-{name}", "1", f"{name}: two members, cut in a file's data",
            b"".join(map(compress, parts)),
        )
    odd = file("odd", "12345")
    for name, at, what in (
        ("header", 60, "in a header"),
        ("name", 112, "in a name"),
        ("before-data", 116, "between a name and its data"),
        ("padding", len(odd) - 3, "between data and its padding"),
        ("in-padding", len(odd) - 1, "in the padding of data"),
    ):
        image = gzip(BEFORE + odd[:at]) + gzip(odd[at:] + AFTER + TRAILER)
        yield Case(f"split-{name}", "1", f"two gzip members, cut {what}", image)
    yield Case(
        "split-before-trailer", "1", "two gzip members, the trailer in the second",
        gzip(BEFORE + AFTER) + gzip(TRAILER),
    )
    members = b"".join(gzip(file(f"file{number:02}", f"{number}\n")) for number in range(20))
    yield Case("split-each-entry", "1", "twenty gzip members of an entry each", members + gzip(TRAILER))
    links = gzip(file("a", nlink=2, ino=7)) + gzip(file("b", "shared\n", nlink=2, ino=7) + TRAILER)
    yield Case("split-hard-links", "1", "the names of a hard link in two gzip members", links)
    yield Case(
        "split-raw-gzip", "1", "a raw archive without a trailer goes on in a gzip member",
        BEFORE + gzip(AFTER + TRAILER),
    )
    yield Case(
        "split-raw-inside", "1", "a raw archive cut in a file's data, which goes on in a gzip member",
        pad(BEFORE + LARGE[:400]) + gzip(LARGE[400:] + TRAILER),
    )
    yield Case(
        "split-window", "1", "a gzip member of more than its 32 KiB window",
        gzip_stored(BEFORE + file("zeros", b"\0" * 100_000) + AFTER + TRAILER),
    )
