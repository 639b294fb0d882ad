"""A person with a browser."""
import re
import ssl
import urllib.parse
import urllib.request
from http import cookiejar


class Person:
    """Goes through the issuer's pages as a browser does, with the person's name."""

    def __init__(self, issuer_cert, name="alice"):
        self.name = name
        handlers = [urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=issuer_cert)),
                    urllib.request.HTTPCookieProcessor(cookiejar.CookieJar())]
        self.opener = urllib.request.build_opener(*handlers)

    def open(self, url, fields=None):
        data = None if fields is None else urllib.parse.urlencode(fields).encode()
        with self.opener.open(url, data, timeout=30) as answer:
            return answer.url, answer.read().decode()

    def follow(self, url, fields=None, refuse=False):
        """Fills in what each page wants, until one wants nothing; gives that page."""
        for _ in range(8):
            url, page = self.open(url, fields)
            action = re.search(r'action="([^"]+)"', page)
            if action is None or not url.startswith("https:"):
                return url, page
            fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
            if refuse:
                url, fields, refuse = re.search(r'href="([^"]+/abort)"', page).group(1), None, False
                continue
            if fields.get("prompt") == "login":
                fields.update(login=self.name, password="x")
            url = urllib.parse.urljoin(url, action.group(1))
        raise AssertionError(f"the pages do not end: {page}")
