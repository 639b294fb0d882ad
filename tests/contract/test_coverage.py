"""Runs last: whatever is documented has been seen."""
import unittest

import openapi

# Documented answers that no test can provoke, each with its reason. There are none.
EXCEPTIONS = set()


class Coverage(unittest.TestCase):
    def test_every_documented_answer_was_seen(self):
        self.assertEqual(openapi.documented() - openapi.seen - EXCEPTIONS, set())

    def test_exceptions_are_documented_and_unseen(self):
        self.assertEqual(EXCEPTIONS - openapi.documented(), set())
        self.assertEqual(EXCEPTIONS & openapi.seen, set())
