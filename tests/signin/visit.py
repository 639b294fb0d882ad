#!/usr/bin/python3
"""visit.py URL: the browser of the tests. SIGNUM_TEST_ISSUER_CERT is what it trusts; SIGNUM_TEST_VISIT may change its way:
"refuse" says no to the issuer, "foreign" brings an answer to a question that nobody asked, "replay" brings the code of the
visit before."""
import os
import sys
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from person import Person  # noqa: E402


def fields_of(url):
    return {name: values[0] for name, values in urllib.parse.parse_qs(urllib.parse.urlparse(url).query).items()}


asked = fields_of(sys.argv[1])
way = os.environ.get("SIGNUM_TEST_VISIT", "")
place = os.path.join(os.environ["HOME"], "visit")
person = Person(os.environ["SIGNUM_TEST_ISSUER_CERT"])
if way == "foreign":
    person.open(asked["redirect_uri"] + "?code=stolen&state=guessed&iss=https%3A%2F%2Fevil.example")
elif way == "replay":
    with open(place, encoding="ascii") as file:
        before = fields_of(file.read())
    person.open(asked["redirect_uri"] + "?" + urllib.parse.urlencode({**before, "state": asked["state"]}))
else:
    arrived, _ = person.follow(sys.argv[1], refuse=way == "refuse")
    with open(place, "w", encoding="ascii") as file:
        file.write(arrived)
