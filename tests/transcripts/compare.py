#!/usr/bin/python3
"""Compares two transcripts call by call, and checks that they say nothing that they must not.

    compare.py check FILE             every line is a call, of known fields and harmless values
    compare.py same KEPT RECORDED POINTER_SIZE
                                      the same calls; `*` and `ptr` in KEPT stand for what they match

Prints what is wrong and ends with 1 if anything is.
"""
import re
import sys

HANDLE = r"(?:[PKSB][0-9]+|0|\?)"
NUMBER = r"(?:[0-9]+|null|ptr|\*|\?)"
TEXT = r'(?:"(?:[^"\\]|\\.)*"|[A-Za-z0-9._/-]+|null|\*|\?)'
HEX = r"0x[0-9A-F]{1,8}"
FIELDS = {
    **dict.fromkeys(["provider", "key", "buffer", "state", "new_state", "export_key", "import_key",
                     "authority", "secret"], HANDLE),
    **dict.fromkeys(["spec", "class", "count", "len", "room", "size", "hash", "signature"], NUMBER),
    **dict.fromkeys(["name", "algorithm", "property", "type", "scope"], TEXT),
    "value": TEXT,
    "flags": HEX,
    "padding": r"(?:none|\?|pkcs1:[A-Z0-9]*|pss:[A-Z0-9]*:[0-9]+)",
}
# Of these a value may be written; of no other property.
PUBLIC = {"Algorithm Name", "Algorithm Group", "Name", "Unique Name", "Length", "PublicKeyLength",
          "SignatureLength", "Block Length", "Export Policy", "Key Usage", "Key Type", "Impl Type",
          "Max Name Length", "Security Descr Support"}
FIELD = re.compile(r'([a-z_]+)=("(?:[^"\\]|\\.)*"|\S+)')


def calls(path):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\r\n")
            if line and not line.startswith("#"):
                yield number, line


def split(line):
    """Function, arguments, status, results; None if the line is not of that form."""
    match = re.fullmatch(r"([A-Z][A-Za-z]+)((?: \S.*?)?) -> (" + HEX + r"|0x0)((?: \S.*)?)", line)
    if not match:
        return None
    parts = [FIELD.findall(match.group(i)) for i in (2, 4)]
    for part, group in zip(parts, (2, 4)):
        if "".join(f" {name}={value}" for name, value in part) != match.group(group):
            return None
    return match.group(1), parts[0], match.group(3), parts[1]


def check_line(line):
    call = split(line)
    if call is None:
        return "is no call"
    fields = call[1] + call[3]
    for name, value in fields:
        if name not in FIELDS or not re.fullmatch(FIELDS[name], value):
            return f"has a strange {name}"
    names = dict(fields)
    if "value" in names and names.get("property", "").strip('"') not in PUBLIC:
        return "tells a value that is nobody's business"
    if names.get("property", "").startswith("SmartCard") and "Pin" in names["property"]:
        if names.get("size", "?") != "?":
            return "tells the length of a PIN"
    return None


def check(path):
    wrong = [f"{path}:{number} {text}: {line}" for number, line in calls(path)
             for text in [check_line(line)] if text]
    if not any(True for _ in calls(path)):
        wrong.append(f"{path} has no calls")
    return wrong


def matches(kept, recorded, pointer):
    """Word by word, since a wildcard stands for one value."""
    if kept == recorded:
        return True
    a, b = split(kept), split(recorded)
    if a is None or b is None or a[0] != b[0] or a[2] != b[2]:
        return False
    for mine, other in ((a[1], b[1]), (a[3], b[3])):
        if len(mine) != len(other):
            return False
        for (name, value), (other_name, other_value) in zip(mine, other):
            if name != other_name:
                return False
            if value not in ("*", other_value) and not (value == "ptr" and other_value == pointer):
                return False
    return True


def same(kept_path, recorded_path, pointer):
    kept, recorded = list(calls(kept_path)), list(calls(recorded_path))
    wrong = [f"line {number}: {line}\n    recorded: {other}"
             for (number, line), (_, other) in zip(kept, recorded)
             if not matches(line, other, pointer)]
    if len(kept) != len(recorded):
        wrong.append(f"{len(recorded)} calls were recorded, not {len(kept)}")
    return wrong


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "check":
        wrong = check(sys.argv[2])
    elif len(sys.argv) == 5 and sys.argv[1] == "same":
        wrong = same(*sys.argv[2:])
    else:
        sys.exit("usage: compare.py check FILE | same KEPT RECORDED POINTER_SIZE")
    for text in wrong[:10]:
        print(text)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
