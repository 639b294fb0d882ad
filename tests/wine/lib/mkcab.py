#!/usr/bin/python3
"""Writes a cabinet with one stored file ([MS-CAB]).

    mkcab.py INPUT OUT.cab
"""
import os
import struct
import sys

BLOCK = 32768
NO_COMPRESSION = 0
ARCHIVE = 0x20
# 2024-01-01 00:00 in the form of MS-DOS: the same bytes on each run.
DATE, TIME = (2024 - 1980) << 9 | 1 << 5 | 1, 0


def cabinet(name, data):
    blocks = [data[at:at + BLOCK] for at in range(0, len(data), BLOCK)]
    entry = struct.pack("<IIHHHH", len(data), 0, 0, DATE, TIME, ARCHIVE) + name + b"\0"
    header_len, folder_len = 36, 8
    data_at = header_len + folder_len + len(entry)
    stored = b"".join(struct.pack("<IHH", 0, len(block), len(block)) + block for block in blocks)
    folder = struct.pack("<IHH", data_at, len(blocks), NO_COMPRESSION)
    header = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, data_at + len(stored), 0,
                         header_len + folder_len, 0, 3, 1, 1, 1, 0, 0, 0)
    return header + folder + entry + stored


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    with open(sys.argv[2], "wb") as file:
        file.write(cabinet(os.path.basename(sys.argv[1]).encode("ascii"), data))


if __name__ == "__main__":
    main()
