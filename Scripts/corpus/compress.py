"""Streams of the seven codecs. Variants that no command writes are made here."""

import bz2
import lzma
import os
import struct
import subprocess
import tempfile
import zlib
from functools import cache
from pathlib import Path

from .cpio import nul

FTEXT, FHCRC, FEXTRA, FNAME, FCOMMENT = 1, 2, 4, 8, 16


def tool(*command):
    """A codec that runs a command and returns its standard output."""

    @cache
    def compress(data):
        return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout

    return compress


def gzip(data, flags=0, name=b"", crc=None, magic=b"\x1f\x8b"):
    """One member (RFC 1952), with the optional parts of the header according to the flags."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflate.compress(data) + deflate.flush()
    head = magic + bytes([8, flags | (FNAME if name else 0)]) + nul(4) + b"\x02\x03"
    if flags & FEXTRA:
        head += struct.pack("<H", 8) + b"XX" + struct.pack("<H", 4) + b"more"
    if name or flags & FNAME:
        head += name + b"\0"
    if flags & FCOMMENT:
        head += b"comment\0"
    if flags & FHCRC:
        head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    return head + body + struct.pack("<II", zlib.crc32(data) if crc is None else crc, len(data))


def gzip_stored(data):
    """A member of stored blocks, so that the result of a cut does not depend on zlib's version."""
    body = b""
    for at in range(0, max(len(data), 1), 65535):
        part = data[at : at + 65535]
        body += struct.pack("<BHH", at + 65535 >= len(data), len(part), len(part) ^ 0xFFFF) + part
    return b"\x1f\x8b\x08" + nul(7) + body + struct.pack("<II", zlib.crc32(data), len(data))


def gzip_of_length(data, remainder):
    """A member whose length has this remainder modulo 4. The length of its name is chosen for that."""
    for length in range(1, 5):
        member = gzip(data, name=b"n" * length)
        if len(member) % 4 == remainder:
            return member
    raise AssertionError


def bzip2(data):
    return bz2.compress(data)


def lzma_alone(data, dictionary=1 << 20, lc=3):
    """The .lzma container with an unknown size and an end marker."""
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": dictionary, "lc": lc, "lp": 0, "pb": 2}]
    return lzma.compress(data, lzma.FORMAT_ALONE, filters=filters)


def lzma_literals(data, dictionary=1 << 20):
    """The .lzma container with a known size and without an end marker. Each byte is a literal (lc=3 lp=0 pb=2)."""
    head = bytes([0x5D]) + struct.pack("<IQ", dictionary, len(data))
    matches, literals = [1024] * 4, [[1024] * 0x300 for _ in range(8)]
    low, span, out = 0, 0xFFFFFFFF, bytearray()

    def shift():
        nonlocal low
        if low >> 32:  # add the carry to the bytes before
            at = len(out) - 1
            while out[at] == 0xFF:
                out[at] = 0
                at -= 1
            out[at] += 1
        out.append(low >> 24 & 0xFF)
        low = low << 8 & 0xFFFFFFFF

    def bit(chances, index, value):
        nonlocal low, span
        bound = (span >> 11) * chances[index]
        if value:
            low += bound
            span -= bound
            chances[index] -= chances[index] >> 5
        else:
            span = bound
            chances[index] += (2048 - chances[index]) >> 5
        while span < 1 << 24:
            shift()
            span = span << 8 & 0xFFFFFFFF

    previous = 0
    for position, byte in enumerate(data):
        bit(matches, position & 3, 0)
        symbol = 1
        for at in range(7, -1, -1):
            value = byte >> at & 1
            bit(literals[previous >> 5], symbol, value)
            symbol = symbol << 1 | value
        previous = byte
    for _ in range(4):
        shift()
    return head + b"\0" + bytes(out)


def xz(data, check=lzma.CHECK_CRC32, before=(), dictionary=1 << 20):
    """One stream of one block, with other filters before LZMA2."""
    filters = [*before, {"id": lzma.FILTER_LZMA2, "dict_size": dictionary}]
    return lzma.compress(data, lzma.FORMAT_XZ, check=check, filters=filters)


@cache
def lzop(data, *options):
    """The lzop container. It contains the name and time of its input (the current time for a pipe), so the input is a file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "cpio")
        file.write_bytes(data)
        os.utime(file, (0, 0))
        return tool("lzop", "-c", *options, file)(b"")


LZ4_MAGIC = b"\x02\x21\x4c\x18"


def lz4_block(data):
    """One LZ4 block: literals, with each run of 64 or more equal bytes a match with the byte before."""

    def extended(length):
        return b"" if length < 15 else b"\xff" * ((length - 15) // 255) + bytes([(length - 15) % 255])

    out, start, at = bytearray(), 0, 0
    while at < len(data):
        if data[at : at + 64] != data[at : at + 1] * 64:
            at += 1
            continue
        # The last five bytes are literals, and the last match starts twelve before the end.
        run = min(len(data) - at - len(data[at:].lstrip(data[at : at + 1])), len(data) - 12 - at)
        literals, match = data[start : at + 1], run - 1 - 4
        out += bytes([min(len(literals), 15) << 4 | min(match, 15)])
        out += extended(len(literals)) + literals + b"\x01\0" + extended(match)
        at += run
        start = at
    literals = data[start:]
    out += bytes([min(len(literals), 15) << 4]) + extended(len(literals)) + literals
    return bytes(out)


def lz4(data, block=8 << 20):
    """The legacy frame: blocks of 8 MiB, each after its length, without an end mark."""
    out = LZ4_MAGIC
    for at in range(0, len(data), block):
        packed = lz4_block(data[at : at + block])
        out += struct.pack("<I", len(packed)) + packed
    return out


def zstd(data, window=None, dictionary=0, sized=True):
    """A frame of raw blocks (RFC 8878). `window` is the window's binary logarithm; without it, the window is the content."""
    single = window is None
    sized = sized or single
    head = bytes([(2 << 6 if sized else 0) | single << 5 | (3 if dictionary else 0)])
    if window is not None:
        head += bytes([(window - 10) << 3])
    if dictionary:
        head += struct.pack("<I", dictionary)
    if sized:
        head += struct.pack("<I", len(data))
    step, blocks = 1 << 10 if single else 1 << 17, b""
    for at in range(0, max(len(data), 1), step):
        part = data[at : at + step]
        last = at + step >= len(data)
        blocks += struct.pack("<I", len(part) << 3 | last)[:3] + part
    return b"\x28\xb5\x2f\xfd" + head + blocks


def zstd_skippable(data):
    return b"\x50\x2a\x4d\x18" + struct.pack("<I", len(data)) + data


# A compressor for each codec, in the variant that the kernel decompresses.
CODECS = {
    "gzip": gzip,
    "bzip2": bzip2,
    "lzma": lzma_alone,
    "xz": xz,
    "lzo": lzop,
    "lz4": lz4,
    "zstd": zstd,
}
