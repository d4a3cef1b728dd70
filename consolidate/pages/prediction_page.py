"""The inputs and answers of a prediction as Markdown, from the one place where they are declared."""

from collections.abc import Iterator, Mapping

from models.quantities import ALIASES, INPUTS, METRICS
from models.technology import EVENTS


def tables() -> str:
    """Return what may be given to a prediction, and what it returns, as ``docs/overhead.md`` holds them."""
    events = ", ".join(f"`{event}`" for event in EVENTS)
    rates = {name: text for name, text in INPUTS.items() if not _of_event(name)}
    own = {"EVENT_ps": "such events a second of native work [1/s]", "EVENT_per_iter": "such events in each iteration"}
    return "\n".join(
        [
            f"EVENT is one of {events}.",
            "",
            *_table("input", {**own, **rates}, {new: old for old, new in ALIASES.items()}),
            "",
            "Every parameter of `overhead.csv` is an input too.",
            "",
            *_table("answer", METRICS, {}),
        ]
    )


def _of_event(name: str) -> bool:
    return any(name in (f"{event}_ps", f"{event}_per_iter") for event in EVENTS)


def _table(head: str, rows: Mapping[str, str], others: Mapping[str, str]) -> Iterator[str]:
    yield f"| {head} | meaning |"
    yield "|---|---|"
    for name, text in rows.items():
        also = f" (also `{others[name]}`)" if name in others else ""
        yield f"| `{name}` | {text}{also} |"
