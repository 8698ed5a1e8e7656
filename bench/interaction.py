"""Measure how fast a picture follows a slider, in a real JupyterLab in a real browser.

    python bench/interaction.py            # measures, writes the table in bench/README.md
    python bench/interaction.py --dry      # prints only

Needs chromium-headless-shell (or chromium) and playwright. Measure on a quiet machine: a neighbour
makes every number two to six times as large.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

SETUP = """
import numpy as np, torch
torch.set_num_threads(1)
from course_lib.plotting import decision_map, explore, moving_regions, scatter_classes
from course_lib.plotting.boundaries import grid_of
rng = np.random.default_rng(0)
inputs = rng.normal(size=(200, 2))
targets = np.sign(inputs @ [1, 2] + 0.3)
extent = (-3.0, 3.0, -2.0, 2.0)
says = "The decision field of a small network over the plane with two hundred points."
net = torch.nn.Sequential(
    torch.nn.Linear(2, 32), torch.nn.Tanh(), torch.nn.Linear(32, 32), torch.nn.Tanh(),
    torch.nn.Linear(32, 1)).requires_grad_(False)
grid = grid_of(extent)
def score(points, zoom):
    return 5 * net(torch.as_tensor(points * zoom, dtype=torch.float32))[:, 0].numpy()
"""
WAYS = {
    "explore (LiveFigure, blit, JPEG)": """
def draw(axes):
    move = moving_regions(axes, extent)
    scatter_classes(axes, inputs, targets)
    def update(zoom):
        move(score(grid, zoom))
        return f"zoom {zoom:.2f}"
    return update
shown = explore(draw, says=says, name="shown", zoom=(0.0, 2.0, 1.0, 0.01))
shown""",
    "decision_map (raw pixels, canvas)": """
shown = decision_map(score, inputs, targets, says=says, name="shown", extent=extent,
                     zoom=(0.0, 2.0, 1.0, 0.01), text=lambda zoom: f"zoom {zoom:.2f}")
shown""",
    "interactive_output, new figure, plt.show()": """
%matplotlib inline
import matplotlib.pyplot as plt, ipywidgets
def redraw(zoom):
    plt.figure(figsize=(6, 4))
    plt.contourf(score(grid, zoom).reshape(100, 100), 20, extent=extent)
    plt.scatter(*inputs.T, c=targets)
    plt.show()
zoom = ipywidgets.FloatSlider(value=1.0, min=0.0, max=2.0, step=0.01)
ipywidgets.VBox([zoom, ipywidgets.interactive_output(redraw, {"zoom": zoom})])""",
    "ipympl, set_data, draw_idle": """
%matplotlib widget
import matplotlib.pyplot as plt, ipywidgets
figure, axes = plt.subplots(figsize=(6, 4))
image = axes.imshow(score(grid, 1.0).reshape(100, 100), extent=extent, origin="lower")
axes.scatter(*inputs.T, c=targets)
zoom = ipywidgets.FloatSlider(value=1.0, min=0.0, max=2.0, step=0.01)
def redraw(change):
    image.set_data(score(grid, change["new"]).reshape(100, 100))
    figure.canvas.draw_idle()
