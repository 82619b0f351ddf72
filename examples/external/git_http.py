"""One commit on a branch over Git's HTTP, by dulwich: without a git binary, without a clone and without force."""

import time

import urllib3
from dulwich.client import HttpGitClient
from dulwich.object_store import MemoryObjectStore, ObjectStoreGraphWalker
from dulwich.objects import ZERO_SHA, Commit
from dulwich.pack import pack_objects_to_data

AUTHOR = b"Windlass <windlass@localhost>"


class Refused(Exception):
    """The server took nothing, and says why."""


class Conflict(Refused):
    """The branch has another head than the one that was seen; nothing was changed."""


class Branch:
    """A branch as it is seen now: `head` and `tree` as hexadecimal text (None: no such branch), and `store` with the objects.

    `leave_out` is a filter of Git's: `tree:0` fetches the commit alone, `blob:none` its folders as well. What is added to
    `store` is sent with the commit; `dulwich.object_store` has `tree_lookup_path` and `commit_tree_changes` for one file.
    """

    def __init__(self, url, token, name, leave_out=None):
        pool = urllib3.PoolManager(retries=False, timeout=10, headers={"User-Agent": "git/windlass"})
        self.client = HttpGitClient(url, pool_manager=pool, username="x-access-token", password=token)
        self.ref, self.store = b"refs/heads/" + name.encode(), MemoryObjectStore()
        pack, keep, _ = self.store.add_pack()
        refs = self.client.fetch_pack(
            "", lambda refs, depth: [refs[self.ref]] if self.ref in refs else [], ObjectStoreGraphWalker([], lambda _: []),
            pack.write, depth=1, ref_prefix=[self.ref], filter_spec=leave_out and leave_out.encode(),
        ).refs  # fmt: skip
        keep()
        head = refs.get(self.ref)
        self.head, self.tree = (head.decode(), self.store[head].tree.decode()) if head else (None, None)
        self.known = set(self.store)

    def commit(self, tree, message):
        """Puts one commit with this tree on the head that was seen, sends what the store got since, and returns its id."""
        commit, now = Commit(), int(time.time())
        commit.tree, commit.parents = tree.encode(), [self.head.encode()] if self.head else []
        commit.author = commit.committer = AUTHOR
        commit.author_time = commit.commit_time = now
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding, commit.message = b"UTF-8", message.encode()
        objects = [commit, *(self.store[name] for name in self.store if name not in self.known)]

        def moved(refs):
            # The server compares this head once more when it moves the branch.
            if refs.get(self.ref, ZERO_SHA) != (self.head or ZERO_SHA.decode()).encode():
                raise Conflict(f"{self.ref.decode()} has moved to {refs.get(self.ref, b'nothing').decode()}")
            return {self.ref: commit.id}

        sent = self.client.send_pack("", moved, lambda *_, **__: pack_objects_to_data(objects))
        if error := (sent.ref_status or {}).get(self.ref):
            head = self.client.get_refs("", ref_prefix=[self.ref]).refs.get(self.ref)
            raise Refused(error) if (head and head.decode()) == self.head else Conflict(error)
        return commit.id.decode()
