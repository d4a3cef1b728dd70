"""The baseline: every VM stays, every host stays on."""

from dataclasses import dataclass

from models.decisions import Decision, View


@dataclass(frozen=True)
class DoNothing:
    """Leave everything as it is."""

    def __call__(self, view: View) -> Decision:
        """Return the decision to do nothing."""
        return Decision()