zoom.observe(redraw, "value")
zoom""",
}
WATCH = """() => {
  window.seen = []; window.pressed = 0; window.delays = [];
  const saw = () => {
    const now = performance.now();
    window.seen.push(now);
    if (window.pressed) { window.delays.push(now - window.pressed); window.pressed = 0; }
  };
  document.addEventListener("keydown", () => { window.pressed = performance.now(); }, true);
  document.addEventListener("load", (e) => { if (e.target.tagName === "IMG") saw(); }, true);
  document.addEventListener("painted", saw, true);
}"""
READY = """async () => {
  const panel = jupyterapp.shell.currentWidget;
  await jupyterapp.restored; await panel.context.ready; await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
}"""


def kernel_milliseconds(way: str, moves: int = 60) -> float | None:
    """Median time in this process from a new value to the bytes that would be sent."""
    if way not in list(WAYS)[:2]:
        return None
    names: dict[str, Any] = {}
    exec(compile(SETUP + WAYS[way], way, "exec"), names)  # the very cells that the browser runs
    shown = names["shown"]
    assert shown.widget is not None
    times = []
    for i in range(moves + 5):
        start = time.perf_counter()
        shown.set(zoom=0.5 + 0.01 * i)
        times.append(1000 * (time.perf_counter() - start))
    shown.close()
    return statistics.median(times[5:])


def notebook(code: str) -> dict[str, Any]:
    """Return a notebook of two cells."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{i}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source.strip(),
        }
        for i, source in enumerate((SETUP, code))
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def serve(home: Path, at_once: bool) -> tuple[subprocess.Popen, str]:
    """Start JupyterLab on loopback with settings of its own; return it and its address."""
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = json.dumps({"fetchNews": "false", "checkForUpdates": False})
    (settings / "notification.jupyterlab-settings").write_text(quiet, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", "--allow-root"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={home / 'root'}"]
    command += ["--LabApp.expose_app_in_browser=True"]
    if at_once:
        command.append("--ServerApp.jpserver_extensions={'course_lib.plotting.websocket': True}")
    log = (home / "lab.log").open("w", encoding="utf-8")
    server = subprocess.Popen(
        command,
        env=os.environ | {key: str(home / folder) for key, folder in places.items()},
        stdout=log,
        stderr=log,
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(600):
        try:
            opener.open(f"http://127.0.0.1:{port}/api", timeout=1).read()
            return server, f"http://127.0.0.1:{port}"
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError("JupyterLab did not start:\n" + (home / "lab.log").read_text("utf-8"))


def measure(page: Any, address: str, name: str) -> dict[str, float]:
    """Open a notebook, run it, press keys on its slider, drag it for two seconds."""
    page.goto(f"{address}/doc/tree/{name}")
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.content?.widgets?.length > 0")
    page.evaluate(READY)
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    handle = page.locator(".jp-OutputArea-output .noUi-handle").first
    handle.wait_for()
    page.wait_for_timeout(1500)
    page.evaluate(WATCH)
    handle.focus()
    for i in range(25):
        page.keyboard.press("ArrowRight")
        page.wait_for_function("n => window.delays.length > n", arg=i, timeout=10_000)
        page.wait_for_timeout(300)
    delays = sorted(page.evaluate("delays")[5:])
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 20, y)
    page.wait_for_timeout(500)
    start, moves = page.evaluate("performance.now()"), 0
    begun = time.perf_counter()
    while (now := time.perf_counter() - begun) < 2:
        moves += 1
        page.mouse.move(x - 20 + 60 * ((now * 60) % 60) / 60, y)
        time.sleep(max(0.0, moves / 60 - (time.perf_counter() - begun)))
    end = page.evaluate("performance.now()")
    page.mouse.up()
    page.wait_for_timeout(700)
    seen = [t for t in page.evaluate("seen") if t > start]
    during = [t for t in seen if t <= end]
    return {
        "key": statistics.median(delays),
        "p90": delays[int(0.9 * len(delays))],
        "fps": 1000 * len(during) / (end - start),
        "moves": moves / 2,
        "late": max(0.0, max(seen, default=end) - end),
    }


def browser_rows(at_once: bool, ways: list[str]) -> dict[str, dict[str, float]]:
    """Measure the given ways on one server, with or without TCP_NODELAY on the websocket."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if chromium is None:
        raise SystemExit("There is no Chromium: apt-get install chromium-headless-shell")
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "root").mkdir()
        for i, way in enumerate(ways):
            path = home / "root" / f"way{i}.ipynb"
            path.write_text(json.dumps(notebook(WAYS[way])), encoding="utf-8")
        server, address = serve(home, at_once)
        try:
            with sync_playwright() as driver:
                browser = driver.chromium.launch(
                    executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
                )
                for i, way in enumerate(ways):
                    page = browser.new_page(viewport={"width": 1280, "height": 900})
                    rows[way] = measure(page, address, f"way{i}.ipynb")
                    page.close()
                browser.close()
        finally:
            server.terminate()
            server.wait(20)
    return rows


def installed(way: str) -> bool:
    """Is what this way needs installed?"""
    from importlib.util import find_spec

    return "ipympl" not in way or find_spec("ipympl") is not None


def main() -> None:
    """Measure everything and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dry", action="store_true", help="print only")
    arguments = parser.parse_args()
    ways = [way for way in WAYS if installed(way)]
    before = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    kernel = {way: kernel_milliseconds(way) for way in ways}
    stock, at_once = browser_rows(False, ways), browser_rows(True, ways)
    lines = [
        "| way | kernel ms | key to pixel ms (p90) | drag fps | drag fps, no delay | late ms |",
        "|---|---|---|---|---|---|",
    ]
    for way in ways:
        ms = kernel[way]
        fast, slow = at_once[way], stock[way]
        lines.append(
            f"| {way} | {'' if ms is None else f'{ms:.1f}'} | {fast['key']:.0f} ({fast['p90']:.0f})"
            f" | {slow['fps']:.0f} | {fast['fps']:.0f} | {fast['late']:.0f} |"
        )
    lines += [
        "",
        f"Medians; {os.cpu_count()} cores, {platform.system()}, Python "
        f"{platform.python_version()}, load before the run {before:.1f}; the browser moved the "
        f"mouse {at_once[ways[0]]['moves']:.0f} times a second.",
    ]
    table = "\n".join(lines)
    print(table)
    if not arguments.dry:
        write(table)


def write(table: str) -> None:
    """Put the table between its marks in bench/README.md."""
    path = Path(__file__).with_name("README.md")
    text = path.read_text(encoding="utf-8")
    start, end = "<!-- interaction -->", "<!-- /interaction -->"
    head, rest = text.split(start, 1)
    tail = rest.split(end, 1)[1]
    path.write_text(f"{head}{start}\n{table}\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
