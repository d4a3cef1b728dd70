"""Where the bundled example is: in the installed package, or in the checkout."""

from importlib.resources import files
from pathlib import Path

from models.errors import InputError


def folder() -> Path:
    """Return the folder that holds the example's inventory and rules."""
    packaged = Path(str(files("consolidate"))) / "example"
    for place in (packaged, Path(__file__).resolve().parent.parent / "examples"):
        if (place / "inventory" / "hosts.csv").is_file():
            return place
    raise InputError("The bundled example is missing from this installation.")
