"""The live figure, players and explorers: what is drawn, what is sent, what is left behind."""

from __future__ import annotations

import asyncio
import base64
import gc
import io
import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request

import numpy as np
import pytest
from matplotlib.lines import Line2D
from PIL import Image

from course_lib.plotting import (
    Control,
    LiveFigure,
    decision_map,
    explore,
    moving_half_plane,
    moving_regions,
    new_axes,
    play,
    players,
    scatter_classes,
)
from course_lib.plotting.boundaries import grid_of
from course_lib.plotting.live import LatestWins
from course_lib.plotting.picture import pixels_of

SAYS = "A line grows from the lower left corner to the upper right one, step by step."


@pytest.fixture(autouse=True)
def nothing_stays_open():
    """Close what a test has opened."""
    yield
    for shown in list(players._open.values()):
        shown.close()


def draw_line(axes):
    axes.set(xlim=(0, 10), ylim=(0, 10))
    (line,) = axes.plot([], [], marker="o")

    def update(n=5, m=1.0, kind="a", big=False):
        line.set_data(range(n + 1), m * np.arange(n + 1))
        return f"{n} points, slope {m:g}, {kind}, {big}"

    return update


def rich(axes):
    """An update that moves a field, a line, an arrow and a title under and over fixed points."""
    rng = np.random.default_rng(0)
    move_field = moving_regions(axes, (-3, 3, -2, 2), 40)
    axes.grid(True)
    inputs = rng.normal(size=(50, 2))
    scatter_classes(axes, inputs, np.sign(inputs[:, 0]))
    move_line = moving_half_plane(axes, regions=False)
    title = axes.set_title("start")
    grid = grid_of((-3, 3, -2, 2), 40)

    def update(angle):
        weights = np.array([np.cos(angle), np.sin(angle)])
        move_field(grid @ weights)
        move_line(weights, 0.2)
        title.set_text(f"angle {angle:.2f}")

    return update


def test_blitted_frame_equals_a_full_drawing():
    live, fresh = LiveFigure(rich), LiveFigure(rich)
    for angle in (0.0, 0.3, 0.9, 2.0):
        live.refresh(angle)
    draws = live.full_draws
    live.refresh(2.5)
    assert live.full_draws == draws, "a moved line must not draw the whole figure again"
    fresh.refresh(2.5)
    different = np.abs(live.pixels().astype(int) - fresh.pixels().astype(int)).max(axis=2) > 40
    assert different.mean() < 0.002, "only the feet of the ticks may differ"
    fresh.refresh(0.0)
    assert (live.pixels() != fresh.pixels()).mean() > 0.05, "the comparison can fail"


def test_changed_limits_labels_and_artists_draw_everything_again():
    def draw(axes):
        (line,) = axes.plot([0, 1], [0, 1])
        axes.set(xlabel="x", ylabel="y", xlim=(0, 1), ylim=(0, 1))

        def update(what, value):
            if what == "limits":
                axes.set_xlim(0, value)
            elif what == "label":
                axes.set_ylabel(value)
            elif what == "artist":
                axes.plot([0, value], [1, 0])
            line.set_ydata([0.5, 0.2])

        return update

    live = LiveFigure(draw)
    live.refresh("nothing", 0)
    live.refresh("nothing", 0)
    for change in (("limits", 5), ("label", "height"), ("artist", 2)):
        before, pixels = live.full_draws, live.pixels()
        live.refresh(*change)
        assert live.full_draws > before, change
        assert (live.pixels() != pixels).any()
        settled = live.full_draws
        live.refresh("nothing", 0)
        assert live.full_draws == settled


def test_wider_tick_labels_are_not_cut_off():
    def draw(axes):
        axes.plot([0, 1], [0, 1])
        return lambda top: axes.set_ylim(0, top) and None

    live = LiveFigure(draw)
    live.refresh(1.0)
    live.refresh(1e7 + 1)
    box = live.axes.yaxis.get_tightbbox(live.canvas.get_renderer())
    assert box.x0 >= 0


def test_a_hidden_artist_disappears_and_comes_back():
    def draw(axes):
        axes.set(xlim=(0, 1), ylim=(0, 1))
        (line,) = axes.plot([0, 1], [0, 1], linewidth=8)
        return lambda on: line.set_visible(on)

    live = LiveFigure(draw)
    live.refresh(True)
    shown = live.pixels()
    live.refresh(False)
    hidden = live.pixels()
    live.refresh(True)
    assert (shown != hidden).any()
    assert np.array_equal(shown, live.pixels())


