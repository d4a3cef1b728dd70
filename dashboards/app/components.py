"""Dash's names as `Any`: the library's types are too narrow for attributes such as ``aria-label``."""

from typing import Any, TypeAlias

import dash
import dash_ag_grid

Component: TypeAlias = Any
"""A ``dash.development.base_component.Component``."""

html: Any = dash.html
dcc: Any = dash.dcc
AgGrid: Any = dash_ag_grid.AgGrid
