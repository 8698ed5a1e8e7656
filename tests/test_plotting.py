"""Figures: what they show, that they can be read, and that nothing is left behind."""

from __future__ import annotations

import base64
import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from course_lib import plotting
from course_lib.plotting import (
    COLOURS,
    decision_regions,
    draw_circuit,
    draw_network,
    draw_table,
    half_plane,
    moving_half_plane,
    new_axes,
    number_line,
    projector,
    scatter_classes,
    show,
    show_source,
    style,
)
from course_lib.plotting.boundaries import TINTS, clip, grid_of, paint
from course_lib.plotting.picture import caption, pixels_of, png
from course_lib.plotting.rawmap import ticks

SAYS = "A straight line climbs from the lower left to the upper right corner."


def contrast(one: str, other: str) -> float:
    """Contrast ratio by WCAG 2.1."""
    from matplotlib.colors import to_rgb

    def luminance(colour: str) -> float:
        c = np.array(to_rgb(colour))
        c = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return float(c @ [0.2126, 0.7152, 0.0722])

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def seen_by(colour: str, matrix: np.ndarray) -> np.ndarray:
    """A colour as a colour-blind eye sees it (Machado, Oliveira and Fernandes, 2009)."""
    from matplotlib.colors import to_rgb

    c = np.array(to_rgb(colour))
    c = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    c = np.clip(matrix @ c, 0, 1)
    return np.where(c <= 0.0031308, 12.92 * c, 1.055 * c ** (1 / 2.4) - 0.055)


DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
PROTANOPIA = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)


def test_text_can_be_read_on_every_ground():
    grounds = ["white", *TINTS, "#fff0c2"]
    for ground in grounds:
        assert contrast(COLOURS.text, ground) >= 4.5
    for colour in (COLOURS.neutral, COLOURS.weight_positive, COLOURS.weight_negative):
        assert contrast(colour, "white") >= 4.5
    for key, colour in style.style_sheet().items():
        if key.endswith("labelcolor") or key in ("text.color", "axes.titlecolor"):
            assert contrast(str(colour), "white") >= 4.5


@pytest.mark.parametrize("eye", [np.eye(3), DEUTERANOPIA, PROTANOPIA])
def test_pairs_of_colours_differ_for_every_eye(eye):
    pairs = [
        (COLOURS.negative, COLOURS.positive),
        (COLOURS.train, COLOURS.validation),
        (COLOURS.weight_positive, COLOURS.weight_negative),
        TINTS,
    ]
    for one, other in pairs:
        assert np.abs(seen_by(one, eye) - seen_by(other, eye)).max() > 0.1, (one, other)


def test_classes_differ_by_colour_and_marker():
    assert len(set(COLOURS.classes)) >= 10
    assert len(set(COLOURS.markers)) == len(COLOURS.classes)
    axes = new_axes()
    targets = np.repeat(np.arange(10), 2)
    scatter_classes(axes, np.random.default_rng(0).normal(size=(20, 2)), targets)
    shapes = {line.get_marker() for line in axes.lines}
    colours = {line.get_color() for line in axes.lines}
    assert len(shapes) == len(colours) == 10


def test_a_line_has_a_style_of_its_own_beside_its_colour():
    axes = new_axes()
    lines = [axes.plot([0, 1], [0, i])[0] for i in range(5)]
    assert len({line.get_color() for line in lines}) == 5
    assert len({str(line._dash_pattern) for line in lines}) == 5


