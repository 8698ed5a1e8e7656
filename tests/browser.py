"""JupyterLab in a real headless Chromium, on loopback, with nothing left behind.

`Lab` starts one server (fresh settings, a token, no outside address) and one browser; `Lab.open`
copies a notebook there and gives a `Page` to run it and to put hands on its widgets. Nothing here
sleeps: every step waits for what it expects to see and fails with a screenshot when it does not.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHOTS = ROOT / "build" / "screenshots"
SECONDS = 20_000  # how long a step is waited for, in milliseconds
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    # Every cell stays in the page, as in `make lab`.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
# What a step of a widget looks like: the picture's own bytes, the sentence, the line of code.
LOOK = """
async (box) => {
  const canvas = box.querySelector("canvas"), image = box.querySelector("img");
  const text = (name) => box.querySelector(name)?.textContent.trim() ?? "";
  let picture = canvas ? canvas.toDataURL() : "";
  if (!canvas && image) {
    const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    picture = Array.from(hash).join(",");
  }
  return { picture, sentence: text(".course-sentence"), code: text(".course-code"),
           labels: Array.from(box.querySelectorAll(".widget-label"), (e) => e.textContent) };
}
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


# Which server it is, the name of its application, and the path under which it opens a notebook.
FRONTS = {
    "lab": ("jupyterlab", "LabApp", "doc/tree"),
    "notebook": ("notebook", "JupyterNotebookApp", "notebooks"),
}


