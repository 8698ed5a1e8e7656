"""A server extension that sends a kernel's answers at once.

TCP holds a small packet back until the one before it is acknowledged (Nagle's algorithm), and the
browser delays its acknowledgement by up to 40 ms. The kernel answers a moved slider with several
small messages, so a drag is held to about 20 pictures a second. TCP_NODELAY on the websocket lifts
that to over 50. Enable it on the command line of any Jupyter server:

    jupyter lab --ServerApp.jpserver_extensions="{'course_lib.plotting.websocket': True}"
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "course_lib.plotting.websocket"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Set TCP_NODELAY whenever a kernel's websocket opens; on failure warn and change nothing."""
    try:
        from jupyter_server.services.kernels.websocket import KernelWebsocketHandler as Handler

        original = Handler.open
        if getattr(original, "sends_at_once", False):
            return
    except (ImportError, AttributeError) as error:
        app.log.warning("Sliders may lag: this Jupyter server is not as expected (%s)", error)
        return

    async def open(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: A001
        try:
            self.set_nodelay(True)
        except Exception as error:  # noqa: BLE001  a slow slider is better than none
            app.log.warning("Sliders may lag: TCP_NODELAY could not be set (%s)", error)
        return await original(self, *args, **kwargs)

    open.sends_at_once = True  # type: ignore[attr-defined]
    Handler.open = open  # type: ignore[method-assign]


load_jupyter_server_extension = _load_jupyter_server_extension
