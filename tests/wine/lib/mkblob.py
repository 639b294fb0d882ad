#!/usr/bin/python3
"""Turns a private key into the CNG blob that the test provider reads.

    mkblob.py KEY.pem OUT      BCRYPT_RSAFULLPRIVATE_BLOB, or BCRYPT_ECCPRIVATE_BLOB of P-256, P-384
"""
import struct
import subprocess
import sys

RSA_FULL_PRIVATE_MAGIC = 0x33415352
EC_PRIVATE_MAGIC = {32: 0x32534345, 48: 0x34534345}


def element(data, at=0):
    """Tag, content and end of the DER element at that offset."""
    tag, length, start = data[at], data[at + 1], at + 2
    if length & 0x80:
        digits = length & 0x7F
        length = int.from_bytes(data[start:start + digits], "big")
        start += digits
    return tag, data[start:start + length], start + length


def elements(data):
    at = 0
    while at < len(data):
        tag, content, at = element(data, at)
        yield tag, content


def traditional(path, kind):
    return subprocess.run(["openssl", kind, "-in", path, "-outform", "DER"]
                          + (["-traditional"] if kind == "rsa" else []),
                          check=True, capture_output=True).stdout


def rsa_blob(der):
    numbers = [int.from_bytes(content, "big") for _, content in elements(element(der)[1])]
    _, n, e, d, p, q, dp, dq, inverse = numbers
    size = (n.bit_length() + 7) // 8
    half = (p.bit_length() + 7) // 8
    exponent = e.to_bytes((e.bit_length() + 7) // 8, "big")
    header = struct.pack("<6I", RSA_FULL_PRIVATE_MAGIC, n.bit_length(), len(exponent), size, half, half)
    return (header + exponent + n.to_bytes(size, "big")
            + b"".join(value.to_bytes(half, "big") for value in (p, q, dp, dq, inverse))
            + d.to_bytes(size, "big"))


def ec_blob(der):
    parts = list(elements(element(der)[1]))
    private = parts[1][1]
    # [1] holds a BIT STRING: no unused bits, then 4 for "uncompressed", then both coordinates.
    public = next(element(content)[1] for tag, content in parts if tag == 0xA1)[2:]
    return struct.pack("<2I", EC_PRIVATE_MAGIC[len(private)], len(private)) + public + private


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    text = subprocess.run(["openssl", "pkey", "-in", sys.argv[1], "-noout", "-text"],
                          check=True, capture_output=True, text=True).stdout
    is_ec = "NIST CURVE" in text
    blob = ec_blob(traditional(sys.argv[1], "ec")) if is_ec else rsa_blob(traditional(sys.argv[1], "rsa"))
    with open(sys.argv[2], "wb") as file:
        file.write(blob)


if __name__ == "__main__":
    main()