class Lab:
    """One JupyterLab (or Notebook 7) and one browser, for as many notebooks as are opened in it."""

    def __init__(self, chromium: Path, folder: Path, front: str = "lab") -> None:
        self.chromium, self.folder = chromium, folder
        self.module, self.application, self.path = FRONTS[front]
        self.root = folder / "root"
        self.root.mkdir()
        for name, content in SETTINGS.items():
            path = folder / "settings" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content), encoding="utf-8")
        self.token = secrets.token_hex(16)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Lab:
        from playwright.sync_api import sync_playwright

        fresh = {
            f"JUPYTER_{name}_DIR": str(self.folder / name.lower())
            for name in ("CONFIG", "DATA", "RUNTIME")
        } | {
            "JUPYTERLAB_SETTINGS_DIR": str(self.folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.folder / "workspaces"),
            "IPYTHONDIR": str(self.folder / "ipython"),
            "JUPYTER_PREFER_ENV_PATH": "1",
            "COURSE_DEVICE": "cpu",
            "COURSE_QUIET": "1",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }
        options = [
            "--no-browser", "--ip=127.0.0.1", f"--port={self.port}", "--ServerApp.port_retries=0",
            "--allow-root", f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.root}", f"--{self.application}.expose_app_in_browser=True",
        ]  # fmt: skip
        self.log = self.folder / "lab.log"
        with self.log.open("w", encoding="utf-8") as log:
            self.server = subprocess.Popen(
                [sys.executable, "-m", self.module, *options],
                env=os.environ | fresh, cwd=self.root, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            self._await_server()
            self.playwright = sync_playwright().start()
            self.browser = self.playwright.chromium.launch(
                executable_path=str(self.chromium),
                args=["--no-sandbox", "--disable-dev-shm-usage"],
            )
        except BaseException:
            self.server.terminate()
            raise
        return self

    def _await_server(self) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                opener.open(f"{self.url}/api", timeout=1).read()
                return
            except OSError:
                if self.server.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError(f"{self.module} did not start:\n" + self.log.read_text(encoding="utf-8"))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.browser.close()
        self.playwright.stop()
        self.server.terminate()
        try:
            self.server.wait(15)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait(15)

    def open(self, notebook: Path) -> Page:
        """Open a copy of a notebook and wait for its kernel."""
        target = self.root / notebook.name
        shutil.copyfile(notebook, target)
        return Page(self, target)


class Page:
    """A notebook that is open in the browser."""

    def __init__(self, lab: Lab, notebook: Path) -> None:
        self.lab, self.name = lab, notebook.stem
        self.page = lab.browser.new_page(viewport={"width": 1280, "height": 900})
        self.page.set_default_timeout(SECONDS)
        self.complaints: list[str] = []
        self.outside: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("request", self._request)
        self.page.goto(f"{lab.url}/{lab.path}/{notebook.name}?token={lab.token}")
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.content?.widgets?.length > 0",
            timeout=60_000,
        )
        self.page.evaluate(
            """async () => {
                const widget = jupyterapp.shell.currentWidget;
                await jupyterapp.restored; await widget.context.ready;
                await widget.sessionContext.ready; await widget.sessionContext.session.kernel.info;
            }"""
        )

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _request(self, request: Any) -> None:
        allowed = (self.lab.url, self.lab.url.replace("http", "ws", 1), "data:", "blob:")
        if not request.url.startswith(allowed):
            self.outside.append(request.url)

    def close(self) -> None:
        """Close the page and stop its kernel, so that many chapters do not pile up."""
        self.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.close()

    def run_all(self) -> None:
        """Run every cell; returns when the last one is done and every widget stands in the page."""
        self.page.set_default_timeout(180_000)
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.set_default_timeout(SECONDS)

    def errors(self) -> list[str]:
        """The error outputs that stand in the notebook."""
        return self.page.evaluate(
            """() => jupyterapp.shell.currentWidget.content.widgets.flatMap((cell) => {
                const outputs = cell.model.outputs, found = [];
                for (let i = 0; outputs && i < outputs.length; i++) {
                    const output = outputs.get(i).toJSON();
                    if (output.output_type === "error")
                        found.push(output.ename + ": " + output.evalue);
                    if (output.name === "stderr") found.push("stderr: " + output.text);
                }
                return found;
            })"""
        )

    def counts(self) -> list[int | None]:
        """The execution count of every code cell."""
        return self.page.evaluate(
            """() => jupyterapp.shell.currentWidget.content.widgets
                .filter((cell) => cell.model.type === "code")
                .map((cell) => cell.model.executionCount)"""
        )

    def run_code(self, code: str) -> str:
        """Run a line in the notebook's kernel and return what it printed."""
        return self.page.evaluate(
            """async (code) => {
                const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({ code, store_history: false });
                let said = "";
                future.onIOPub = (message) => {
                    if (message.header.msg_type === "stream") said += message.content.text;
                    if (message.header.msg_type === "error")
                        said += message.content.ename + ": " + message.content.evalue;
                };
                await future.done;
                return said;
            }""",
            code,
        ).strip()

    def boxes(self, kind: str) -> list[Box]:
        """The widgets of a kind ("player", "explorer", "practice") in the order of the page."""
        found = self.page.locator(f".jp-OutputArea-output .course-{kind}")
        return [Box(self, found.nth(n)) for n in range(found.count())]

    def await_boxes(self, kind: str, number: int) -> list[Box]:
        """Wait until that many widgets of a kind stand in the page."""
        self.page.wait_for_function(
            "([name, n]) => document.querySelectorAll(name).length >= n",
            arg=[f".jp-OutputArea-output .course-{kind}", number],
        )
        return self.boxes(kind)

    def shoot(self, name: str) -> Path:
        """Keep a screenshot of the window under build/screenshots."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"{self.name}-{name}.png"
        self.page.screenshot(path=path)
        return path


class Box:
    """One widget of the course in the page, with the hands that a reader has."""

    def __init__(self, page: Page, place: Any) -> None:
        self.page, self.place = page, place
        self.place.scroll_into_view_if_needed()
        classes = self.place.get_attribute("class") or ""
        match = re.search(r"course-name-(\w+)", classes)
        self.name = match.group(1) if match else "practice"

    def look(self) -> dict[str, Any]:
        """What is seen: picture (its bytes), sentence, code, labels."""
        return self.place.evaluate(LOOK)

    def wait_for(self, condition: str, argument: Any = None, what: str = "") -> None:
        """Wait until a JavaScript condition `(box, argument) => ...` holds."""
        from playwright.sync_api import TimeoutError as Late

        handle = self.place.element_handle()
        try:
            self.page.page.wait_for_function(
                f"([box, argument]) => ({condition})(box, argument)", arg=[handle, argument]
            )
        except Late:
            shot = self.page.shoot(f"{self.name}-failed")
            raise AssertionError(
                f"{self.name}: waited in vain for {what or condition}; it shows {self.look()}; "
                f"see {shot.name}"
            ) from None

    def changed(self, key: str, before: Any, what: str) -> dict[str, Any]:
        """Wait until the picture, sentence or code is another one; return the new look."""
        end = time.monotonic() + SECONDS / 1000
        while time.monotonic() < end:
            now = self.look()
            if now[key] != before[key]:
                return now
            self.page.page.wait_for_function("() => new Promise(requestAnimationFrame)")
        shot = self.page.shoot(f"{self.name}-failed")
        raise AssertionError(
            f"{self.name}: {what}, but the {key} stays; it says {now['sentence']!r}; "
            f"see {shot.name}"
        )

    def click(self, title: str) -> None:
        """Click the button whose tooltip begins so."""
        self.place.locator(f'button[title^="{title}"]').first.click()

    def shoot(self, name: str) -> Path:
        """Keep a screenshot of this widget."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"{self.page.name}-{self.name}-{name}.png"
        self.place.screenshot(path=path)
        return path
