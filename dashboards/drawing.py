"""Plotly's names as `Any`: the library has no types, and a strict check would refuse every call of it."""

from typing import Any, TypeAlias

import plotly.colors
import plotly.graph_objects
import plotly.offline
import plotly.subplots

Figure: TypeAlias = Any
"""A ``plotly.graph_objects.Figure``."""

go: Any = plotly.graph_objects
make_subplots: Any = plotly.subplots.make_subplots
color_tools: Any = plotly.colors
get_plotlyjs: Any = plotly.offline.offline.get_plotlyjs
