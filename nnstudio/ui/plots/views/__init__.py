"""The views of the output plot, one a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnstudio.ui.plots.views.calibration import CalibrationView
from nnstudio.ui.plots.views.confused import ConfusedView
from nnstudio.ui.plots.views.curve import CurveView
from nnstudio.ui.plots.views.errors import ErrorsView
from nnstudio.ui.plots.views.neurons import NeuronsView
from nnstudio.ui.plots.views.residuals import ResidualsView
from nnstudio.ui.plots.views.roc import RocView
from nnstudio.ui.plots.views.scatter import ScatterView
from nnstudio.ui.plots.views.scores import ScoresView
from nnstudio.ui.plots.views.surface import SurfaceView

if TYPE_CHECKING:
    from nnstudio.ui.plots.output_scene import Scene
    from nnstudio.ui.plots.views.base import View

VIEWS: tuple[type[View], ...] = (
    SurfaceView,
    CurveView,
    ErrorsView,
    NeuronsView,
    ScatterView,
    ResidualsView,
    ConfusedView,
    ScoresView,
    RocView,
    CalibrationView,
)


def fitting_views(scene: Scene) -> list[type[View]]:
    """Return the views that have something to say of a network and its data, the most telling first."""
    return [view for view in VIEWS if scene.kind != "none" and view.fits(scene)]
