"""The canvas as a file."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtGui import QColor, QImage

from nnstudio.errors import NNStudioError
from nnstudio.ui import theme
from nnstudio.ui.canvas.picture import image_of, save_picture
from nnstudio.ui.canvas.tikz import tikz_from_svg

SVG = "{http://www.w3.org/2000/svg}"


def save(hand, path, **options) -> bytes:
    save_picture(hand.canvas.network_scene, path, **options)
    return path.read_bytes()


def test_a_png_has_the_scale_and_background_asked_for(hand, tmp_path) -> None:
    save(hand, tmp_path / "a.png", scale=1.0)
    save(hand, tmp_path / "b.png", scale=3.0, transparent=True)
    one, three = QImage(str(tmp_path / "a.png")), QImage(str(tmp_path / "b.png"))
    assert three.size() == one.size() * 3
    assert one.pixelColor(0, 0) == theme.manager().current.canvas
    assert three.pixelColor(0, 0) == QColor(0, 0, 0, 0)


def test_an_svg_has_all_neurons_and_labels(hand, tmp_path) -> None:
    root = ET.fromstring(save(hand, tmp_path / "a.svg"))
    assert len(root.findall(f".//{SVG}circle")) == 4
    assert {"a", "b", "h", "y"} <= {"".join(text.itertext()).strip() for text in root.iter(f"{SVG}text")}


def test_few_weights_are_written_into_the_picture(hand, tmp_path) -> None:
    save_picture(hand.canvas.network_scene, tmp_path / "net.svg")
    assert ">\N{MINUS SIGN}0.5</text>" in (tmp_path / "net.svg").read_text("utf-8").replace("\n", "")


def test_a_pdf_is_one_page(hand, tmp_path) -> None:
    content = save(hand, tmp_path / "a.PDF")
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") == 1


def test_tikz_has_circles_lines_and_text(hand, tmp_path) -> None:
    text = save(hand, tmp_path / "a.tex").decode()
    assert text.count("circle[radius=16.5pt]") == 4
    assert text.count("\\begin{tikzpicture}") == text.count("\\end{tikzpicture}") == 1
    assert text.count("{y};") == 1
    assert all(line.endswith(";") for line in text.splitlines()[2:-1])


def test_what_is_selected_is_not_in_the_picture(hand, tmp_path) -> None:
    plain = save(hand, tmp_path / "a.svg")
    hand.document.selection.set(("a", "h"), ("ah",))
    hand.move("h")
    hand.canvas.set_problems({"b": "wrong"})
    assert save(hand, tmp_path / "b.svg") == plain
    assert hand.canvas.network_scene.items_by_id["a"].is_selected


def test_without_a_background_the_drawing_has_none(hand, tmp_path) -> None:
    with_it, without = (save(hand, tmp_path / "a.svg", transparent=each).count(b"<rect") for each in (0, 1))
    assert with_it == without + 1


def test_without_a_background_numbers_stand_beside_their_lines_on_no_plates(hand, tmp_path) -> None:
    scene = hand.canvas.network_scene
    canvas = theme.manager().current.canvas.name().encode()
    plate = re.compile(rb'fill="%s" fill-opacity="0\.8[12]' % canvas)
    assert plate.search(save(hand, tmp_path / "a.svg"))
    without = save(hand, tmp_path / "b.svg", transparent=True)
    assert not plate.search(without)
    assert ">1.5</text>" in without.decode().replace("\n", "")

    def ink(x: int, y: int) -> bool:
        area = image.rect()
        return 0 <= x < area.width() and any(image.pixelColor(x, y + dy).alpha() for dy in range(3))

    # The line from h to y is level: above it are digits, on it nothing but the line.
    image = image_of(scene, transparent=True)
    line = QColor(image.pixelColor(64 + 200 + 40, 64 + 100))
    assert all(image.pixelColor(x, 64 + 100) == line for x in range(64 + 245, 64 + 300))
    assert any(ink(x, 64 + 100 - 12) for x in range(64 + 250, 64 + 295))


def test_what_cannot_be_saved_is_told(hand, empty_hand, tmp_path) -> None:
    with pytest.raises(NNStudioError, match=r"in one of .png, .svg"):
        save(hand, tmp_path / "a.bmp")
    with pytest.raises(NNStudioError, match="nothing on the canvas"):
        save(empty_hand, tmp_path / "a.png")
    with pytest.raises(NNStudioError, match="the folder is not there"):
        save(hand, tmp_path / "nowhere" / "a.png")
    hand.network.update_neuron("a", position=(-30_000.0, 0.0))
    with pytest.raises(NNStudioError, match="too large"):
        save(hand, tmp_path / "a.png")
    assert image_of(empty_hand.canvas.network_scene).width() > 0


def test_tikz_escapes_text_and_keeps_transformations() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg"><g transform="matrix(2,0,0,2,10,20)" stroke="#102030" '
        'stroke-width="3" stroke-dasharray="1,2" fill="none"><path d="M0,0 L1,1 C1,2 3,4 5,6"/>'
        '<text fill="#000000" x="1" y="1" font-size="10">50 % &amp; x_1 −2</text></g></svg>'
    )
    lines = tikz_from_svg(svg, lambda _text, _size: 4.0).splitlines()
    assert "(10,20) -- (12,22) .. controls (12,24) and (16,28) .. (20,32)" in lines[2]
    assert "line width=4.5pt" in lines[2]
    assert "dash pattern=on 1.5pt off 3pt" in lines[2]
    assert "at (16,22) {50 \\% \\& x\\_1 $-$2};" in lines[3]
