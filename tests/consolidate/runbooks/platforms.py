"""
Small estates behind stand-ins for virsh, govc, openstack, pvesh and ha-manager.

A command on the script's PATH sends its words to a server in the test's own process and prints what that answers. So
the words arrive as the shell passed them on, and the state of the estate is plain data.
"""

import csv
import io
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from consolidate.runbooks import render

Answer = tuple[int, str]
"""Exit status and what is printed."""

PATIENCE_S = 20.0
"""How long moves wait for one another at most. [s]"""

STUB = r"""#!/bin/bash
[[ ${0##*/} != python3 ]] || set -- "$@" "$(cat)"
exec 3<>/dev/tcp/127.0.0.1/$STAND_IN_PORT
printf '%s\0' "$(($# + 1))" "${0##*/}" "$@" >&3
IFS= read -r code <&3
cat <&3
exit "$code"
"""


@dataclass
class Estate:
    """
    Hosts and VMs of a platform, what it is told, and the script of a plan for it.

    Parameters
    ----------
    vms
        By what the platform knows each as: name, host, power, and flaws.
    hosts
        Free memory by name. [MiB]
    down
        Hosts that take no VMs, with the reason.
    lacks
        What hosts do not have: ``storage``, ``network``, ``cpu``.
    fail
        Names of VMs whose moves fail.
    seconds
        How long a move takes. [s]
    reckons
        Whether the free memory of hosts follows from what VMs do.
    awaits
        A move begins to take its time once so many run at one host, or `PATIENCE_S` have passed.
    calls
        All words of all commands.
    busiest
        The most moves at one host at the same time.
    """

    folder: Path
    vms: dict[str, dict[str, Any]]
    hosts: dict[str, int]
    down: dict[str, str] = field(default_factory=dict)
    lacks: dict[str, set[str]] = field(default_factory=dict)
    fail: set[str] = field(default_factory=set)
    seconds: float = 0.0
    reckons: bool = False
    awaits: int = 0
    calls: list[list[str]] = field(default_factory=list)
    running: list[tuple[str, str]] = field(default_factory=list)
    busiest: int = 0
    port: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        """Let moves wait for one another."""
        self.crowded = threading.Condition(self.lock)

    def places(self) -> dict[str, str]:
        """Return the host of each VM, by name."""
        return {vm["name"]: vm["host"] for vm in self.vms.values()}

    def move(self, known: str, destination: str) -> Answer:
        """Move a VM, unless it is one that fails, or one that says it did and did not."""
        vm = self.vms[known]
        ends = (vm["host"], destination)
        with self.lock:
            self.running.append(ends)
            self.busiest = max(self.busiest, *(sum(end in pair for pair in self.running) for end in ends))
            self.crowded.notify_all()
            self.crowded.wait_for(lambda: self.busiest >= self.awaits, PATIENCE_S)
        threading.Event().wait(self.seconds)
        with self.lock:
            self.running.remove(ends)
            if vm["name"] in self.fail:
                return 1, "error: the migration was aborted\n"
            if not vm.get("stays"):
                self.free(vm["host"], vm["mib"])
                self.free(destination, -vm["mib"])
                vm["host"] = destination
        return 0, ""

    def free(self, host: str, mib: int) -> None:
        """Let a host have so much more memory free."""
        if self.reckons:
            self.hosts[host] += mib

    def press(self, vm: dict[str, Any], mib: int) -> Answer:
        """Let a VM have so much memory, if it is not one whose guest keeps all that it has."""
        if mib > vm["mib"] or not vm.get("keeps"):
            self.free(vm["host"], vm["mib"] - mib)
            vm["mib"] = mib
        return 0, ""

    def run(self, *options: str, answers: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script."""
        return subprocess.run(
            ["bash", str(self.folder / "plan.sh"), *options],
            input=answers,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
            env={
                "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
                "STAND_IN_PORT": str(self.port),
                "POLL_S": "0.05",
                "VERIFY_S": "0",
                "BOOT_S": "0",
                **environment,
            },
        )

    def execute(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the script in earnest, without questions."""
        return self.run("--execute", "--unattended", "--pause", "0", "--ignore-expiry", *options)

    def journal(self) -> list[dict[str, str]]:
        """Return the rows of the journal."""
        path = self.folder / "journal.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def events(self) -> list[tuple[int, str]]:
        """Return the journal's moves and events."""
        return [(int(row["move"]), row["event"]) for row in self.journal()]


Platform = Callable[[Estate, list[str]], Answer]
"""Answers the words of a command."""


@contextmanager
def estate(
    folder: Path,
    platform: Platform,
    commands: Sequence[str],
    vms: Mapping[str, Mapping[str, Any]],
    own_python: bool = False,
) -> Iterator[Estate]:
    """Serve a platform whose commands are on the PATH of its script; Python too is served, as it starts slowly."""
    (folder / "bin").mkdir(parents=True)
    for command in (*commands, "python3"):
        stub = folder / "bin" / command
        stub.write_text(STUB, encoding="ascii")
        stub.chmod(0o755)
    if own_python:
        (folder / "bin" / "python3").unlink()
        (folder / "bin" / "python3").symlink_to(os.path.realpath(sys.executable))
    blank = {"power": "on", "mib": 4096}
    hosts = dict.fromkeys(("esx-1", "esx-2", "esx-3"), 16384)
    found = Estate(folder, {known: {**blank, **vm} for known, vm in vms.items()}, hosts)

    class Handler(socketserver.StreamRequestHandler):
        """Answers one command."""

        def handle(self) -> None:
            words = [self.word() for _ in range(int(self.word()))]
            if words[0] == "python3":
                with found.lock:
                    code, text = python(words[words.index("-c") + 1 : -1], words[-1])
            else:
                with found.lock:
                    found.calls.append(words)
                code, text = platform(found, words)
            self.wfile.write(f"{code}\n{text}".encode())

        def word(self) -> str:
            """Return the next word, which ends in NUL."""
            read = bytearray()
            while (byte := self.rfile.read(1)) != b"\0":
                read += byte
            return read.decode()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


def python(arguments: list[str], given: str) -> Answer:
    """Run a program of Python with arguments and standard input, and return what it prints."""
    before = sys.argv, sys.stdin
    printed = io.StringIO()
    sys.argv, sys.stdin = ["-c", *arguments[1:]], io.TextIOWrapper(io.BytesIO(given.encode()), encoding="utf-8")
    try:
        with redirect_stdout(printed):
            exec(arguments[0], {})
    except Exception:  # As a program of its own it would end with a failure, whatever the reason.
        return 1, printed.getvalue()
    finally:
        sys.argv, sys.stdin = before
    return 0, printed.getvalue()


def write_script(found: Estate, plan: Path, platform: str) -> None:
    """Write the script of a plan."""
    (found.folder / "plan.sh").write_text(render(plan, platform), encoding="ascii")
