"""The codecs' containers and their variants."""

import lzma
import zlib
from struct import pack

from .case import Case
from .compress import (
    FCOMMENT, FEXTRA, FHCRC, FNAME, FTEXT, LZ4_MAGIC,
    bzip2, gzip, lz4, lz4_block, lzma_alone, lzma_literals, lzop, tool, xz, zstd, zstd_skippable,
)
from .cpio import AFTER, archive, between, file, nul

# Text that codecs can compress, and a long run.
TREE = between(file("text", "".join(f"line {i} of the text\n" for i in range(500))), file("run", nul(100_000)))
LAST = archive(file("last", "last\n"))
LAST_GZIP = gzip(LAST)  # shows where the kernel sees the end of the stream before it


def cases(init):
    yield from gzips()
    yield from bzip2s()
    yield from lzmas()
    yield from xzs()
    yield from lzos()
    yield from lz4s()
    yield from zstds()


def flipped(data, at):
    """The data with one byte inverted; `at` can count from the end."""
    changed = bytearray(data)
    changed[at] ^= 0xFF
    return bytes(changed)


def gzips():
    yield Case("gzip-fname", "2.1", "a header with a file's name", gzip(TREE, name=b"initrd.cpio") + LAST_GZIP)
    yield Case("gzip-ftext", "2.1", "a header with the flag FTEXT", gzip(TREE, FTEXT) + LAST_GZIP)
    yield Case("gzip-fextra", "2.1", "a header with an extra field, as bgzip writes", gzip(TREE, FEXTRA))
    yield Case("gzip-fcomment", "2.1", "a header with a comment", gzip(TREE, FCOMMENT))
    yield Case("gzip-fhcrc", "2.1", "a header with a checksum of its own", gzip(TREE, FHCRC))
    yield Case("gzip-fname-fcomment", "2.1", "a header with name and comment", gzip(TREE, FNAME | FCOMMENT))
    yield Case("gzip-crc", "2.1", "a wrong CRC32 of the content", gzip(TREE, crc=0) + LAST_GZIP)
    yield Case("gzip-size", "2.1", "a wrong size in the trailer", gzip(TREE)[:-4] + pack("<I", 1) + LAST_GZIP)
    yield Case("gzip-method", "2.1", "a method that is not deflate", flipped(gzip(TREE), 2))
    yield Case("gzip-1f9e", "2.1", "the older magic 1f 9e", gzip(TREE, magic=b"\x1f\x9e"))
    yield Case("gzip-zlib", "2.1", "a zlib stream", zlib.compress(TREE, 9))
    yield Case("gzip-corrupt", "2.1", "a block of an unknown type", gzip(TREE)[:10] + b"\x07" + nul(30))
    yield Case("gzip-tool", "2.1", "what gzip -n9 writes", tool("gzip", "-n9")(TREE) + LAST_GZIP)


def bzip2s():
    packed = bzip2(TREE)
    yield Case("bzip2-streams", "2.2", "two streams, each of an archive", packed + bzip2(LAST))
    yield Case("bzip2-level-1", "2.2", "blocks of 100 kB", tool("bzip2", "-1")(TREE) + LAST_GZIP)
    yield Case("bzip2-crc", "2.2", "a wrong CRC of the first block", flipped(packed, 10) + LAST_GZIP)
    yield Case("bzip2-stream-crc", "2.2", "a wrong CRC of the stream", flipped(packed, -2) + LAST_GZIP)
    yield Case("bzip2-level", "2.2", "a block size that there is not", b"BZh0" + packed[4:])
    yield Case("bzip2-bz0", "2.2", "the magic of bzip 1", b"BZ0" + packed[3:])


def lzmas():
    yield Case("lzma-unknown-size", "2.3", "an end marker instead of the size", lzma_alone(TREE) + LAST_GZIP)
    short = between(file("text", "text\n"))
    yield Case("lzma-known-size", "2.3", "a known size and no end marker", lzma_literals(short))
    yield Case(
        "lzma-known-size-next", "2.3", "a known size, no end marker, and a gzip member",
        lzma_literals(short) + LAST_GZIP,
    )
    for size in (4096, 1000000, 1 << 26):
        yield Case(
            f"lzma-dictionary-{size}", "2.3", f"a dictionary of {size} bytes asked for",
            lzma_alone(TREE, size),
        )
    yield Case("lzma-dictionary-257", "2.3", "a dictionary whose size ends in 01", patched_lzma(TREE, 0x101))
    yield Case(
        "lzma-dictionary-max", "2.3", "a dictionary of 4 GiB - 256, size known",
        lzma_literals(short, 0xFFFFFF00),
    )
    yield Case("lzma-lc4", "2.3", "lc = 4", lzma_alone(TREE, lc=4))
    yield Case("lzma-first-byte", "2.3", "a stream that does not start with NUL", flipped(lzma_alone(TREE), 13))
    yield Case("lzma-corrupt", "2.3", "a wrong byte in the stream", flipped(lzma_alone(TREE), 18))


