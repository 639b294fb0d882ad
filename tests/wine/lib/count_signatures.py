#!/usr/bin/python3
"""Counts the allowed signatures in an audit list (JSON on standard input), of one key and digest or all.

    count_signatures.py [KEY DIGEST]
"""
import json
import sys


def main():
    wanted = sys.argv[1:3]
    records = [entry["record"] for entry in json.load(sys.stdin)["records"]]
    print(sum(1 for record in records
              if record["action"] == "sign" and record.get("outcome") == "signed"
              and (not wanted or [record["key"], record["hash"]] == wanted)))


if __name__ == "__main__":
    main()
