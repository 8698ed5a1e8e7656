"""The house holds together: versions, the set-up's decisions, and the rules every file keeps."""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from course_lib import course
from tools import lock, setup

ROOT = Path(__file__).resolve().parent.parent
posix = pytest.mark.skipif(os.name == "nt", reason="fake interpreters are shell scripts")


def tracked(*endings: str) -> list[Path]:
    """Every file that git tracks or would track, with one of the endings (or any)."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        names = listed.decode("utf-8").split("\0")
    except (OSError, subprocess.CalledProcessError):  # a checkout without git: a downloaded zip
        hidden = {"work", "build", "dist", "__pycache__"}
        names = [
            path.relative_to(ROOT).as_posix()
            for path in ROOT.rglob("*")
            if not any(p.startswith(".") or p in hidden for p in path.relative_to(ROOT).parts)
        ]
    paths = [ROOT / name for name in names if name]
    return [p for p in paths if p.is_file() and (not endings or p.name.endswith(endings))]


# --- versions -------------------------------------------------------------------------------


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def direct() -> list[Requirement]:
    metadata = project()
    extras = metadata["optional-dependencies"]
    return [Requirement(t) for t in metadata["dependencies"] + extras["test"] + extras["site"]]


def locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [line.split(";")[0].strip() for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", pin) for pin in pins), pins
    return dict(pin.split("==") for pin in pins)


def test_the_lock_pins_every_dependency_at_or_above_its_floor():
    pins = locked()
    for requirement in direct():
        name = canonicalize_name(requirement.name)
        assert name in pins, f"{name} is in pyproject.toml and not in requirements.lock"
        assert requirement.specifier, f"{name} has no floor in pyproject.toml"
        assert requirement.specifier.contains(pins[name]), f"{name} is locked below its floor"


def test_the_lock_holds_everything_that_the_dependencies_need_here():
    system = sys.platform if sys.platform in lock.PLATFORMS else "linux"
    assert lock.needed(system) - set(locked()) == set()


@pytest.mark.parametrize("python", ["3.11.0", "3.11.2", "3.14.0"])
def test_every_locked_package_installs_with_the_oldest_and_the_newest_python(python):
    """Debian 12 brings Python 3.11.2: a package that wants 3.11.5 would stop its readers."""
    refusing = {}
    for name in locked():
        try:
            wanted = importlib.metadata.metadata(name)["Requires-Python"]
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        if wanted and not SpecifierSet(wanted).contains(python):
            refusing[name] = wanted
    assert refusing == {}


def test_torch_is_pinned_without_a_build_and_nothing_names_a_source():
    assert locked()["torch"] == "2.13.0"
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for forbidden in ("+", "--hash", "--find-links", "--index-url", "://", "@"):
        assert forbidden not in code


def test_conda_s_file_holds_the_same_versions():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    environment = yaml.safe_load(text)
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    *conda, last = environment["dependencies"]
    assert any(re.fullmatch(r"python=3\.1[1-4]", item) for item in conda)
    assert last["pip"][-1] == "-e ."
    theirs = {v: k for k, v in lock.FROM_CONDA.items()}
    found = {theirs[name]: v for name, _, v in (c.partition("=") for c in conda) if name in theirs}
    found |= dict(item.split("==") for item in last["pip"][:-1])
    pins = locked()
    assert found == {name: pins[name] for name in (canonicalize_name(r.name) for r in direct())}


# --- which command installs torch -------------------------------------------------------------


def test_without_any_pip_settings_uv_chooses_the_build():
    command = setup.torch_command({}, "", "linux", has_uv=True)
    assert command[1:4] == ["-m", "uv", "pip"]
    assert "--torch-backend=auto" in command and command[-1] == "torch==2.13.0"
    assert not any("index" in word or "find-links" in word or "://" in word for word in command)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_without_uv_it_is_plain_pip(platform):
    command = setup.torch_command({}, "", platform, has_uv=False)
    end = ["--no-compile", "-c", "requirements.lock", "torch==2.13.0"]
    assert command == ["python", "-m", "pip", "install", *end]


def test_on_macos_there_is_one_build_and_no_need_for_uv():
    assert "uv" not in setup.torch_command({}, "", "darwin", has_uv=True)


@pytest.mark.parametrize(
    ("variables", "config"),
    [
        ({"PIP_INDEX_URL": "https://mirror.example/simple"}, ""),
        ({}, "global.index-url='https://mirror.example/simple'\n"),
        ({}, "global.timeout='60'\nuser.index-url='https://mirror.example/simple'\n"),
        ({"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"}, ""),
    ],
)
def test_an_index_that_pip_is_told_to_use_is_used(variables, config):
    command = setup.torch_command(variables, config, "linux", has_uv=True)
    assert command[1:4] == ["-m", "pip", "install"]


@pytest.mark.parametrize(
    ("variables", "config", "expected"),
    [
        ({}, "", None),
        ({}, "global.timeout='60'\n", None),
        ({"PIP_FIND_LINKS": "/wheels"}, "", "--no-index"),
        ({}, ":env:.find-links='/wheels'\n", "--no-index"),
        ({}, "global.extra-index-url='file:///a file:///b'\n", "--index-url file:///a"),
    ],
)
def test_further_places_are_asked_whether_they_have_torch(variables, config, expected):
    probe = setup.torch_probe(variables, config)
    assert probe is None if expected is None else expected in " ".join(probe)
    if expected:
        asked = {
            offered: setup.torch_command(variables, config, "linux", True, offered=offered)
            for offered in (True, False)
        }
        assert asked[True][2] == "pip" and asked[False][2] == "uv"


# --- which interpreter ------------------------------------------------------------------------


def fake(folder: Path, name: str, script: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n" + script, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


BROKEN_SHIM = 'echo "command not found" >&2; exit 127\n'


def interpreter(minor: int, venv: str) -> str:
    """A script that says it is Python 3.minor and, asked for a venv, does what `venv` says."""
    return f'case "$*" in *"-m venv"*) {venv};; *) echo "3 {minor}";; esac\n'


def working(minor: int) -> str:
    """Makes an environment whose Python answers (the last argument is its folder)."""
    inner = interpreter(minor, "exit 1").replace("$", r"\$").replace('"', r"\"")
    make = (
        'for last; do :; done; mkdir -p "$last/bin"; '
        f'printf "%s" "#!/bin/sh\n{inner}" > "$last/bin/python"; chmod +x "$last/bin/python"'
    )
    return interpreter(minor, make)


HALFWAY = 'for last; do :; done; mkdir -p "$last/bin"; touch "$last/pyvenv.cfg"; exit 1'


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A search path of two empty folders (and the system's tools), and no Python of ours."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return tmp_path / "first", tmp_path / "second"


def search(*folders: Path) -> str:
    return os.pathsep.join(str(folder) for folder in folders)


@posix
def test_the_newest_python_that_really_makes_an_environment_wins(path, tmp_path):
    first, second = path
    fake(first, "python3.14", BROKEN_SHIM)
    fake(first, "python3.13", interpreter(13, HALFWAY))  # Debian without python3-venv
    fake(first, "python3.12", BROKEN_SHIM)  # hides the good one behind it
    fake(second, "python3.12", working(12))
    fake(first, "python3.11", working(11))
    setup.make_environment(tmp_path / "venv", search(first, second))
    assert setup.version([str(tmp_path / "venv/bin/python")]) == (3, 12)
    assert not (tmp_path / "venv/pyvenv.cfg").exists(), "a half-made environment was left"


@posix
@pytest.mark.parametrize(("minor", "accepted"), [(10, False), (11, True), (14, True), (15, False)])
def test_plain_python3_counts_when_its_version_does(path, tmp_path, minor, accepted):
    fake(path[0], "python3", working(minor))
    if accepted:
        setup.make_environment(tmp_path / "venv", search(*path))
        assert setup.works(tmp_path / "venv")
    else:
        with pytest.raises(setup.SetupError, match="from 3.11 to 3.14"):
            setup.make_environment(tmp_path / "venv", search(*path))


@posix
def test_uv_is_asked_when_no_python_can(path, tmp_path):
    fake(path[0], "python3", interpreter(12, HALFWAY))
    fake(path[1], "uv", working(13).replace('"-m venv"', '"venv --seed"'))
    setup.make_environment(tmp_path / "venv", search(*path))
    assert setup.version([str(tmp_path / "venv/bin/python")]) == (3, 13)


@posix
def test_with_nothing_at_hand_it_says_what_to_install_and_leaves_nothing(path, tmp_path):
    fake(path[0], "python3.13", interpreter(13, HALFWAY))
    with pytest.raises(setup.SetupError) as caught:
        setup.make_environment(tmp_path / "venv", search(*path))
    assert "apt-get install python3 python3-venv" in str(caught.value)
    assert not (tmp_path / "venv").exists()


def test_an_old_python_can_read_the_setup():
    source = (ROOT / "tools/setup.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))
    assert "from __future__ import annotations" not in source.split("import contextlib")[1]
    assert "capture_output" not in source and "text=True" not in source  # 3.7


# --- interrupted ------------------------------------------------------------------------------


@pytest.fixture
def site(path, tmp_path, monkeypatch):
    """A project folder of its own, a Python that makes environments, and a list of installs."""
    fake(path[0], "python3.12", working(12))
    monkeypatch.setenv("PATH", search(path[0], Path("/usr/bin"), Path("/bin")))
    monkeypatch.setattr(setup, "ROOT", tmp_path / "project")
    (tmp_path / "project").mkdir()
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / "project" / name).write_text("torch==2.13.0\n", encoding="utf-8")
    installs: list[str] = []
    monkeypatch.setattr(setup, "install", lambda venv, environment: installs.append("installed"))
    return tmp_path / "project", installs


@posix
def test_a_second_call_has_nothing_to_do_until_the_lock_changes(site):
    project, installs = site
    assert setup.set_up(project / ".venv") and not setup.set_up(project / ".venv")
    assert installs == ["installed"]
    (project / "requirements.lock").write_text("torch==2.14.0\n", encoding="utf-8")
    assert setup.set_up(project / ".venv")
    assert len(installs) == 2


@posix
def test_a_set_up_killed_while_installing_is_finished_by_the_next_call(site, monkeypatch):
    project, installs = site

    def killed(venv, environment):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(setup, "install", killed)
        with pytest.raises(KeyboardInterrupt):
            setup.set_up(project / ".venv")
    marker = project / ".venv" / "kept"  # what was installed so far is not thrown away
    marker.touch()
    assert setup.set_up(project / ".venv") and installs == ["installed"] and marker.exists()


@posix
@pytest.mark.parametrize("damage", ["no python", "python does not start", "no pip"])
def test_an_environment_without_a_working_python_is_made_anew(site, damage):
    project, installs = site
    setup.set_up(project / ".venv")
    python = project / ".venv/bin/python"
    if damage == "no python":
        python.unlink()
    elif damage == "python does not start":
        fake(python.parent, "python", BROKEN_SHIM)
    else:
        fake(python.parent, "python", 'case "$*" in *pip*) exit 1;; *) echo "3 12";; esac')
        (project / ".venv/course-setup.stamp").unlink()
    assert setup.set_up(project / ".venv")
    assert setup.works(project / ".venv") and len(installs) == 2


def test_a_half_installed_package_is_forgotten_and_a_whole_one_is_not(tmp_path, monkeypatch):
    python = tmp_path / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    make = [sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")]
    subprocess.run(make, check=True)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path((setup.output([str(python), "-c", ask]) or "").strip())

    def package(name: str, missing: str = "", record: bool = True, size: int = 5) -> Path:
        information = packages / f"{name}-1.0.dist-info"
        information.mkdir()
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        (information / "METADATA").write_text(text, encoding="utf-8")
        if missing != f"{name}.py":
            (packages / f"{name}.py").write_text("x = 1", encoding="utf-8")
        if record:
            (information / "RECORD").write_text(f"{name}.py,,{size}\n", encoding="utf-8")
        return information

    whole = package("whole")
    broken = [package("gone", "gone.py"), package("early", record=False), package("cut", size=99)]
    setup.forget_damaged(str(python))
    assert whole.exists() and not any(information.exists() for information in broken)


@posix
def test_of_two_set_ups_at_once_the_second_waits_and_a_killed_one_lets_go(tmp_path, capfd):
    program = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\nfrom tools import setup\n"
        "with setup.only_one(Path(sys.argv[2])):\n    print('in', flush=True)\n    time.sleep(60)\n"
    )
    arguments = [sys.executable, "-c", program, str(ROOT), str(tmp_path / "lock")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout and first.stdout.readline() == "in\n"
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as second:
            assert second.stdout and "waiting" in second.stdout.readline()
            first.kill()
            assert second.stdout.readline() == "in\n"
            second.kill()


@posix
@pytest.mark.full
def test_a_real_set_up_killed_again_and_again_ends_whole(tmp_path):
    """Slow: kill -9 the real thing at four moments, then let it finish, and import everything."""
    project = tmp_path / "project"
    for path in tracked():
        copy = project / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    command = [sys.executable, "tools/setup.py"]
    for seconds in (2, 8, 20, 45):
        process = subprocess.Popen(command, cwd=project, start_new_session=True)
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert subprocess.call(command, cwd=project) == 0
    python = str(setup.python_of(project / ".venv"))
    assert setup.output([python, "-m", "pip", "check"]) is not None
    modules = "torch, numpy, scipy, sklearn, skimage, networkx, gymnasium, jupyterlab, course_lib"
    assert setup.output([python, "-c", f"import {modules}, matplotlib, pandas"]) is not None
    damaged = setup.output([python, "-c", setup.FIND_DAMAGED])
    assert damaged == "", damaged
    started = time.perf_counter()
    assert subprocess.call(command, cwd=project) == 0
    assert time.perf_counter() - started < 5, "a second call starts at once"


def test_pip_is_not_led_out_of_the_environment():
    variables = {"PYTHONPATH": "/x", "PIP_TARGET": "/y", "PIP_USER": "1", "PIP_FIND_LINKS": "/w"}
    cleaned = setup.clean_environment(variables)
    assert "PYTHONPATH" not in cleaned and "PIP_TARGET" not in cleaned
    assert cleaned["PIP_USER"] == "0" and cleaned["PIP_FIND_LINKS"] == "/w"


# --- rules that every file keeps ----------------------------------------------------------------


def code_of(path: Path) -> list[tuple[str, str]]:
    """(place, Python source) of a file; of a notebook one pair a cell."""
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    if path.suffix != ".ipynb":
        return [(name, text)]
    cells = json.loads(text)["cells"]
    return [
        (f"{name} cell {number}", "".join(cell["source"]))
        for number, cell in enumerate(cells)
        if cell["cell_type"] == "code"
    ]


@functools.cache
def calls() -> list[tuple[str, ast.Call]]:
    found = []
    for path in tracked(".py", ".ipynb"):
        for place, source in code_of(path):
            try:
                tree = ast.parse(source)
            except SyntaxError:
                continue  # not this test's business: ruff and nbval see it
            found += [(f"{place}:{n.lineno}", n) for n in ast.walk(tree) if isinstance(n, ast.Call)]
    return found


OTHER_OPENS = re.compile(
    r"Image|^os$|\blab\b|page|browser|webbrowser|tarfile|gzip|request|opener|archive"
)


def forgets_the_encoding(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    if name not in ("open", "read_text", "write_text", "fdopen"):
        return False
    method = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value)
    if name == "open" and method and OTHER_OPENS.search(method):
        return False
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    place = 0 if method and name == "open" else 1
    mode = keywords.get("mode", call.args[place] if len(call.args) > place else None)
    if "open" in name and mode is not None:
        modes = [str(n.value) for n in ast.walk(mode) if isinstance(n, ast.Constant)]
        if modes and all("b" in text for text in modes):
            return False
    by_place = any(isinstance(word, ast.Constant) and word.value == "utf-8" for word in call.args)
    return "encoding" not in keywords and not by_place


def test_the_rule_about_encodings_sees_what_it_should():
    def judged(line: str) -> bool:
        call = ast.parse(line, mode="eval").body
        assert isinstance(call, ast.Call)
        return forgets_the_encoding(call)

    bad = ["open('x')", "open('x', 'w')", "p.open()", "p.open('a')", "os.fdopen(h, 'w')"]
    bad += ["p.read_text()", "p.write_text('b')", "open('x', 'ab' if new else 'a')"]
    good = ["open('x', 'rb')", "p.open('wb')", "os.fdopen(h, 'wb')", "Image.open(p)"]
    good += ["p.read_text(encoding='utf-8')", "p.read_text('utf-8')", "opener(u).open(request)"]
    assert [line for line in bad if not judged(line)] == []
    assert [line for line in good if judged(line)] == []


def test_every_open_names_its_encoding():
    assert [place for place, call in calls() if forgets_the_encoding(call)] == []


def test_no_loader_starts_workers():
    workers = [
        place
        for place, call in calls()
        for keyword in call.keywords
        if keyword.arg == "num_workers" and getattr(keyword.value, "value", 1) != 0
    ]
    assert workers == []


SHELL = re.compile(r"^\s*(!|%%?(bash|sh|cmd|system|sx|script|pip|conda)\b)|\bos\.(system|popen)\(")


def test_notebooks_call_no_shell():
    found = [
        f"{place}: {line}"
        for path in tracked(".ipynb")
        for place, source in code_of(path)
        for line in source.splitlines()
        if SHELL.search(line) or "subprocess" in line
    ]
    assert found == []


# Written in pieces, so that this file does not find itself.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"py" r"pi\.org",
            r"python" r"hosted",
            r"registry\.npm" r"js",
            r"download\.py" r"torch\.org",
            r"deb\.deb" r"ian",
            r"/wo" r"rk/",
            r"/ro" r"ot/",
            r"/ho" r"me/(?!me/)[a-z]",
            r"/tm" r"p/w",
            r"\.lib" r"rary/",
            r"/opt/wh" r"eels",
        ]
    )
)


def test_no_file_names_a_registry_or_a_path_of_somebody_s_machine():
    endings = (".py", ".ipynb", ".md", ".toml", ".yml", ".yaml", ".lock", ".cff", ".csv", ".json")
    files = tracked(*endings) + [ROOT / "Makefile", ROOT / ".ci/run"]
    found = [
        f"{path.relative_to(ROOT)}: {hit.group()}"
        for path in files
        if (hit := FORBIDDEN.search(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_each_target_of_the_makefile_is_a_line_or_two():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):.*\n((?:\t.*\n)*)", text, re.MULTILINE)
    names = {name for name, _ in targets}
    assert {"lab", "lab-dev", "test", "test-full", "notebooks", "bench", "update", "clean"} <= names
    assert [name for name, recipe in targets if not 1 <= recipe.count("\n") <= 2] == []


def test_what_the_readme_links_to_exists():
    links = re.findall(
        r"\]\((?!https?:)([^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8")
    )
    assert links and [link for link in links if not (ROOT / link).exists()] == []
    listed = [link for link in links if link.startswith("notebooks/")][1:]  # the first: start_here
    chapters = [f"notebooks/{row[1].split('](')[1].rstrip(')')}" for row in course.chapters().rows]
    assert [link for link in listed if "7_exam" not in link] == chapters


@pytest.mark.parametrize("arguments", [["ruff", "check", "--quiet", "."], ["mypy"]])
def test_the_checkers_are_content(arguments):
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, f"\n{done.stdout[-4000:]}{done.stderr[-1000:]}"
