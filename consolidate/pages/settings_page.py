"""The page on settings, from the one place where they are declared."""

from collections.abc import Iterator, Mapping
from typing import Any

from consolidate.settings import Settings

_HEAD = """\
# Settings

Settings are the keys of `--config`, of `--set`, and of a study's `settings` and `axes`. A file gives them in groups,
as many as are to differ from what is below:

```yaml
limits:
  cpu_ceiling: 0.7
  spare_hosts: 2
prices:
  energy_eur_kwh: 0.28
```

`consolidate plan inventory --config settings.yaml --set limits.cpu_ceiling=0.75 --set search.seconds=60 --out plan`
reads that file and changes two of its values: `--set` takes a dotted key, may be repeated, and comes after the file.
Unknown keys and wrong values are errors. What is taken from a file of the catalog stands there with its source, in
[models/catalog](../models/catalog).
"""


def page() -> str:
    """Return all settings with their meaning, values and defaults, as ``docs/settings.md`` holds them."""
    schema = Settings.model_json_schema()
    groups = [schema["$defs"][field["$ref"].rpartition("/")[2]] for field in schema["properties"].values()]
    parts = ["\n".join(_lines(name, group)) for name, group in zip(schema["properties"], groups, strict=True)]
    return "\n\n".join([_HEAD.rstrip(), *parts]) + "\n"


def _lines(name: str, group: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield group["description"]
    yield ""
    yield "| setting | meaning | values | default |"
    yield "|---|---|---|---|"
    for key, field in group["properties"].items():
        yield f"| `{name}.{key}` | {field['description']} | {_values(field)} | {_default(field['default'])} |"


def _values(field: Mapping[str, Any]) -> str:
    own = next((each for each in field.get("anyOf", ()) if each["type"] != "null"), field)
    if "enum" in own:
        return ", ".join(f"`{choice}`" for choice in own["enum"])
    if own["type"] == "boolean":
        return "`true`, `false`"
    if own["type"] == "string":
        return "a basis" if "pattern" in own else "text"
    if own["type"] == "array":
        return "a list of texts"
    if own["type"] == "object":
        return "a mapping"
    kind = "whole number" if own["type"] == "integer" else "number"
    above, below = "exclusiveMinimum" in own, "exclusiveMaximum" in own
    least = own["exclusiveMinimum" if above else "minimum"]
    most = own["exclusiveMaximum" if below else "maximum"]
    return f"{kind} {'above' if above else 'from'} {least:,.15g} to {'below ' if below else ''}{most:,.15g}"


def _default(value: Any) -> str:
    return "" if value is None else f"`{value}`".lower() if isinstance(value, bool) else f"`{value}`"
