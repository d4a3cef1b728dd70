"""The JSON Schema of a study's file, for editors that complete and check as one types."""

from typing import Any

from consolidate import quantities
from consolidate.what_if import axes as axis
from consolidate.what_if.scenario import SEED, Definition

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_SUPPOSED: dict[str, tuple[dict[str, Any], str]] = {
    "growth.vms": ({"type": "number", "minimum": 1, "maximum": 100}, "Factor on the count of running VMs."),
    "loss.hosts": ({"type": ["integer", "string", "array"]}, "Hosts that are lost: how many, drawn, or which."),
    "loss.racks": ({"type": ["integer", "string", "array"]}, "Racks that are lost: how many, drawn, or which."),
    "hardware.replace": (
        {"type": ["string", "null"], "pattern": "->"},
        "Hosts of a model go, and as many of another are on offer: 'OLD -> NEW' or 'OLD -> 6 x NEW'.",
    ),
    "policy": ({"type": "string"}, "Policy of the simulation."),
}


def schema() -> dict[str, Any]:
    """Return the schema; every setting, supposition and option has its meaning and its values in it."""
    found = Definition.model_json_schema(mode="validation")
    properties = found["properties"]
    keys = _keys()
    properties["axes"] = _keyed({key: _varied(each) for key, each in keys.items()}, "What varies, by dotted key.")
    properties["scenarios"] = {
        "type": "array",
        "description": "Scenarios listed one by one: values by dotted key, and a name.",
        "items": _keyed({**keys, "name": {"type": "string"}}, "One scenario."),
    }
    properties["extends"] = {"type": "string", "description": "Another study's file, which this one adds to."}
    for group in found["$defs"].values():
        _with_units(group)
    if "extends" in properties:
        found["required"] = []  # what it extends may give it
    return {"$schema": _DRAFT, **found, "title": "Study", "additionalProperties": False}


def _keys() -> dict[str, dict[str, Any]]:
    """Return what each key of an axis may be."""
    settings = {
        key: _valued(key, {name: part for name, part in field.items() if name not in ("default", "title")})
        for key, field in axis.settings_schema().items()
        if key != SEED
    }
    supposed = {key: {**given, "description": text} for key, (given, text) in _SUPPOSED.items()}
    return settings | supposed


def _keyed(known: dict[str, Any], text: str) -> dict[str, Any]:
    count = {"type": "integer", "minimum": 0, "maximum": 100_000}
    listed = "array" in str(next(iter(known.values())).get("anyOf", ""))
    beginnings = {"^applications\\.": count, "^hardware\\.add\\.": count, "^policy\\.": {}}
    return {
        "type": "object",
        "description": text,
        "properties": known,
        "patternProperties": {name: _varied(each) if listed else each for name, each in beginnings.items()},
        "additionalProperties": False,
    }


def _varied(value: dict[str, Any]) -> dict[str, Any]:
    """Return a list of values, or a range between two."""
    ends = {name: {key: part for key, part in value.items() if key != "description"} for name in ("from", "to")}
    between = {
        "type": "object",
        "properties": {**ends, "values": {"type": "integer", "minimum": 2, "description": "So many on a grid."}},
        "required": ["from", "to"],
        "additionalProperties": False,
    }
    own = {key: part for key, part in value.items() if key != "description"}
    found: dict[str, Any] = {"anyOf": [{"type": "array", "items": own, "minItems": 1}, between]}
    return found | ({"description": value["description"]} if "description" in value else {})


def _valued(key: str, field: dict[str, Any]) -> dict[str, Any]:
    """Return a setting's schema that takes a text with a unit, where it is a number."""
    if not axis.kinds(key) & {"number", "integer"} or "string" in axis.kinds(key):
        return field
    bare = {name: part for name, part in field.items() if name != "description"}
    options = [*bare.get("anyOf", [bare]), _text(key)]
    return {"anyOf": options, "description": field.get("description", "")}


def _text(key: str) -> dict[str, Any]:
    names = "|".join(name.replace("/", "\\/") for name in quantities.units(key))
    return {"type": "string", "pattern": f"^\\s*[+-]?[0-9.,_eE+-]+\\s*({names})\\s*$"}


def _with_units(group: dict[str, Any]) -> None:
    """Let the numbers of a group of settings be texts with a unit, in place."""
    for name, field in group.get("properties", {}).items():
        options = field.get("anyOf", [field])
        types = {each.get("type") for each in options}
        if types & {"number", "integer"} and "string" not in types:
            rest = {key: part for key, part in field.items() if key in ("description", "default", "title")}
            bare = [{key: part for key, part in each.items() if key not in rest} for each in options]
            group["properties"][name] = {**rest, "anyOf": [*bare, _text(name)]}
