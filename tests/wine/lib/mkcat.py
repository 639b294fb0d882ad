#!/usr/bin/python3
"""Writes an unsigned catalog: SignedData without signers around a certificate trust list that names
one file by its SHA-256.

    mkcat.py INPUT OUT.cat
"""
import hashlib
import sys

INTEGER, OCTETS, NULL, OID, UTC_TIME, SEQUENCE, SET, CONTEXT_0, CONTEXT_2, PRIMITIVE_0 = (
    0x02, 0x04, 0x05, 0x06, 0x17, 0x30, 0x31, 0xA0, 0xA2, 0x80)
SIGNED_DATA = "1.2.840.113549.1.7.2"
TRUST_LIST = "1.3.6.1.4.1.311.10.1"
CATALOG_LIST = "1.3.6.1.4.1.311.12.1.1"
CATALOG_LIST_MEMBER_2 = "1.3.6.1.4.1.311.12.1.3"
INDIRECT_DATA = "1.3.6.1.4.1.311.2.1.4"
CAB_DATA = "1.3.6.1.4.1.311.2.1.25"
SHA256 = "2.16.840.1.101.3.4.2.1"


def element(tag, *parts):
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def oid(dotted):
    first, second, *rest = [int(arc) for arc in dotted.split(".")]
    content = bytes([40 * first + second])
    for arc in rest:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.insert(0, 0x80 | arc & 0x7F)
        content += bytes(digits)
    return element(OID, content)


def sequence(*parts):
    return element(SEQUENCE, *parts)


def member(digest):
    indirect = sequence(
        sequence(oid(CAB_DATA), element(CONTEXT_2, element(PRIMITIVE_0))),
        sequence(sequence(oid(SHA256), element(NULL)), element(OCTETS, digest)))
    return sequence(element(OCTETS, digest),
                    element(SET, sequence(oid(INDIRECT_DATA), element(SET, indirect))))


def catalog(digest):
    trust_list = sequence(sequence(oid(CATALOG_LIST)), element(OCTETS, bytes(16)),
                          element(UTC_TIME, b"240101000000Z"),
                          sequence(oid(CATALOG_LIST_MEMBER_2), element(NULL)),
                          sequence(member(digest)))
    signed = sequence(element(INTEGER, b"\1"), element(SET),
                      sequence(oid(TRUST_LIST), element(CONTEXT_0, trust_list)), element(SET))
    return sequence(oid(SIGNED_DATA), element(CONTEXT_0, signed))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        digest = hashlib.sha256(file.read()).digest()
    with open(sys.argv[2], "wb") as file:
        file.write(catalog(digest))


if __name__ == "__main__":
    main()
