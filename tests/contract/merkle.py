"""RFC 6962 and signed notes by another hand: from the definitions, slow and simple."""
import base64
import hashlib
import subprocess
import tempfile


def leaf_hash(body):
    return hashlib.sha256(b"\0" + body).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split(count):
    """The largest power of two smaller than count (section 2.1)."""
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def tree_hash(leaves):
    """MTH(D[n]), of leaf hashes (section 2.1)."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def path(m, leaves):
    """PATH(m, D[n]) (section 2.1.1)."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return path(m, leaves[:k]) + [tree_hash(leaves[k:])]
    return path(m - k, leaves[k:]) + [tree_hash(leaves[:k])]


def subproof(m, leaves, known):
    """SUBPROOF(m, D[n], b) (section 2.1.2)."""
    if m == len(leaves):
        return [] if known else [tree_hash(leaves)]
    k = split(len(leaves))
    if m <= k:
        return subproof(m, leaves[:k], known) + [tree_hash(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [tree_hash(leaves[:k])]


def root_of_path(leaf, index, size, proof):
    """The root that an inclusion proof shows, by going down the tree instead of up."""
    if size == 1:
        assert not proof
        return leaf
    k = split(size)
    if index < k:
        return node_hash(root_of_path(leaf, index, k, proof[:-1]), proof[-1])
    return node_hash(proof[-1], root_of_path(leaf, index - k, size - k, proof[:-1]))


def key_of(vkey):
    """(name, key ID, public key) of a verifier key (c2sp.org/signed-note)."""
    name, number, rest = vkey.strip().split("+", 2)
    blob = base64.b64decode(rest, validate=True)
    assert blob[0] == 1 and len(blob) == 33
    identifier = hashlib.sha256(name.encode() + b"\n" + blob).digest()[:4]
    assert identifier.hex() == number
    return name, identifier, blob[1:]


def openssl_verifies(public, message, signature):
    """RFC 8410: an Ed25519 SubjectPublicKeyInfo is a fixed head and the 32 bytes."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("key", bytes.fromhex("302a300506032b6570032100") + public),
                              ("message", message), ("signature", signature)):
            with open(f"{folder}/{name}", "wb") as file:
                file.write(content)
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey",
             f"{folder}/key", "-rawin", "-in", f"{folder}/message", "-sigfile",
             f"{folder}/signature"], capture_output=True, timeout=60)
        return done.returncode == 0


def open_note(note, vkey):
    """The text of a signed note, if openssl finds it signed by the key."""
    name, identifier, public = key_of(vkey)
    text, lines = note.decode().rsplit("\n\n", 1)
    text += "\n"
    assert lines.endswith("\n")
    for line in lines[:-1].split("\n"):
        dash, signer, blob = line.split(" ")
        assert dash == "\u2014"
        blob = base64.b64decode(blob, validate=True)
        if signer == name and blob[:4] == identifier:
            assert openssl_verifies(public, text.encode(), blob[4:])
            return text
    raise AssertionError("not signed by the key")


def open_checkpoint(note, vkey):
    """(origin, size, root) of a checkpoint (c2sp.org/tlog-checkpoint)."""
    origin, size, root, end = open_note(note, vkey).split("\n")
    assert end == "" and str(int(size)) == size
    return origin, int(size), base64.b64decode(root, validate=True)