def test_axes_switched_off_stay_off_when_something_moves():
    def draw(axes):
        axes.set(xlim=(0, 1), ylim=(0, 1))
        (line,) = axes.plot([0, 1], [0, 1], linewidth=8)
        axes.grid(True)
        axes.axis("off")
        return lambda height: line.set_ydata([0, height])

    live = LiveFigure(draw)
    live.refresh(1.0)
    first = live.pixels()
    live.refresh(0.5)
    live.refresh(1.0)
    different = np.abs(live.pixels().astype(int) - first.astype(int)).max(axis=2) > 40
    assert not different.any(), "the spines or the grid came back"


def test_frames_are_pictures_of_the_named_kind_and_sharper_than_the_page():
    for encoding in ("jpeg", "png"):
        live = LiveFigure(draw_line, encoding=encoding)
        live.refresh()
        picture = Image.open(io.BytesIO(live.frame()))
        assert picture.format == encoding.upper()
        assert picture.width >= 1.3 * live.width
    with pytest.raises(ValueError, match="jpeg"):
        LiveFigure(draw_line, encoding="gif")


def test_draw_must_return_update_and_update_a_sentence():
    with pytest.raises(TypeError, match="return the function"):
        LiveFigure(lambda axes: None)
    with pytest.raises(TypeError, match="sentence"):
        LiveFigure(lambda axes: lambda: 3).refresh()


def test_latest_wins_draws_once_for_a_burst():
    values, drawn = [], []

    async def burst():
        latest = LatestWins(lambda: drawn.append(values[-1]))
        for value in range(60):  # messages that were waiting: a few turns of the loop each
            values.append(value)
            latest.request()
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        assert not latest.waiting

    asyncio.run(burst())
    assert drawn[-1] == 59
    assert len(drawn) <= 5


def test_latest_wins_follows_slow_moves_one_by_one_and_works_without_a_loop():
    drawn = []

    async def moves():
        latest = LatestWins(lambda: drawn.append(len(drawn)))
        for _ in range(5):
            latest.request()
            await asyncio.sleep(0.02)

    asyncio.run(moves())
    assert len(drawn) == 5
    LatestWins(lambda: drawn.append("now")).request()
    assert drawn[-1] == "now"


def test_player_goes_steps_and_resets():
    player = play(range(8), draw_line, says=SAYS, name="growing")
    assert player.text.startswith("0 points")
    assert player.go(3).text.startswith("3 points")
    assert player.step().state == 4
    assert player.step(-2).index == 2
    assert player.go(-1).index == 7
    assert player.step().index == 7
    assert player.reset().index == 0
    with pytest.raises(IndexError, match="expected -8 to 7"):
        player.go(8)


def test_player_refuses_what_is_not_a_trace():
    with pytest.raises(TypeError, match="record"):
        play((i for i in range(3)), draw_line, says=SAYS)
    with pytest.raises(ValueError, match="at least one"):
        play([], draw_line, says=SAYS)
    with pytest.raises(ValueError, match="at least 40"):
        play(range(3), draw_line, says="too short")
    with pytest.raises(ValueError, match="Python name"):
        play(range(3), draw_line, says=SAYS, name="not a name")


def test_player_plays_to_the_end_stops_and_starts_over():
    async def watch():
        player = play(range(4), draw_line, says=SAYS, name="run", interval=20)
        player.playing = True
        assert player.playing
        for _ in range(200):
            await asyncio.sleep(0.02)
            if not player.playing:
                break
        assert (player.index, player.playing) == (3, False)
        player.playing = True
        assert player.index == 0
        player.close()
        await asyncio.sleep(0.1)
        assert player.index == 0, "a closed player must not run on"

    asyncio.run(watch())


def test_player_keys_buttons_and_scrubbing():
    player = play(range(6), draw_line, says=SAYS, name="keyed")
    image = player.widget.children[0]
    first = image.value
    for key, index in [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 5)]:
        player._keys._handle_custom_msg({"key": key}, [])
        assert player.index == index
    assert image.value != first
    assert player._scrub.value == 6
    player._scrub.value = 3
    assert (player.index, player._count.value) == (2, "3 of 6")
    player._keys._handle_custom_msg({"key": "Home"}, [])
    assert player.index == 0
    assert "course-player" in player.widget._dom_classes
    assert "course-name-keyed" in player.widget._dom_classes
    assert player._sentence.value == "0 points, slope 1, a, False"


