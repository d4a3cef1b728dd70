"""
QEMU's migration thread page by page in plain Python, for guests that sweep a working set: what the replay is held to.

It shares no code with the law. Pages are numbers; a page is dirty, or not.
"""

from dataclasses import dataclass

PAGE = 4096


@dataclass
class Guest:
    """Pages from 0: empty ones, filled ones from `first` to `last`, empty ones; a sweep over the first `working`."""

    pages: int
    first: int
    last: int
    working: int
    writes_per_s: float


@dataclass
class Result:
    """What became of the migration."""

    seconds: float
    sent: int
    left: int
    syncs: int
    stopped: bool


class Thread:
    """One migration; `rate` and `link` in bytes a second, times in seconds."""

    def __init__(self, guest: Guest, rate: float, link: float, limit_s: float, empty_s: float) -> None:
        self.guest, self.rate, self.link, self.limit_s, self.empty_s = guest, rate, link, limit_s, empty_s
        self.dirty = set(range(guest.pages))
        self.now = self.opened = self.synced = self.threshold = 0.0
        self.window = self.sent = self.position = self.swept = 0
        self.syncs = 1

    def run(self, timeout_s: float) -> Result:
        """Migrate until the guest is stopped or time is up."""
        while self.now < timeout_s:
            if len(self.dirty) * PAGE < self.threshold:
                self.sync()
            if not self.dirty or len(self.dirty) * PAGE < self.threshold:
                self.sync()
                return Result(self.now, self.sent, self.left(), self.syncs, True)
            self.iterate()
            self.wait()
        return Result(self.now, self.sent, self.left(), self.syncs, False)

    def filled(self, page: int) -> bool:
        """Whether a page is not empty."""
        return self.guest.first <= page < self.guest.last

    def left(self) -> int:
        """Return the bytes of the pages that are yet to be sent."""
        return sum(PAGE + 8 if self.filled(page) else 9 for page in self.dirty)

    def sync(self) -> None:
        """Mark the pages that were swept since the last time."""
        upto = int(self.now * self.guest.writes_per_s)
        for count in range(self.swept, min(upto, self.swept + self.guest.working)):
            self.dirty.add(self.guest.first + count % self.guest.working)
        self.swept, self.synced = upto, self.now
        self.syncs += 1

    def iterate(self) -> None:
        """Send pages in order until the window's bytes are used, 50 ms have passed, or none is left."""
        begun = self.now
        order = sorted(self.dirty, key=lambda page: (page - self.position) % self.guest.pages)
        for count, page in enumerate(order):
            if self.window >= self.rate / 10 or (count % 64 == 0 and self.now - begun > 0.05):
                break
            size = PAGE + 8 if self.filled(page) else 9
            self.now += size / self.link if self.filled(page) else self.empty_s
            self.window += size
            self.sent += size
            self.dirty.discard(page)
            self.position = page

    def wait(self) -> None:
        """Sleep to the end of the window if its bytes are used, and begin the next one when it is over."""
        if self.window >= self.rate / 10:
            self.now = max(self.now, self.opened + 0.1)
        if self.now >= self.opened + 0.1:
            self.threshold = self.window / (self.now - self.opened) * self.limit_s
            self.opened, self.window = self.now, 0
