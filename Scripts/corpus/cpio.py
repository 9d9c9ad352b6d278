"""newc archives, written entry by entry, so that every field can have a wrong value.

    header(110) name NUL  pad to 4 | data  pad to 4      the header: magic[6], then 13 fields of 8 hex digits

See the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
"""

FOLDER, FILE, SYMLINK = 0o040000, 0o100000, 0o120000
CHAR, BLOCK, FIFO, SOCKET = 0o020000, 0o060000, 0o010000, 0o140000

FIELDS = "ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check".split()


def nul(count):
    return b"\0" * count


def pad(data, unit=4):
    return data + nul(-len(data) % unit)


def entry(name, data=b"", *, magic=b"070701", end=b"\0", upper=False, **fields):
    """One entry with its padding. A field is a number, or its eight bytes."""
    name = name if isinstance(name, bytes) else name.encode()
    data = data if isinstance(data, bytes) else data.encode()
    name += end
    values = dict.fromkeys(FIELDS, 0) | {"nlink": 1, "filesize": len(data), "namesize": len(name)} | fields
    assert list(values) == FIELDS, fields
    header = magic
    for value in values.values():
        digits = value if isinstance(value, bytes) else b"%08x" % value
        assert len(digits) == 8, value
        header += digits.upper() if upper else digits
    return pad(header + name) + pad(data)


def file(name, data="", mode=0o644, **fields):
    return entry(name, data, mode=FILE | mode, **fields)


def folder(name, mode=0o755, **fields):
    return entry(name, mode=FOLDER | mode, **fields)


def symlink(name, target, **fields):
    return entry(name, target, mode=SYMLINK | 0o777, **fields)


def node(name, kind, major=0, minor=0, mode=0o600, **fields):
    return entry(name, mode=kind | mode, rdevmajor=major, rdevminor=minor, **fields)


TRAILER = entry("TRAILER!!!")


def archive(*entries):
    """Entries and their trailer."""
    return b"".join(entries) + TRAILER


# Most cases have their entries between these two. Those that exist after unpacking show where it stopped.
BEFORE = file("before", "before\n")
AFTER = file("after", "after\n")


def between(*entries):
    """An archive of the entries between `before` and `after`."""
    return archive(BEFORE, *entries, AFTER)
