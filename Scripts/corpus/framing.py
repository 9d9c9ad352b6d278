"""Segments: where they can start, the bytes between them, and the end of an image."""

import random
import struct

from .case import Case
from .compress import CODECS, gzip, gzip_of_length, gzip_stored, lz4, lzma_literals
from .cpio import AFTER, BEFORE, TRAILER, archive, between, file, nul, pad, symlink

FIRST = archive(file("first", "first\n"))
SECOND = archive(file("second", "second\n"))
FIRST_OPEN = file("first", "first\n")  # an archive without a trailer


def cases(init):
    yield from aligned()
    yield from inside_a_payload(init)
    yield from ends()
    yield from cuts()
    yield from boot_configs()
    yield from no_archive()


def aligned():
    """After a raw archive, a segment starts at a multiple of 4. After a compressed one, it starts anywhere."""
    for count in (0, 1, 2, 3, 4, 8):
        for name, second in (("raw", SECOND), ("gzip", gzip(SECOND))):
            description = f"a raw archive, {count} NULs, a {name} archive"
            yield Case(f"framing-raw-{count}-{name}", "1", description, FIRST + nul(count) + second)
    for name in ("zstd", "lz4"):
        for count in (2, 4):
            description = f"a raw archive, {count} NULs, a {name} archive"
            yield Case(
                f"framing-raw-{count}-{name}", "1", description,
                FIRST + nul(count) + CODECS[name](SECOND),
            )
    for count in range(4):
        description = f"a gzip archive of 4n + 1 bytes, {count} NULs, a raw archive"
        yield Case(
            f"framing-gzip-{count}-raw", "1", description,
            gzip_of_length(FIRST, 1) + nul(count) + SECOND,
        )
        description = f"a gzip archive of 4n + 1 bytes, {count} NULs, a gzip archive"
        yield Case(
            f"framing-gzip-{count}-gzip", "1", description,
            gzip_of_length(FIRST, 1) + nul(count) + gzip(SECOND),
        )
    yield Case(
        "framing-gzip-raw", "1", "a gzip archive of 4n bytes and a raw one",
        gzip_of_length(FIRST, 0) + SECOND,
    )
    image = b"".join(
        compress(archive(file(name, name))) + nul(count)
        for count, (name, compress) in enumerate(CODECS.items())
        if name != "lz4"
    )
    image += lz4(archive(file("lz4", "lz4"))) + nul(4) + gzip(SECOND)
    yield Case("framing-all-codecs", "1", "all seven codecs, with 0 to 6 NULs between, lz4 last but one", image)
    yield Case("framing-nul-runs", "1", "100,000 NULs between two archives", FIRST + nul(100_000) + SECOND)


def inside_a_payload(init):
    """A payload can contain several archives, with NULs between them up to a multiple of 4."""
    late = "in a compressed archive that is not the first"
    yield Case("payload-leading-nuls", "1", f"4 NULs before the cpio {late}", FIRST + gzip(nul(4) + SECOND))
    yield Case(
        "payload-leading-nuls-first", "1", "4 NULs before the cpio in the first compressed archive",
        gzip(nul(4) + archive(init.entries)), whole=True,
    )
    yield Case(
        "payload-empty", "1", "a gzip member of nothing between two archives",
        FIRST + gzip(b"") + nul(4) + SECOND,
    )
    yield Case(
        "payload-empty-first", "1", "a gzip member of nothing, first of all",
        gzip(b"") + gzip(archive(init.entries)), whole=True,
    )
    yield Case("payload-two-archives", "1", "two archives in one gzip member", gzip(FIRST + SECOND))
    yield Case(
        "payload-two-archives-nuls", "1", "two archives with 512 NULs between in one member",
        gzip(FIRST + nul(512) + SECOND),
    )
    yield Case(
        "payload-two-archives-unaligned", "1", "two archives with 3 NULs between in one member",
        gzip(FIRST + nul(3) + SECOND),
    )
    yield Case(
        "payload-trailing-nuls", "1", "a member that ends with 6 NULs after the trailer",
        gzip(FIRST + nul(6)) + gzip(SECOND),
    )
    yield Case(
        "payload-junk", "1", "other bytes after the trailer in a member",
        gzip(FIRST + b"junk") + gzip(SECOND),
    )
    yield Case("payload-text", "1", "a member whose content is no cpio", gzip(b"This is no archive.\n"))
    yield Case("payload-nested", "1", "a gzip member in a gzip member is not unpacked twice", gzip(gzip(FIRST)))
    yield Case(
        "payload-no-trailer", "1", "a member without a trailer, and one more",
        gzip(FIRST_OPEN) + gzip(SECOND),
    )