def test_importing_the_room_is_light_and_every_name_is_there():
    code = (
        "import sys, course_lib.plotting as p\n"
        "assert not {'matplotlib', 'ipywidgets', 'torch', 'anywidget'} & set(sys.modules)\n"
        "from course_lib.plotting import play, show, explore\n"
        "assert all(callable(x) for x in (play, show, explore))\n"
        "[getattr(p, n) for n in dir(p)]\n"
        "assert not {'torch', 'matplotlib.pyplot'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="sho"):
        plotting.sho  # noqa: B018


def test_show_prints_its_sentence_outside_a_notebook(capsys):
    axes = new_axes()
    axes.plot([0, 1], [0, 1])
    show(axes, says=SAYS)
    assert capsys.readouterr().out.strip() == SAYS


def test_show_gives_picture_sentence_and_caption(monkeypatch):
    from course_lib.plotting import picture

    shown = []
    monkeypatch.setattr(picture, "emit", lambda *bundles, width: shown.extend(bundles))
    axes = new_axes(6, 4)
    axes.plot([0, 1], [0, 1])
    show(axes, says=SAYS + " <b> & more")
    image, under = shown
    assert image["text/plain"] == SAYS + " <b> & more"
    assert "&lt;b&gt; &amp; more" in under["text/html"]
    assert "<script" not in under["text/html"] and "course-caption" in under["text/html"]
    still = Image.open(io.BytesIO(base64.b64decode(image["image/png"])))
    assert (still.size, still.info) == ((480, 320), {})


def test_show_wants_a_sentence_and_a_picture():
    with pytest.raises(ValueError, match="at least 40"):
        show(new_axes(), says="A line")
    with pytest.raises(TypeError, match="Figure"):
        show("picture", says=SAYS)
    with pytest.raises(TypeError, match="text"):
        show(new_axes(), says=None)


def test_pictures_are_the_same_bytes_each_time_and_stay_nowhere():
    def make():
        axes = new_axes(3, 2)
        half_plane(axes, [1, 2], -1)
        return png(pixels_of(axes.figure, 80))

    assert make() == make()
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []
    show(plt.subplots()[0], says=SAYS)
    assert plt.get_fignums() == []


def test_caption_is_escaped():
    assert "<i>" not in caption("<i>")["text/html"]


def test_projector_enlarges_and_undoes():
    def text_height():
        axes = new_axes(6, 4)
        title = axes.set_title("Title")
        axes.figure.canvas.draw()
        return title.get_window_extent().height, axes.plot([0, 1])[0].get_linewidth()

    small = text_height()
    projector()
    try:
        large = text_height()
        assert style.scale() > 1
    finally:
        projector(False)
    assert large[0] > 1.15 * small[0] and large[1] > 1.15 * small[1]
    assert text_height() == small


def test_half_plane_tints_the_positive_side_and_points_there():
    axes = new_axes(6, 4)
    axes.set(xlim=(-3, 3), ylim=(-2, 2))
    weights, bias = np.array([1.0, 2.0]), 0.5
    half_plane(axes, weights, bias)
    negative, positive = axes.patches[:2]
    assert negative.get_path().contains_point((-2, -1))
    assert positive.get_path().contains_point((2, 1))
    assert not positive.get_path().contains_point((-2, -1))
    line = axes.lines[0].get_xydata()
    assert np.allclose(line @ weights + bias, 0)
    arrow = axes.collections[0]
    direction = np.array([arrow.U[0], arrow.V[0]])
    assert np.allclose(np.cross([*direction, 0], [*weights, 0]), 0) and direction @ weights > 0


@pytest.mark.parametrize(
    "bias, sides", [(1.0, (False, True)), (-1.0, (True, False)), (0, (False, False))]
)
def test_half_plane_without_direction_has_no_boundary(bias, sides):
    axes = new_axes()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    half_plane(axes, [0, 0], bias)
    assert tuple(p.get_visible() for p in axes.patches[:2]) == sides
    assert len(axes.lines[0].get_xdata()) == 0
    with pytest.raises(ValueError, match="shape"):
        moving_half_plane(axes)([1, 2, 3], 0)


def test_clip_keeps_the_area_that_monte_carlo_finds():
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
    weights, bias = np.array([1.0, -2.0]), 0.3
    x, y = clip(square, weights, bias).T
    area = 0.5 * abs(x @ np.roll(y, 1) - y @ np.roll(x, 1))
    points = grid_of((0, 1, 0, 1), 400)
    assert area == pytest.approx((points @ weights + bias >= 0).mean(), abs=0.005)


def test_regions_are_painted_where_the_score_says():
    axes = new_axes(4, 4)
    decision_regions(axes, lambda points: points[:, 0] * points[:, 1], (-1, 1, -1, 1))
    pixels = pixels_of(axes.figure, 80).astype(int)
    for x, y in [(0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5), (0.5, -0.5)]:
        column, row = axes.transData.transform((x, y))
        red, _, blue = pixels[pixels.shape[0] - int(row), int(column), :3]
        assert (red > blue) == (x * y > 0)
    colours = paint(np.array([-1.0, 0.0, 1.0]))
    assert (colours[:, 0] > colours[:, 2]).tolist() == [False, True, True]


def test_scatter_refuses_wrong_shapes():
    with pytest.raises(ValueError, match="points, 2"):
        scatter_classes(new_axes(), np.zeros((3, 3)), np.zeros(3))
    with pytest.raises(ValueError, match="targets"):
        scatter_classes(new_axes(), np.zeros((3, 2)), np.zeros((3, 1)))


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def test_network_shows_values_and_weights_and_changes_in_place():
    axes = new_axes()
    weights = [np.array([[1.0, -2.0], [0.5, 0.25], [3.0, 0.0]]), np.array([[1.0, 1.0, -1.5]])]
    update = draw_network(axes, [2, 3, 1], weights, values=[[1, 0], [0, 1, 0], [0.75]])
    assert len(axes.lines) == 9 and len(axes.patches) == 6
    assert {"−2", "0.25", "0.75", "−1.5"} <= set(texts_of(axes))
    artists = len(axes.get_children())
    by_weight = sorted(axes.lines, key=lambda line: line.get_linewidth())
    assert by_weight[-1].get_color() == COLOURS.weight_positive
    negative = [line for line in axes.lines if line.get_color() == COLOURS.weight_negative]
    assert len(negative) == 2 and all(line.is_dashed() for line in negative)
    update(values=[[1, 0], None, [-4.5]], highlight=[(2, 0)])
    assert "−4.5" in texts_of(axes)
    assert len(axes.get_children()) == artists
    assert max(p.get_linewidth() for p in axes.patches) > 3
    with pytest.raises(ValueError, match=r"\(3, 2\)"):
        draw_network(new_axes(), [2, 3, 1], [weights[0].T, weights[1]])


def test_numbers_on_wires_do_not_cover_each_other():
    axes = new_axes(6, 4)
    rng = np.random.default_rng(1)
    draw_network(axes, [2, 3, 1], [rng.normal(size=(3, 2)), rng.normal(size=(1, 3))])
    axes.figure.canvas.draw()
    boxes = [t.get_window_extent() for t in axes.texts if t.get_text()]
    assert len(boxes) == 9
    overlaps = sum(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert overlaps == 0


def test_a_unit_whose_value_is_taken_back_is_white_again():
    axes = new_axes()
    fills = [
        draw_circuit(axes, {"a": (0, 0)}, [], values={"a": value})._circles["a"].get_facecolor()
        for value in ("", 1)
    ]
    circuit = draw_circuit(axes, {"a": (0, 0)}, [], values={"a": 1})
    assert fills[0] != fills[1] == circuit._circles["a"].get_facecolor()
    circuit.update(values={"a": ""})
    assert circuit._circles["a"].get_facecolor() == fills[0]


def test_circuit_names_its_units_and_refuses_loose_wires():
    axes = new_axes()
    circuit = draw_circuit(axes, {"a": (0, 0), "b": (1, 0)}, [("a", "b", -1.0)], values={"a": 1})
    assert {"a", "b", "1", "−1"} <= set(texts_of(axes))
    circuit.update(values={"b": "?"})
    assert "?" in texts_of(axes)
    with pytest.raises(KeyError, match="no unit 'c'"):
        draw_circuit(new_axes(), {"a": (0, 0)}, [("a", "c", 1.0)])
    with pytest.raises(KeyError, match="no unit"):
        circuit.update(values={"z": 1})


def test_table_writes_and_highlights():
    axes = new_axes()
    update = draw_table(axes, ["one", "two"], ["x", "y"], [[1, 0.5], [None, -2.0]])
    assert {"one", "y", "1", "0.500", "−2.000"} <= set(texts_of(axes))
    update([[1, 2], [3, 4]], highlight=[(1, 1)])
    bold = [t.get_text() for t in axes.texts if t.get_weight() == "bold"]
    assert bold == ["x", "y", "4"]
    assert sum(p.get_visible() for p in axes.patches) == 1
    with pytest.raises(ValueError, match="2 rows of 2"):
        update([[1, 2]])


def test_number_line_places_each_mark():
    axes = number_line(new_axes(6, 1.5), 0, 5, {"critical": 2.57, "observed": 3.1})
    assert {"critical 2.57", "observed 3.1"} == set(texts_of(axes))
    axes.figure.canvas.draw()
    one, other = (text.get_window_extent() for text in axes.texts)
    assert not one.overlaps(other)


def test_ticks_are_round_and_inside():
    assert ticks(-3, 3) == [-3, -2, -1, 0, 1, 2, 3]
    assert ticks(0, 0.7) == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    for low, high in [(-1.7, 12.3), (0.001, 0.0042), (5, 5000)]:
        found = ticks(low, high)
        assert 3 <= len(found) <= 8 and low <= found[0] and found[-1] <= high


def a_generator():
    """Yield once."""
    yield 1


def test_show_source_is_what_the_file_says(capsys):
    show_source(a_generator)
    assert capsys.readouterr().out.startswith("def a_generator():")
    show_source(a_generator())
    assert "yield 1" in capsys.readouterr().out
    with pytest.raises(ValueError, match="up to 60"):
        show_source(plotting.Explorer)
    with pytest.raises(TypeError, match="no Python source"):
        show_source(len)


def test_pictures_have_an_opaque_ground():
    axes = new_axes(2, 2)
    assert (pixels_of(axes.figure, 80)[..., 3] == 255).all()