def test_explorer_sets_resets_and_prints_its_state_as_code():
    controls = {"n": (1, 9, 5), "m": (0.0, 2.0, 0.5), "kind": ["a", "b"], "big": False}
    shown = explore(draw_line, says=SAYS, name="shown", **controls)
    assert shown.values == {"n": 5, "m": 0.5, "kind": "a", "big": False}
    before = shown._screen.live.frame()
    shown.set(n=8, m=1.1, kind="b")
    assert shown.code == "shown.set(n=8, m=1.1, kind='b', big=False)"
    assert shown.text == "8 points, slope 1.1, b, False"
    assert shown._screen.live.frame() != before
    picture = shown._screen.live.pixels()
    code = shown.code
    shown.reset()
    assert shown.values["n"] == 5
    exec(code, {"shown": shown})  # the line brings back exactly this picture
    assert np.array_equal(shown._screen.live.pixels(), picture)


def test_explorer_refuses_unknown_names_and_impossible_values():
    controls = {"n": (1, 9, 5), "m": (0.0, 2.0, 0.5), "kind": ["a", "bb"]}
    shown = explore(draw_line, says=SAYS, name="shown", **controls)
    with pytest.raises(KeyError, match="Did you mean 'kind'"):
        shown.set(kin="a")
    with pytest.raises(ValueError, match="outside 1 to 9"):
        shown.set(n=10)
    with pytest.raises(ValueError, match="whole number"):
        shown.set(n=2.5)
    with pytest.raises(ValueError, match="Did you mean 'bb'"):
        shown.set(kind="b")
    with pytest.raises(TypeError, match="number"):
        shown.set(m="much")
    assert shown.values == {"n": 5, "m": 0.5, "kind": "a"}
    with pytest.raises(TypeError, match="a control is"):
        explore(draw_line, says=SAYS, n="5")
    with pytest.raises(ValueError, match="not below"):
        explore(draw_line, says=SAYS, n=(5, 5, 5))
    with pytest.raises(ValueError, match="cannot stand at"):
        explore(draw_line, says=SAYS, n=(1, 9, 4, 2))
    with pytest.raises(KeyError, match="no control"):
        explore(draw_line, says=SAYS, n=(1, 9, 5), hide=["q"])


def test_a_failed_update_leaves_the_values_as_they_were():
    def draw(axes):
        (line,) = axes.plot([0, 1])

        def update(n):
            if n == 7:
                raise ValueError("seven")
            line.set_ydata([0, n])

        return update

    shown = explore(draw, says=SAYS, name="fragile", n=(1, 9, 5))
    with pytest.raises(ValueError, match="seven"):
        shown.set(n=7)
    assert shown.values == {"n": 5}
    assert shown.widget is not None
    shown._inputs["n"].value = 7  # by hand: said under the picture, since no cell can show it
    assert "ValueError: seven" in shown._sentence.value
    shown._inputs["n"].value = 6
    assert "seven" not in shown._sentence.value


@pytest.mark.parametrize(
    "given", [Control(-2.0, 2.0, 0.3), Control(0.0, 1.0, 0.05), Control(0.01, 1.0, 0.5)]
)
def test_a_slider_can_stand_at_its_opening_value(given):
    steps = (given.value - given.low) / given.stride
    assert abs(steps - round(steps)) < 1e-6
    assert 40 <= (given.high - given.low) / given.stride <= 1000


def test_the_noise_of_a_browser_s_slider_is_not_a_value():
    shown = explore(draw_line, says=SAYS, name="shown", n=(1, 9, 5), m=(-2.0, 2.0, 0.0, 0.5))
    assert shown.widget is not None
    shown._inputs["m"].value = -4.440892099e-16  # sent by the slider when it is first shown
    assert shown.values["m"] == 0.0 and "m=0.0" in shown._code.value
    assert shown._inputs["m"].value == -4.440892099e-16  # not sent back: it would come again
    shown._inputs["m"].value = 0.7
    assert shown.values["m"] == 0.5


def test_controls_have_descriptions_units_and_can_hide():
    shown = explore(
        draw_line,
        says=SAYS,
        name="labelled",
        n=Control(1, 9, 5, unit="points", label="how many"),
        m=(0.0, 2.0, 0.5),
        big=True,
        hide=["big"],
    )
    assert shown.widget is not None
    assert shown._inputs["n"].description == "how many [points]"
    assert "big" not in shown._inputs
    assert "big=True" in shown.code
    shown._inputs["m"].value = 1.5
    assert shown.values["m"] == 1.5
    assert "m=1.5" in shown._code.value
    shown.set(m=0.25)
    assert shown._inputs["m"].value == 0.25


