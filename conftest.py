"""What holds for tests and notebooks alike: the environment, and what "green" means.

nbval runs the notebooks, and leaves two holes that are closed here. When a kernel dies, nbval
marks the later cells "expected to fail", which pytest counts as fine: here they fail. And a
notebook that was never collected would be missed by nobody: here the notebooks that ran are
counted against the files on disk.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from pathlib import Path

import pytest

# Set before torch, and before any kernel starts: kernels inherit it.
os.environ.update(
    COURSE_DEVICE="cpu",
    COURSE_QUIET="1",
    OMP_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
    OPENBLAS_NUM_THREADS="1",
    PYDEVD_DISABLE_FILE_VALIDATION="1",  # else ipykernel's debugger warns on standard error
    PYTHONUTF8="1",
)
# A kernelspec named python3 in the user's home must not win over this environment's own.
os.environ["JUPYTER_PATH"] = os.pathsep.join(
    [str(Path(sys.prefix) / "share" / "jupyter")]
    + [folder for folder in [os.environ.get("JUPYTER_PATH")] if folder]
)


def notebooks_on_disk(config: pytest.Config) -> set[str]:
    """Every notebook with code under the paths that pytest was given, relative to the root."""
    if not (config.getoption("nbval", False) or config.getoption("nbval_lax", False)):
        return set()
    found: set[str] = set()
    for argument in config.args:
        start = Path(config.invocation_params.dir, argument.split("::")[0])
        files = start.rglob("*.ipynb") if start.is_dir() else [start]
        for path in files:
            parts = path.relative_to(start).parts if start.is_dir() else ()
            if path.suffix != ".ipynb" or any(part.startswith(".") for part in parts):
                continue
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            if any(c["cell_type"] == "code" and "".join(c["source"]).strip() for c in cells):
                found.add(Path(os.path.relpath(path, config.rootpath)).as_posix())
    return found


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """A cell that nbval calls "xfailed" is a cell that did not run: it fails."""
    outcome = yield
    report = outcome.get_result()
    is_cell = item.nodeid.split("::")[0].endswith(".ipynb")
    if is_cell and report.outcome == "skipped" and hasattr(report, "wasxfail"):
        reason = report.wasxfail or "an earlier cell took the kernel with it"
        del report.wasxfail
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: this cell did not run, because: {reason}"


class NotebookCount:
    """Counts, in the process that prints the summary, the notebooks of which cells ran."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.run: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.split("::")[0]
        if name.endswith(".ipynb") and report.when == "call":
            self.run.add(name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A notebook that lies on disk and of which no cell ran is a failure of its own."""
        narrowed = self.config.getoption("keyword") or self.config.getoption("collectonly")
        if narrowed or session.shouldstop or session.shouldfail:
            return
        for name in sorted(notebooks_on_disk(self.config) - self.run):
            report = pytest.TestReport(
                nodeid=f"{name}::not run",
                location=(name, 0, "not run"),
                keywords={},
                outcome="failed",
                longrepr=f"{name} lies on disk, and not one of its cells was run.",
                when="call",
            )
            self.config.hook.pytest_runtest_logreport(report=report)
            self.run.discard(name)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter) -> None:
        expected = notebooks_on_disk(self.config)
        if expected:
            terminalreporter.write_line(
                f"notebooks: {len(self.run & expected)} of the {len(expected)} on disk were run"
            )


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported and collected stays: a full garbage collection (statsmodels calls one in
    each test of many hypotheses) need not walk through it, which takes half a second."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A run in the background starts deaf to interrupts; stop buttons and deadlines need them.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(NotebookCount(config), "notebook-count")
