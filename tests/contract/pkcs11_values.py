"""Tries to get private keys out of a token by PKCS#11 itself: pkcs11_values.py MODULE PIN.

Prints per private key what the module answered (CK_RV) to reading each secret attribute and to
making the key extractable, and to reading a public one: {label: {attribute: number}}.
"""
import ctypes
import json
import sys

CKA_CLASS, CKA_LABEL, CKA_VALUE, CKA_KEY_TYPE = 0x0, 0x3, 0x11, 0x100
CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_SENSITIVE, CKA_EXTRACTABLE = 0x123, 0x124, 0x103, 0x162
CKO_PRIVATE_KEY, CKU_USER, SERIAL_RW = 3, 1, 6
Ulong = ctypes.c_ulong


class Attribute(ctypes.Structure):
    _fields_ = [("type", Ulong), ("value", ctypes.c_void_p), ("length", Ulong)]


def must(value):
    if value != 0:
        raise RuntimeError(f"PKCS#11 call failed: {value:#x}")


def open_session(lib, pin):
    must(lib.C_Initialize(None))
    slots, count = (Ulong * 16)(), Ulong(16)
    must(lib.C_GetSlotList(ctypes.c_ubyte(1), slots, ctypes.byref(count)))
    session = Ulong()
    must(lib.C_OpenSession(slots[0], Ulong(SERIAL_RW), None, None, ctypes.byref(session)))
    must(lib.C_Login(session, Ulong(CKU_USER), pin, Ulong(len(pin))))
    return session


def find(lib, session):
    kind = Ulong(CKO_PRIVATE_KEY)
    wanted = Attribute(CKA_CLASS, ctypes.addressof(kind), ctypes.sizeof(kind))
    handles, count = (Ulong * 64)(), Ulong()
    must(lib.C_FindObjectsInit(session, ctypes.byref(wanted), Ulong(1)))
    must(lib.C_FindObjects(session, handles, Ulong(64), ctypes.byref(count)))
    must(lib.C_FindObjectsFinal(session))
    return handles[:count.value]


def read(lib, session, handle, kind):
    room = ctypes.create_string_buffer(4096)
    wanted = Attribute(kind, ctypes.addressof(room), len(room))
    answer = lib.C_GetAttributeValue(session, Ulong(handle), ctypes.byref(wanted), Ulong(1))
    return answer, room.raw[:wanted.length] if answer == 0 else b""


def loosen(lib, session, handle, kind, value):
    byte = ctypes.c_ubyte(value)
    wanted = Attribute(kind, ctypes.addressof(byte), 1)
    return lib.C_SetAttributeValue(session, Ulong(handle), ctypes.byref(wanted), Ulong(1))


def main():
    lib = ctypes.CDLL(sys.argv[1])
    session = open_session(lib, sys.argv[2].encode())
    found = {}
    for handle in find(lib, session):
        label = read(lib, session, handle, CKA_LABEL)[1].decode()
        found[label] = {
            "value": read(lib, session, handle, CKA_VALUE)[0],
            "private_exponent": read(lib, session, handle, CKA_PRIVATE_EXPONENT)[0],
            "prime_1": read(lib, session, handle, CKA_PRIME_1)[0],
            "set_extractable": loosen(lib, session, handle, CKA_EXTRACTABLE, 1),
            "set_insensitive": loosen(lib, session, handle, CKA_SENSITIVE, 0),
            "key_type": read(lib, session, handle, CKA_KEY_TYPE)[0],
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