def test_bundle_holds_widget_still_and_sentence():
    shown = explore(draw_line, says=SAYS, name="shown", n=(1, 9, 5))
    opening = shown._repr_mimebundle_()
    assert set(opening) == {
        "application/vnd.jupyter.widget-view+json",
        "image/png",
        "text/plain",
    }
    assert opening["text/plain"] == SAYS
    moved = shown.set(n=9)._repr_mimebundle_()
    assert moved["image/png"] == opening["image/png"], "the still is the opening picture"
    assert shown.text.startswith("9 points")
    still = Image.open(io.BytesIO(base64.b64decode(opening["image/png"])))
    assert still.size == (480, 320)
    assert "transparency" not in still.info and "Software" not in still.info
    player = play(range(8), draw_line, says=SAYS, name="sheet").go(2)
    sheet = Image.open(io.BytesIO(player.still()))
    assert sheet.width > 1.4 * still.width
    assert player.index == 2


def test_a_player_stores_as_many_stills_as_asked_for():
    sizes = {}
    for stills in (1, 2, 4):
        player = play(range(8), draw_line, says=SAYS, name="sheet", stills=stills)
        sizes[stills] = Image.open(io.BytesIO(player.still())).size
    assert sizes[2][0] > 2 * sizes[1][0] and sizes[2][1] < 1.2 * sizes[1][1]
    assert sizes[4][0] == sizes[2][0] and sizes[4][1] > 1.8 * sizes[2][1]
    with pytest.raises(ValueError, match="at least 1, got 0"):
        play(range(8), draw_line, says=SAYS, name="sheet", stills=0)


def test_a_drawing_keeps_few_colours_and_a_smooth_scale_many():
    from course_lib.plotting.picture import png

    lines = np.full((200, 300, 3), 255, np.uint8)
    lines[50], lines[:, 70], lines[100:120] = (213, 94, 0), (0, 114, 178), (26, 26, 26)
    stored = Image.open(io.BytesIO(png(lines)))
    assert stored.mode == "P" and np.array_equal(np.asarray(stored.convert("RGB")), lines)
    scale = np.zeros((200, 256, 3), np.uint8)
    scale[..., 0], scale[..., 2] = np.arange(256), np.arange(256)[::-1]
    stored = Image.open(io.BytesIO(png(scale)))
    assert len(stored.getcolors()) > 100
    assert np.abs(np.asarray(stored.convert("RGB"), int) - scale).max() < 8


