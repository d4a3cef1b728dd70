"""What all calls of a computation need: shipped to each worker once, and unpacked there once."""

import hashlib
import pickle
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from consolidate.commands.interruption import scratch
from models.errors import InputError

_HELD: dict[str, bytes] = {}


@dataclass(frozen=True)
class Parcel:
    """Names a content: by its hash, and by a file where workers do not hold it themselves."""

    key: str
    path: str = ""


def hold(key: str, content: bytes) -> None:
    """Keep a content in this process."""
    _HELD[key] = content


def drop(key: str) -> None:
    """Let a content go."""
    _HELD.pop(key, None)


@contextmanager
def shipped(pool: Executor, *things: Any) -> Iterator[Parcel]:
    """Give the parcel that holds some things, for calls on an executor; in the end its file is removed."""
    content = pickle.dumps(things, pickle.HIGHEST_PROTOCOL)
    key = hashlib.sha256(content).hexdigest()
    share = getattr(pool, "share", None)
    if share is not None:
        yield share(key, content)
        return
    with scratch("consolidate-") as folder:
        path = folder / "inputs.pickle"
        path.write_bytes(content)
        yield Parcel(key, str(path))


@lru_cache(maxsize=1)
def unpacked(parcel: Parcel) -> tuple[Any, ...]:
    """
    Return the things in a parcel; a worker keeps them until the next parcel.

    Raises
    ------
    InputError
        If the worker neither holds the content nor sees its file.
    """
    try:
        content = _HELD[parcel.key] if parcel.key in _HELD else Path(parcel.path or "-").read_bytes()
    except OSError:
        raise InputError("A worker did not get what it is to compute with; start it anew.") from None
    things: tuple[Any, ...] = pickle.loads(content)
    return things