def patched_lzma(data, dictionary):
    packed = lzma_alone(data)
    return packed[:1] + pack("<I", dictionary) + packed[5:]


def xzs():
    for name in ("none", "crc32", "crc64", "sha256"):
        check = getattr(lzma, f"CHECK_{name.upper()}")
        yield Case(f"xz-{name}", "2.4", f"check {name}", xz(TREE, check) + LAST_GZIP)
    yield Case("xz-x86", "2.4", "the filter for x86 code", xz(TREE, before=[{"id": lzma.FILTER_X86}]))
    yield Case(
        "xz-powerpc", "2.4", "the filter for PowerPC code",
        xz(TREE, before=[{"id": lzma.FILTER_POWERPC}]),
    )
    arm64 = tool("xz", "--format=xz", "--check=crc32", "--arm64", "--lzma2=dict=1MiB")
    yield Case("xz-arm64", "2.4", "the filter for ARM64 code", arm64(TREE))
    yield Case("xz-delta", "2.4", "the delta filter", xz(TREE, before=[{"id": lzma.FILTER_DELTA, "dist": 4}]))
    blocks = tool("xz", "--format=xz", "--check=crc32", "--lzma2=dict=1MiB", "--block-size=65536")
    yield Case("xz-blocks", "2.4", "blocks of 64 KiB", blocks(TREE) + LAST_GZIP)
    threads = tool("xz", "--format=xz", "--check=crc32", "-T2", "--lzma2=dict=1MiB", "--block-size=65536")
    yield Case("xz-threads", "2.4", "blocks with their sizes in the header, as threads write", threads(TREE))
    yield Case("xz-streams", "2.4", "two streams, each of an archive", xz(TREE) + xz(LAST))
    yield Case("xz-stream-padding", "2.4", "two streams with 4 NULs between", xz(TREE) + nul(4) + xz(LAST))
    yield Case("xz-corrupt", "2.4", "a wrong byte in the block's data", flipped(xz(TREE), 40))
    packed = xz(TREE)
    index = (int.from_bytes(packed[-8:-4], "little") + 1) * 4
    yield Case("xz-check", "2.4", "a wrong CRC32 of the block", flipped(packed, -12 - index - 1))
    yield Case("xz-index", "2.4", "a wrong CRC32 of the index", flipped(xz(TREE), -13))
    yield Case("xz-footer", "2.4", "a wrong magic at the end", flipped(xz(TREE), -1))
    yield Case("xz-dictionary-64m", "2.4", "a dictionary of 64 MiB", xz(TREE, dictionary=1 << 26))
    for memory in (256, 2048):
        yield Case(
            f"xz-dictionary-512m-{memory}m", "2.4", f"a dictionary of 512 MiB, in a guest of {memory} MiB",
            xz(TREE, dictionary=1 << 29), memory=memory,
        )


def lzos():
    for name, option in (
        ("1", "-1"),
        ("7", "-7"),
        ("9", "-9"),
        ("no-checksum", "-F"),
        ("crc32", "--crc32"),
        ("both-checksums", "-C"),
    ):
        yield Case(
            f"lzo-{name}", "2.5", f"what lzop {option} writes",
            lzop(TREE, option) + LAST_GZIP,
        )
    yield Case("lzo-streams", "2.5", "two streams, each of an archive", lzop(TREE) + lzop(LAST))
    yield Case("lzo-no-end", "2.5", "a stream without its last four NULs", lzop(LAST)[:-4])
    yield Case(
        "lzo-no-end-next", "2.5", "a stream without its last four NULs, and a gzip member",
        lzop(LAST)[:-4] + LAST_GZIP,
    )
    yield Case("lzo-magic", "2.5", "a wrong byte in the magic", flipped(lzop(TREE), 5))
    yield Case("lzo-header-checksum", "2.5", "a wrong checksum of the header", flipped(lzop(LAST), 38))


