"""The page on commands, from the command line itself."""

from collections.abc import Iterator
from typing import Any

_HEAD = """\
# Commands

`consolidate COMMAND --help` tells the same. Exit status: 0 done; 1 computed, but infeasible or violated, and the result
says why; 2 bad input or usage; 3 an internal error; 130 interrupted. Progress and messages go to standard error; with
`--json` standard output is one JSON object.
"""


def page() -> str:
    """Return all commands with their arguments and options, as ``docs/commands.md`` holds them."""
    import typer

    from consolidate.cli import app

    group: Any = typer.main.get_command(app)
    parts = ["\n".join(_lines(name, command)) for name, command in sorted(group.commands.items())]
    return "\n\n".join([_HEAD.rstrip(), *parts]) + "\n"


def _lines(name: str, command: Any) -> Iterator[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    usage = " ".join(["consolidate", name, *(_shown(each) for each in arguments), "[OPTIONS]"])
    yield f"## {name}"
    yield ""
    yield " ".join(command.help.split())
    yield ""
    yield f"`{usage}`"
    yield ""
    yield "| | meaning | default |"
    yield "|---|---|---|"
    yield from (_row(each) for each in command.params if each.name != "help")


def _shown(argument: Any) -> str:
    name = argument.name.upper()
    return name if argument.required else f"[{name}]"


def _row(parameter: Any) -> str:
    named = parameter.param_type_name == "option"
    name = ", ".join(f"`{each}`" for each in parameter.opts) if named else f"`{parameter.name.upper()}`"
    text = " ".join((parameter.help or "").split()).replace("|", "\\|")
    return f"| {name} | {text} | {_default(parameter)} |"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    if value is None or value is False or callable(value) or value in ("", (), []):
        return ""
    return f"`{value}`"
