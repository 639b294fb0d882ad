"""Listing and reading keys: who sees what, pages, entity tags."""
import base64
import os
import subprocess
import tempfile
import unittest

import service

MINE = ["ec256", "ec384", "ec521", "rsa"]
ALL = ["ec256", "ec384", "ec521", "other", "rsa"]


class Keys(unittest.TestCase):
    def setUp(self):
        self.service = service.shared()

    def names(self, user, query=""):
        return [k["name"] for k in self.service.get("/v1/keys" + query, user).json["keys"]]

    def test_only_what_one_may_use(self):
        self.assertEqual(self.names("alice"), MINE)
        self.assertEqual(self.names("bob"), [])
        self.assertEqual(self.names("auditor"), [])
        self.assertEqual(self.names("admin"), ALL)
        self.assertEqual(self.names("manager"), ALL)

    def test_pages(self):
        for user, names in (("alice", MINE), ("admin", ALL)):
            seen, after = [], ""
            for _ in range(len(names) + 1):
                page = self.service.get(f"/v1/keys?limit=2{after}", user).json
                self.assertLessEqual(len(page["keys"]), 2)
                seen += [k["name"] for k in page["keys"]]
                if page["next"] is None:
                    break
                after = "&after=" + page["next"]
            self.assertEqual(seen, names)

    def test_bad_pages(self):
        for query, field in (("limit=0", "limit"), ("limit=1001", "limit"), ("limit=x", "limit"),
                             ("limit=", "limit"), ("limit=-1", "limit"), ("limit=1e2", "limit"),
                             ("limit=99999999999999999999", "limit"), ("after=a%20b", "after"),
                             ("after=" + "a" * 65, "after")):
            answer = self.service.get("/v1/keys?" + query, "alice")
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", field), query)

    def test_one_key(self):
        key = self.service.get("/v1/keys/rsa", "alice").json
        self.assertEqual((key["name"], key["bits"], key["schemes"]),
                         ("rsa", 2048, ["rsa-pkcs1", "rsa-pss"]))
        key = self.service.get("/v1/keys/ec384", "alice").json
        self.assertEqual((key["curve"], key["schemes"]), ("P-384", ["ecdsa"]))

    def test_refusals(self):
        self.assertEqual(self.service.get("/v1/keys/other", "alice").code, "denied")
        self.assertEqual(self.service.get("/v1/keys/rsa", "auditor").code, "denied")
        self.assertEqual(self.service.get("/v1/keys/none", "alice").code, "key-not-found")
        for name in ("a%20b", "a" * 65, "%00", "rsa%00x", "%C3%A4", "*"):
            answer = self.service.get("/v1/keys/" + name, "alice")
            self.assertEqual((answer.code, answer.json["field"]), ("bad-request", "name"), name)
        self.assertEqual(self.service.get("/v1/keys/%72sa", "alice").json["name"], "rsa")

    def test_etag(self):
        answer = self.service.get("/v1/keys/rsa", "alice")
        tag = answer.headers["ETag"]
        self.assertEqual(tag, f'"{answer.json["etag"]}"')
        for header in (tag, tag.strip('"'), f'W/{tag}', f'"x", {tag}', "*"):
            again = self.service.get("/v1/keys/rsa", "alice", headers={"If-None-Match": header})
            self.assertEqual(again.status, 304, header)
        other = self.service.get("/v1/keys/rsa", "alice", headers={"If-None-Match": '"x"'})
        self.assertEqual(other.status, 200)
        denied = self.service.get("/v1/keys/other", "alice", headers={"If-None-Match": "*"})
        self.assertEqual(denied.code, "denied")

    def test_new_certificate_changes_the_etag(self):
        before = self.service.get("/v1/keys/ec256", "alice").json
        self.service.run("cert", "issue", "ec256", "--subject", "/O=Example/CN=new")
        after = self.service.get("/v1/keys/ec256", "alice").json
        self.assertNotEqual(before["etag"], after["etag"])
        self.assertNotEqual(before["chain"][0], after["chain"][0])
        self.assertEqual(before["spki"], after["spki"])

    def test_certificates_by_openssl(self):
        ca = os.path.join(self.service.state, "ca.crt")
        for name in MINE:
            key = self.service.get("/v1/keys/" + name, "alice").json
            with tempfile.NamedTemporaryFile() as file:
                file.write(base64.b64decode(key["chain"][0]))
                file.flush()
                subprocess.run(["openssl", "verify", "-x509_strict", "-purpose", "any", "-CAfile",
                                ca, file.name], check=True, capture_output=True)
                spki = subprocess.run(["openssl", "x509", "-in", file.name, "-noout", "-pubkey"],
                                      check=True, capture_output=True, text=True).stdout
            spki = "".join(spki.splitlines()[1:-1])
            self.assertEqual(spki, key["spki"])
