"""One commit on a branch over Git's HTTP, by dulwich: without a git binary, without a clone and without force."""

import time

import urllib3
from dulwich.client import HttpGitClient
from dulwich.object_store import MemoryObjectStore, ObjectStoreGraphWalker
from dulwich.objects import ZERO_SHA, Commit
from dulwich.pack import pack_objects_to_data
from protocol import Conflict, Refused


class Branch:
    """A branch: `head` and `tree` (None: no such branch), and in `store` what a filter of Git does not leave out."""

    def __init__(self, url, token, name, leave_out=None):
        pool = urllib3.PoolManager(retries=False, timeout=20, headers={"User-Agent": "git/windlass"})
        self.client = HttpGitClient(url, pool_manager=pool, username="x-access-token", password=token)
        self.ref, self.store = b"refs/heads/" + name.encode(), MemoryObjectStore()
        pack, keep, _ = self.store.add_pack()
        walker, wants = ObjectStoreGraphWalker([], lambda _: []), lambda refs, **_: {refs.get(self.ref)} - {None}
        more = {"depth": 1, "ref_prefix": [self.ref], "filter_spec": leave_out and leave_out.encode()}
        head = self.client.fetch_pack("", wants, walker, pack.write, **more).refs.get(self.ref)
        keep()
        self.head, self.tree = (head.decode(), self.store[head].tree.decode()) if head else (None, None)
        self.known = set(self.store)

    def commit(self, tree, message):
        """Puts a commit with this tree on the head that was seen, with what was added to the store since."""
        commit, seen = Commit(), self.head and self.head.encode()
        commit.tree, commit.parents, commit.message = tree.encode(), [seen] if seen else [], message.encode()
        commit.author = commit.committer = b"Windlass <windlass@localhost>"
        commit.author_time, commit.author_timezone = commit.commit_time, commit.commit_timezone = int(time.time()), 0
        objects = [commit, *(self.store[name] for name in self.store if name not in self.known)]

        def moved(refs):
            # The server compares this head once more when it moves the branch.
            if refs.get(self.ref, ZERO_SHA) != (seen or ZERO_SHA):
                raise Conflict(f"The branch has moved to {refs.get(self.ref, b'nothing').decode()}.")
            return {self.ref: commit.id}

        sent = self.client.send_pack("", moved, lambda *_, **__: pack_objects_to_data(objects))
        if error := (sent.ref_status or {}).get(self.ref):
            is_there = self.client.get_refs("", ref_prefix=[self.ref]).refs.get(self.ref) == seen
            raise (Refused if is_there else Conflict)(f"The Git server refuses it: {error}")
