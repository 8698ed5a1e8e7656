"""Figures take an Axes and return it; players and explorers put them under the reader's fingers.

Importing this package is light: matplotlib and ipywidgets are imported when a name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME = {
    "COLOURS": "style",
    "projector": "style",
    "show": "picture",
    "new_axes": "picture",
    "scatter_classes": "boundaries",
    "half_plane": "boundaries",
    "moving_half_plane": "boundaries",
    "decision_regions": "boundaries",
    "moving_regions": "boundaries",
    "number_line": "boundaries",
    "draw_network": "network",
    "draw_circuit": "network",
    "draw_table": "table",
    "critical_difference_diagram": "critical_difference",
    "critical_difference_painter": "critical_difference",
    "LiveFigure": "live",
    "Control": "players",
    "Player": "players",
    "Explorer": "players",
    "play": "players",
    "explore": "players",
    "decision_map": "rawmap",
    "network_playground": "playground",
    "show_source": "source",
}
__all__ = sorted(_HOME)

if TYPE_CHECKING:
    from .boundaries import (  # noqa: F401
        decision_regions,
        half_plane,
        moving_half_plane,
        moving_regions,
        number_line,
        scatter_classes,
    )
    from .critical_difference import (  # noqa: F401
        critical_difference_diagram,
        critical_difference_painter,
    )
    from .live import LiveFigure  # noqa: F401
    from .network import draw_circuit, draw_network  # noqa: F401
    from .picture import new_axes, show  # noqa: F401
    from .players import Control, Explorer, Player, explore, play  # noqa: F401
    from .playground import network_playground  # noqa: F401
    from .rawmap import decision_map  # noqa: F401
    from .source import show_source  # noqa: F401
    from .style import COLOURS, projector  # noqa: F401
    from .table import draw_table  # noqa: F401


def __getattr__(name: str) -> Any:
    """Import a public name from its file at its first use."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
