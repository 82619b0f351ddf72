"""Visitors who load pages all the time, side by side, until they are called away or meet something wrong."""

import collections
import http.client
import random
import threading
import urllib.parse


class Crowd:
    """Visitors of the distributions of a cloud; `visit` is what one does again and again. What is wrong is listed."""

    def __init__(self, endpoint, count):
        self.address = urllib.parse.urlsplit(endpoint).netloc
        self.opened = collections.Counter()
        self.wrong = []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.stroll, args=(seed,), daemon=True) for seed in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()

    def stroll(self, seed):
        choice = random.Random(seed)
        connection = http.client.HTTPConnection(self.address, timeout=30)
        while not self.over.is_set() and not self.wrong:
            self.visit(choice, connection)

    def load(self, connection, domain, path):
        """The status, the headers and the text of a file of a distribution."""
        connection.request("GET", f"/{path}", headers={"Host": domain})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
