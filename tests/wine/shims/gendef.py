#!/usr/bin/python3
"""Writes the .def file of a DLL that stands in for one of Wine's.

Each export of WINE_DLL becomes a forwarder to the module that --forward-to names (for crypt32 and
bcrypt the same DLL, copied under that name), except the functions that a HEADER declares with
SHIM_OVERRIDE(Name): those are exported from our own code as shim_Name. With --only, exports that
begin otherwise and are not overridden are left out. Ordinals are not kept; nothing here imports by
ordinal.
"""
import argparse
import re
import struct
import sys


class Image:
    """Just enough of a PE file to list its exports."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        header = self.u32(0x3C)
        if self.data[header:header + 4] != b"PE\0\0":
            raise ValueError(f"{path}: not a PE file")
        self.section_count = self.u16(header + 6)
        optional = header + 24
        is_64 = self.u16(optional) == 0x20B
        self.sections = optional + self.u16(header + 20)
        self.export_rva = self.u32(optional + (112 if is_64 else 96))

    def u16(self, at):
        return struct.unpack_from("<H", self.data, at)[0]

    def u32(self, at):
        return struct.unpack_from("<I", self.data, at)[0]

    def offset(self, rva):
        for index in range(self.section_count):
            at = self.sections + 40 * index
            size, start = self.u32(at + 8), self.u32(at + 12)
            if start <= rva < start + max(size, self.u32(at + 16)):
                return rva - start + self.u32(at + 20)
        raise ValueError(f"address {rva:#x} lies in no section")

    def text(self, rva):
        at = self.offset(rva)
        return self.data[at:self.data.index(b"\0", at)].decode("ascii")

    def exports(self):
        table = self.offset(self.export_rva)
        names = self.offset(self.u32(table + 32))
        return [self.text(self.u32(names + 4 * i)) for i in range(self.u32(table + 24))]


def overrides(paths):
    found = set()
    for path in paths:
        with open(path, encoding="utf-8") as file:
            found |= set(re.findall(r"^SHIM_OVERRIDE\((\w+)\);", file.read(), re.MULTILINE))
    return found


def definitions(exported, ours, forward_to, only):
    for name in exported:
        if name in ours:
            yield f"    {name} = shim_{name}"
        elif name.startswith(only):
            yield f"    {name} = {forward_to}.{name}"
    for name in sorted(ours - set(exported)):
        yield f"    {name} = shim_{name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True)
    parser.add_argument("--forward-to", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("wine_dll")
    parser.add_argument("library")
    parser.add_argument("header", nargs="+")
    options = parser.parse_args()
    ours = overrides(options.header)
    exported = Image(options.wine_dll).exports()
    if not ours or not exported:
        sys.exit(f"gendef.py: nothing to override, or nothing exported by {options.wine_dll}")
    lines = [f"LIBRARY {options.library}", "EXPORTS"]
    lines += definitions(exported, ours, options.forward_to, options.only)
    with open(options.output, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
