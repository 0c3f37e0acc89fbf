from __future__ import annotations

import itertools

from nnstudio.ui.plots.grid_pace import SIDES, GridPace


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def settled(pace: GridPace, clock: Clock, seconds_a_point: float, *, changes: int, apart: float) -> int:
    """Let so many changes follow each other, and answer each grid that is asked for until it stays."""
    for _ in range(changes):
        clock.now += apart
        pace.note_change()
        for _ in range(20):
            pace.measured(0.0, seconds_a_point * pace.side**2)
            if not pace.choose():
                break
    return pace.side


def test_a_grid_is_coarser_while_numbers_move_and_finer_at_rest() -> None:
    clock = Clock()
    pace = GridPace(clock)
    cost = 1e-6
    resting = settled(pace, clock, cost, changes=1, apart=10.0)
    moving = settled(pace, clock, cost, changes=4, apart=0.05)
    assert moving < resting
    assert moving**2 * cost <= 0.005
    clock.now += 1.0
    assert not pace.is_moving
    assert pace.choose()
    assert pace.side == resting


def test_it_drops_at_once_when_a_movement_begins() -> None:
    clock = Clock()
    pace = GridPace(clock)
    settled(pace, clock, 1e-6, changes=1, apart=10.0)
    clock.now += 10.0
    pace.note_change()
    assert not pace.is_moving
    clock.now += 0.02
    pace.note_change()
    assert pace.is_moving
    pace.measured(0.0, 1e-6 * pace.side**2)
    assert pace.choose()
    assert pace.side**2 * 1e-6 <= 0.005


def test_dear_answers_get_the_coarsest_grid_and_cheap_ones_the_finest() -> None:
    clock = Clock()
    assert settled(GridPace(clock), clock, 1.0, changes=5, apart=0.01) == SIDES[0]
    assert settled(GridPace(clock), clock, 1e-9, changes=2, apart=10.0) == SIDES[-1]


def test_before_anything_is_measured_large_networks_get_a_coarser_grid() -> None:
    sides = []
    for connections in (0, 88, 1_000, 10_000, 1_000_000):
        pace = GridPace()
        pace.begin(connections)
        sides.append(pace.side)
    assert sides == sorted(sides, reverse=True)
    assert sides[0] > 64
    assert sides[-1] == SIDES[0]


def test_one_slow_answer_at_rest_does_not_leave_the_grid_coarse() -> None:
    clock = Clock()
    pace = GridPace(clock)
    usual = settled(pace, clock, 1e-7, changes=2, apart=10.0)
    clock.now += 10.0
    pace.note_change()
    pace.measured(0.0, 0.5)
    assert pace.choose()
    assert pace.side < usual
    for _ in range(20):
        pace.measured(0.0, 1e-7 * pace.side**2)
        if not pace.choose():
            break
    assert pace.side == usual


def test_costs_that_change_all_the_time_do_not_make_it_ask_for_ever() -> None:
    clock = Clock()
    pace = GridPace(clock)
    pace.note_change()
    costs = itertools.cycle((1e-7, 3e-6))
    changes = 0
    for _ in range(50):
        pace.measured(0.0, next(costs) * pace.side**2)
        changes += pace.choose()
    assert changes <= len(SIDES)


def test_answers_count_more_than_drawing_while_a_training_waits_for_them() -> None:
    clock = Clock()
    sides = []
    for answering, drawing in ((1e-6, 1e-8), (1e-8, 1e-6)):
        pace = GridPace(clock)
        for _ in range(6):
            clock.now += 0.05
            pace.note_change()
            pace.measured(answering * pace.side**2, drawing * pace.side**2)
            pace.choose()
        sides.append(pace.side)
    assert sides[0] < sides[1]
    assert sides[0] ** 2 * 1e-6 <= 0.005 / 3
