"""Makes the example projects in resources/examples, and the index that the gallery reads.

    python packaging/make_examples.py [--thumbnails]

The same sources give the same files. Numbers that descriptions state are measured here, by training, so they
are those of the examples as they ship; the longest of these trainings takes half a minute.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from example_projects import examples  # noqa: E402

import nnstudio as nn  # noqa: E402

FOLDER = ROOT / "resources" / "examples"


def write(folder: Path) -> list[Path]:
    """Write projects and index; return the projects' files."""
    folder.mkdir(parents=True, exist_ok=True)
    files, index = [], []
    for example in examples():
        path = folder / f"{example.name}.nns"
        example.project.start = example.project.network.values()
        nn.save_project(example.project, path)
        files.append(path)
        index.append(
            {
                "file": path.name,
                "title": example.project.title,
                "line": example.line,
                "goal": example.goal,
                "check": example.check,
                "thumbnail": f"{example.name}.png",
            }
        )
        print(f"{path.name}: {example.line}", flush=True)
    text = json.dumps(index, indent=1, ensure_ascii=False)
    (folder / "index.json").write_text(f"{text}\n", encoding="utf-8")
    return files


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--thumbnails", action="store_true", help="also draw the pictures of the gallery")
    parser.add_argument("--only-thumbnails", action="store_true", help="draw the pictures alone")
    options = parser.parse_args()
    if options.only_thumbnails:
        listed = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
        files = [FOLDER / entry["file"] for entry in listed]
    else:
        files = write(FOLDER)
    if options.thumbnails or options.only_thumbnails:
        code = "import sys; from nnstudio.ui.screenshot import thumbnail; thumbnail(*sys.argv[1:])"
        for path in files:
            for theme, ending in (("light", ".png"), ("dark", "-dark.png")):
                picture = path.with_name(f"{path.stem}{ending}")
                # One process each, so that no picture depends on what was drawn before.
                command = [sys.executable, "-c", code, str(path), str(picture), theme]
                subprocess.run(command, cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
