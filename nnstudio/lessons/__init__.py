"""Lessons: files that teach with projects, and check what was done with them; without a window."""

from nnstudio.lessons.answers import judge_answer, parse_number
from nnstudio.lessons.checking import check_lesson
from nnstudio.lessons.evaluating import evaluate
from nnstudio.lessons.grading import Grade, grade, grade_folder
from nnstudio.lessons.listing import lesson_files, load_lessons
from nnstudio.lessons.model import Check, Lesson, LessonError, Problem, Step
from nnstudio.lessons.reading import load_lesson
from nnstudio.lessons.situation import Situation
from nnstudio.lessons.telling import UnanswerableError, Verdict

__all__ = [
    "Check",
    "Grade",
    "Lesson",
    "LessonError",
    "Problem",
    "Situation",
    "Step",
    "UnanswerableError",
    "Verdict",
    "check_lesson",
    "evaluate",
    "grade",
    "grade_folder",
    "judge_answer",
    "lesson_files",
    "load_lesson",
    "load_lessons",
    "parse_number",
]