def test_without_ipywidgets_there_is_still_the_still(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    shown = explore(draw_line, says=SAYS, name="bare", n=(1, 9, 5))
    assert set(shown._repr_mimebundle_()) == {"image/png", "text/plain"}
    assert shown.set(n=3).text.startswith("3 points")


def test_running_a_cell_again_replaces_and_leaks_nothing():
    from ipywidgets.widgets import widget as registry

    def cell():
        shown = explore(draw_line, says=SAYS, name="again", size=(1.5, 1), n=(1, 9, 5))
        assert shown.widget is not None
        return shown

    def live_figures():
        gc.collect()
        return sum(isinstance(thing, LiveFigure) for thing in gc.get_objects())

    first = cell()
    cell()
    assert first._widget is None, "the one before is closed"
    del first
    figures, widgets = live_figures(), len(registry._instances)
    for _ in range(60):
        cell()
    assert len(registry._instances) == widgets
    assert live_figures() == figures


def test_decision_map_paints_the_sign_of_the_score():
    points = np.array([[-1.0, 0.0], [1.0, 0.0]])
    clicks = []
    shown = decision_map(
        lambda grid, shift: grid[:, 0] - shift,
        points,
        np.array([-1, 1]),
        says="A vertical boundary that the shift moves from left to right over the plane.",
        name="field",
        extent=(-2, 2, -1, 1),
        shift=(-1.0, 1.0, 0.0),
        text=lambda shift: f"shift {shift:g}",
        on_click=lambda x, y: clicks.append((x, y)),
    )

    def orange():
        pixels = np.frombuffer(shown._screen.picture, np.uint8).reshape(100, 100, 4)
        return pixels[..., 0] > pixels[..., 2]

    assert orange()[:, 50:].all() and not orange()[:, :50].any()
    shown.set(shift=0.5)
    assert shown.text == "shift 0.5"
    assert not orange()[:, :62].any() and orange()[:, 63:].all()
    assert shown.widget is not None
    canvas = shown._screen.canvas
    assert canvas.picture == shown._screen.picture
    canvas._handle_custom_msg({"kind": "click", "x": 0.5, "y": -0.25}, [])
    assert clicks == [(0.5, -0.25)]
    shown.set_points([[0.0, 0.0]], [1])
    assert len(canvas.points) == 1
    assert Image.open(io.BytesIO(shown.still())).size == (480, 320)
    with pytest.raises(ValueError, match="one score per point"):
        decision_map(
            lambda grid: grid, points, np.array([-1, 1]), says=SAYS, extent=(-2, 2, -1, 1)
        )


def test_a_burst_of_messages_to_a_real_kernel_is_one_picture():
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    try:
        run(client, SLOW_EXPLORER)
        comm = run(client, "print(shown._inputs['n'].comm.comm_id)").strip()
        for value in range(61):
            content = {"comm_id": comm, "data": {"method": "update", "state": {"value": value}}}
            client.shell_channel.send(client.session.msg("comm_msg", content))
        time.sleep(1.0)
        said = json.loads(run(client, "print(json.dumps(drawn))"))
        assert said[-1] == 60
        assert len(said) <= 20, "moves must not queue up: 61 messages, 30 ms a picture"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


SLOW_EXPLORER = textwrap.dedent("""
    import json, time
    from course_lib.plotting import explore
    drawn = []
    def draw(axes):
        def update(n):
            drawn.append(n)
            time.sleep(0.03)
        return update
    says = "Nothing to see here: each picture of this explorer takes thirty milliseconds."
    shown = explore(draw, says=says, name="shown", size=(1.5, 1), n=(0, 100, 50))
    shown.widget
    del drawn[:]
""")


def run(client, code):
    """Execute in a kernel; return what it printed."""
    printed = []

    def hook(message):
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(code, timeout=60, output_hook=hook)
    assert reply["content"]["status"] == "ok", reply["content"]
    return "".join(printed)


SERVER = textwrap.dedent("""
    import pathlib, socket, sys
    from jupyter_server.serverapp import ServerApp
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler as Handler
    port, found, extensions, root = sys.argv[1:]
    app = ServerApp()
    app.initialize([
        "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
        "--allow-root", "--IdentityProvider.token=secret", f"--ServerApp.root_dir={root}",
        f"--ServerApp.jpserver_extensions={extensions}",
    ])
    opened = Handler.open
    async def open(self, *args, **kwargs):
        done = await opened(self, *args, **kwargs)
        stream = self.ws_connection.stream
        option = stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        pathlib.Path(found).write_text(str(option), encoding="utf-8")
        return done
    Handler.open = open
    app.start()
""")


@pytest.mark.parametrize("enabled", [True, False])
def test_the_server_extension_sets_nodelay_on_the_kernels_websocket(tmp_path, enabled):
    websocket = pytest.importorskip("websocket")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found = tmp_path / "option.txt"
    places = {key: str(tmp_path / key) for key in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    server = subprocess.Popen(
        [
            *(sys.executable, "-c", SERVER, str(port), str(found)),
            *(str({"course_lib.plotting.websocket": enabled}), str(tmp_path)),
        ],
        env={**os.environ, **places},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    address = f"http://127.0.0.1:{port}/api"
    try:
        for _ in range(300):
            try:
                opener.open(address, timeout=1).read()
                break
            except OSError:
                assert server.poll() is None, server.stderr.read().decode()
                time.sleep(0.1)
        request = urllib.request.Request(
            f"{address}/kernels", data=b"{}", headers={"Authorization": "token secret"}
        )
        kernel = json.loads(opener.open(request, timeout=30).read())["id"]
        connection = websocket.create_connection(
            f"ws://127.0.0.1:{port}/api/kernels/{kernel}/channels?token=secret", timeout=30
        )
        for _ in range(300):
            if found.exists() and found.read_text(encoding="utf-8"):
                break
            time.sleep(0.1)
        connection.close()
        assert (int(found.read_text(encoding="utf-8")) != 0) == enabled
    finally:
        server.terminate()
        server.wait(20)


def test_two_threads_never_draw_at_once():
    """A slider is answered in another thread while a cell draws; matplotlib bears only one."""
    inside, most = [], []

    class Slow(Line2D):
        def draw(self, renderer):
            inside.append(self)
            time.sleep(0.01)
            most.append(len(inside))
            super().draw(renderer)
            inside.remove(self)

    def draw(axes):
        line = axes.add_line(Slow([0, 1], [0, 1]))

        def update(height):
            line.set_ydata([0, height])

        return update

    live = LiveFigure(draw)
    axes = new_axes(2, 2)
    axes.add_line(Slow([0, 1], [1, 0]))

    def slide():
        for height in np.linspace(0, 1, 10):
            live.refresh(height)
            live.frame()

    slider = threading.Thread(target=slide)
    slider.start()
    while slider.is_alive():
        pixels_of(axes.figure, 50)
    slider.join()
    assert len(most) > 20 and max(most) == 1
