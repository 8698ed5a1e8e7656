"""The keys of a player: a widget that listens on the box around it."""

from __future__ import annotations

import anywidget
import traitlets

from .players import KEYS, STYLE


class Keys(anywidget.AnyWidget):
    """Sends `{"key": ...}` for the keys that it was told to catch; invisible itself."""

    _esm = KEYS
    _css = STYLE
    caught = traitlets.List(traitlets.Unicode()).tag(sync=True)
    says = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