def lz4s():
    packed = lz4(TREE)
    for count in (0, 1, 2, 3, 4, 5, 8):
        yield Case(
            f"lz4-{count}-gzip", "2.6", f"a legacy frame, {count} NULs, a gzip member",
            packed + nul(count) + LAST_GZIP,
        )
    aligned = packed + nul(-len(packed) % 4)
    yield Case(
        "lz4-aligned-gzip", "2.6", "a legacy frame padded to 4 as boot loaders do, a gzip member",
        aligned + LAST_GZIP,
    )
    yield Case(
        "lz4-4-raw", "2.6", "a legacy frame, 4 NULs and more up to 4n, a raw archive",
        aligned + nul(4) + LAST,
    )
    yield Case("lz4-frames", "2.6", "two legacy frames, one after the other", packed + lz4(LAST))
    for count in (1, 2, 3, 4):
        yield Case(
            f"lz4-end-{count}", "2.6", f"{count} NULs after a legacy frame end the image",
            packed + nul(count),
        )
    large = archive(file("large", b"a" * (9 << 20)), AFTER)
    for megabytes in (1, 8, 16):
        yield Case(
            f"lz4-block-{megabytes}m", "2.6", f"blocks of up to {megabytes} MiB",
            lz4(large, megabytes << 20),
        )
    yield Case(
        "lz4-tool", "2.6", "what lz4 -l -9 writes",
        tool("lz4", "-l", "-9", "-c")(TREE) + nul(4) + LAST_GZIP,
    )
    yield Case("lz4-modern", "2.6", "the modern frame", tool("lz4", "-9", "-c")(TREE))
    yield Case("lz4-magic-only", "2.6", "a magic and nothing behind it", LZ4_MAGIC)
    yield Case("lz4-repeated-magic", "2.6", "two magics and a block", LZ4_MAGIC + lz4(LAST))
    block = lz4_block(LAST)
    yield Case(
        "lz4-corrupt", "2.6", "a match that lies before the data",
        LZ4_MAGIC + pack("<I", 16) + b"\x10x\xff\x7f" + nul(12),
    )
    long = LZ4_MAGIC + pack("<I", len(block) + 64) + block
    yield Case("lz4-chunk-too-long", "2.6", "a block longer than the image by 64 bytes", long)


def zstds():
    yield Case(
        "zstd-tool", "2.7", "what zstd -19 writes",
        tool("zstd", "-19", "-c", "--no-check")(TREE) + LAST_GZIP,
    )
    checked = tool("zstd", "-3", "-c", "--check")(TREE)
    yield Case("zstd-checksum", "2.7", "a frame with a checksum", checked + LAST_GZIP)
    yield Case("zstd-checksum-bad", "2.7", "a frame with a wrong checksum", flipped(checked, -1) + LAST_GZIP)
    yield Case(
        "zstd-threads", "2.7", "what zstd -T2 writes",
        tool("zstd", "-3", "-c", "-T2", "--no-check")(TREE) + LAST_GZIP,
    )
    yield Case(
        "zstd-no-size", "2.7", "a frame that does not tell its content's size",
        zstd(TREE, window=20, sized=False) + LAST_GZIP,
    )
    yield Case("zstd-wrong-size", "2.7", "a frame that tells a wrong size", flipped(zstd(LAST, window=20), 6))
    yield Case("zstd-single-segment", "2.7", "a frame whose window is its content", zstd(TREE) + LAST_GZIP)
    yield Case("zstd-frames", "2.7", "two frames, each of an archive", zstd(TREE) + zstd(LAST))
    yield Case(
        "zstd-skippable-first", "2.7", "a skippable frame before the frame, as pzstd writes",
        zstd_skippable(b"size") + zstd(TREE),
    )
    yield Case(
        "zstd-skippable-last", "2.7", "a skippable frame after the frame, as in the seekable format",
        zstd(TREE) + zstd_skippable(b"table"),
    )
    large = between(file("large", nul(300_000)))
    for window, memory in ((23, 256), (27, 256), (28, 256), (28, 2048), (31, 256)):
        description = f"a window of 2^{window}, in a guest of {memory} MiB"
        yield Case(
            f"zstd-window-{window}-{memory}m", "2.7", description,
            zstd(large, window=window), memory=memory,
        )
    small = "a window of 2^28 and content of less than 128 KiB, in a guest of 2048 MiB"
    yield Case("zstd-window-28-small", "2.7", small, zstd(TREE, window=28), memory=2048)
    yield Case(
        "zstd-dictionary", "2.7", "a frame that wants a dictionary",
        zstd(TREE, window=20, dictionary=4711),
    )
    yield Case(
        "zstd-empty-frame", "2.7", "an empty frame between two frames",
        zstd(LAST) + zstd(b"") + zstd(TREE),
    )
    yield Case(
        "zstd-reserved", "2.7", "a block of the reserved type",
        zstd(LAST, window=20)[:10] + b"\x07\0\0" + nul(8),
    )
