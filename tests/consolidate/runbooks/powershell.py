"""
What PowerShell would read in the data of a script: a strict reader of literals, written without the renderer's code.

It knows single-quoted strings, numbers, character codes, ``+``, ``@( )`` and ``[pscustomobject]@{ }``; on anything
else, such as a bare word or a variable within the data, it fails.
"""

import re
from typing import Any

QUOTES = "'\u2018\u2019\u201a\u201b"
"""All that PowerShell takes for a single quotation mark."""

TOKEN = re.compile(
    rf"(?P<string>[{QUOTES}](?:[^{QUOTES}]|[{QUOTES}]{{2}})*[{QUOTES}])"
    r"|(?P<codes>-join \[char\[\]\]\((?:0x[0-9a-f]{4}(?:, )?)+\))"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<key>[A-Z][A-Za-z]* = )"
    r"|(?P<mark>\[pscustomobject\]@\{|@\(|[();}+])"
    r"|(?P<space>[ \n]+)"
)


class Reader:
    """Reads one value after the other."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text):
            found = TOKEN.match(text, place)
            if found is None:
                raise ValueError(f"PowerShell would read code: {text[place : place + 40]!r}")
            self.tokens += [(str(found.lastgroup), found[0])] if found.lastgroup != "space" else []
            place = found.end()
        self.tokens.append(("end", ""))

    def take(self) -> tuple[str, str]:
        """Return the next token, and go on."""
        return self.tokens.pop(0)

    def value(self) -> Any:
        """Return the next value, sums of strings joined."""
        total = self.single()
        while self.tokens[0] == ("mark", "+"):
            self.take()
            total += self.single()
        return total

    def single(self) -> Any:
        """Return the next value without what is added to it."""
        kind, text = self.take()
        match kind, text:
            case "string", _:
                return re.sub(rf"[{QUOTES}]([{QUOTES}])", r"\1", text[1:-1])
            case "codes", _:
                return bytes.fromhex("".join(re.findall("0x([0-9a-f]{4})", text))).decode("utf-16-be")
            case "number", _:
                return float(text)
            case "mark", "(":
                inner = self.value()
                assert self.take() == ("mark", ")")
                return inner
            case "mark", "@(":
                return self.array()
            case "mark", "[pscustomobject]@{":
                return self.record()
        raise ValueError(f"PowerShell would read code: {text!r}")

    def array(self) -> list[Any]:
        """Return the values up to the closing parenthesis."""
        items = []
        while self.tokens[0] != ("mark", ")"):
            items.append(self.value())
        self.take()
        return items

    def record(self) -> dict[str, Any]:
        """Return the keys and values up to the closing brace."""
        items = {}
        while True:
            kind, key = self.take()
            assert kind == "key", key
            items[key.removesuffix(" = ")] = self.value()
            _, mark = self.take()
            if mark == "}":
                return items
            assert mark == ";", mark


def read(text: str) -> Any:
    """Return the value of one expression, which must be all of the text."""
    reader = Reader(text)
    value = reader.value()
    assert reader.tokens == [("end", "")]
    return value


def data(script: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the plan and the moves that a script holds between the lines before and after them."""
    plan, moves, _ = parts(script)
    return read(plan), read(moves)


def new_vms(script: str) -> list[dict[str, Any]]:
    """Return the VMs that a script says are on no host yet."""
    found: list[dict[str, Any]] = read(parts(script)[2])
    return found


def parts(script: str) -> tuple[str, str, str]:
    """Return the three expressions of a script's data."""
    block = script.split("$Plan = ", 1)[1].split("\n\n$script:InFlight", 1)[0]
    plan, rest = block.split("\n$Moves = ", 1)
    moves, new = rest.split("\n$NewVms = ", 1)
    return plan, moves, new
