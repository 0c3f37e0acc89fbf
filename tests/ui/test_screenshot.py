from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QImage

from nnstudio.data import make_dataset
from nnstudio.errors import ProjectError
from nnstudio.network.templates import layered_network
from nnstudio.project import Project, load_project, save_project
from nnstudio.training import TrainingSettings
from nnstudio.ui import theme
from nnstudio.ui.screenshot import THUMBNAIL, render, thumbnail
from nnstudio.ui.speed import remembered_speed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.ui


@pytest.fixture(autouse=True)
def same_theme(qapp: object) -> Iterator[None]:
    before = theme.manager().choice
    yield
    theme.manager().set_choice(before, remember=False)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "net.nns"
    settings = TrainingSettings(optimizer="adam", learning_rate=0.05, batch_size=4, epochs=20)
    save_project(Project(layered_network([2, 3, 1]), make_dataset("xor"), settings), path)
    return path


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_the_window_is_pictured_in_the_size_and_theme_asked_for(
    saved: Path, tmp_path: Path, choice: theme.Choice
) -> None:
    out = tmp_path / "window.png"
    render(saved, out, size=(1000, 640), theme=choice, train_epochs=3)
    image = QImage(str(out))
    ratio = image.width() / 1000
    assert image.height() == round(640 * ratio)
    corner = image.pixelColor(image.width() // 2, 5)
    assert (corner.lightnessF() < 0.5) == (choice == "dark")
    assert len(load_project(saved).history or ()) == 0  # the file is left as it was
    assert remembered_speed() == "watch"  # and so are the preferences


def test_a_thumbnail_shows_the_network(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "thumbnail.png"
    thumbnail(saved, out)
    image = QImage(str(out))
    assert image.size() == THUMBNAIL
    colors = {image.pixel(x, y) for x in range(0, image.width(), 4) for y in range(0, image.height(), 4)}
    assert len(colors) > 10


def test_what_is_no_project_cannot_be_pictured(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.nns"
    wrong.write_text("no project")
    with pytest.raises(ProjectError, match=r"wrong\.nns"):
        render(wrong, tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


def test_a_picture_that_cannot_be_written_says_so(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="written"):
        thumbnail(saved, tmp_path / "missing" / "out.png")