def ends():
    """The last bytes of an image."""
    yield Case("end-no-trailer", "1", "a raw archive without a trailer ends the image", BEFORE + AFTER)
    yield Case("end-no-trailer-raw", "1", "an archive without a trailer, and a raw one", BEFORE + FIRST)
    yield Case(
        "end-no-trailer-nuls-raw", "1", "an archive without a trailer, NULs, and a raw one",
        BEFORE + nul(512) + FIRST,
    )
    yield Case("end-trailer-only", "1", "an archive of nothing but a trailer", TRAILER)
    yield Case("end-nothing", "1", "nothing after the prefix: what the kernel has without a case", b"")
    yield Case("end-nuls-3", "1", "3 NULs end the image", FIRST + nul(3))
    yield Case("end-junk-raw", "1", "text after a raw archive", FIRST + b"junk")
    yield Case("end-junk-digit", "1", "a digit 0 after a raw archive", FIRST + b"0")
    yield Case("end-junk-then-raw", "1", "text between two raw archives", FIRST + b"junk" + SECOND)
    size = len(FIRST).to_bytes(4, "little")
    for name, compress in CODECS.items():
        description = f"a size word after a {name} archive, as in kernel images"
        yield Case(f"end-size-word-{name}", "1", description, compress(FIRST) + size)


def cuts():
    """Images that are cut off."""
    entry = file("cut", "0123456789abcdef")
    for name, count, what in (
        ("header", 60, "in its header"),
        ("name", 112, "in its name"),
        ("data", len(entry) - 10, "in its data"),
    ):
        yield Case(f"cut-raw-{name}", "1", f"a raw archive ends {what}", BEFORE + entry[:count])
    yield Case(
        "cut-raw-padding", "1", "a raw archive ends in the padding of data",
        BEFORE + file("cut", "12345")[:-2],
    )
    yield Case(
        "cut-raw-symlink", "1", "a raw archive ends in the target of a symlink",
        BEFORE + symlink("cut", "0123456789abcdef")[:-10],
    )
    # No codec can compress noise, so the cut is at the same byte with all versions of the codec.
    noise = random.Random(1).randbytes(60_000)
    for name, compress in (CODECS | {"gzip": gzip_stored, "lzma": lzma_literals}).items():
        packed = compress(between(file("noise", noise)))
        description = f"the first half of a {name} archive"
        yield Case(f"cut-{name}", "1", description, FIRST + packed[: len(packed) // 2])
    packed = gzip(FIRST)
    yield Case("cut-gzip-trailer", "1", "a gzip member without its last 4 bytes", packed[:-4])
    yield Case("cut-gzip-header", "1", "the first 6 bytes of a gzip member", FIRST + packed[:6])
    yield Case("cut-magic", "1", "one byte of a gzip member", FIRST + packed[:1])


def boot_config(**lies):
    """The bytes that tools/bootconfig appends: text, its size, the sum of its bytes, a magic."""
    text = b"kernel.quiet\n\0\0\0"
    size, total = lies.get("size", len(text)), lies.get("total", sum(text))
    return text + struct.pack("<II", size, total) + b"#BOOTCONFIG\n"


def boot_configs():
    """The kernel removes a boot config from the end before it unpacks, even without CONFIG_BOOT_CONFIG."""
    for name, first in (("raw", FIRST), ("gzip", pad(gzip(FIRST)))):
        yield Case(f"bootconfig-{name}", "1", f"a boot config after a {name} archive", first + boot_config())
    yield Case(
        "bootconfig-unaligned", "1", "a boot config right after a gzip archive of 4n + 1 bytes",
        gzip_of_length(FIRST, 1) + boot_config(),
    )
    yield Case("bootconfig-nuls-3", "1", "3 NULs after a boot config", FIRST + boot_config() + nul(3))
    yield Case("bootconfig-nuls-4", "1", "4 NULs after a boot config hide it", FIRST + boot_config() + nul(4))
    yield Case("bootconfig-sum", "1", "a boot config with a wrong sum stays", FIRST + boot_config(total=1))
    yield Case(
        "bootconfig-size", "1", "a boot config larger than the image stays",
        FIRST + boot_config(size=1 << 24),
    )
    yield Case("bootconfig-not-last", "1", "an archive after a boot config", FIRST + boot_config() + SECOND)


def no_archive():
    """Files that are not an initramfs, and magics of formats that the kernel does not know."""
    for name, content in (
        ("nuls", nul(1024)),
        ("text", b"This is no archive.\n" * 60),
        ("ext2", nul(1080) + b"\x53\xef" + nul(4096)),
        ("squashfs", pad(b"hsqs" + bytes(range(92)), 4096)),
        ("romfs", pad(b"-rom1fs-" + bytes(range(92)), 1024)),
        ("cramfs", pad(b"\x45\x3d\xcd\x28" + bytes(range(92)), 4096)),
    ):
        yield Case(f"image-{name}", "5", f"an image of {name}", content, whole=True)
    for name, magic in (
        ("compress", b"\x1f\x9d\x90"),
        ("lzip", b"LZIP\x01"),
        ("zip", b"PK\x03\x04"),
        ("elf", b"\x7fELF"),
    ):
        yield Case(f"magic-{name}", "2", f"the magic of {name}", FIRST + pad(magic + bytes(range(60))))
