"""Prints the signatures of an audit list (JSON, standard input), one a line."""

import json
import sys

for entry in json.load(sys.stdin)["records"]:
    record = entry["record"]
    if record["action"] == "sign" and record["outcome"] == "signed":
        time, user, key, rule = (record[name] for name in ("time", "user", "key", "rule"))
        digest = f"{record['hash']} {record['digest'][:16]}..."
        print(f"               #{entry['index']} {time} {user} signed {digest} with {key}, allowed by policy {rule}")
