"""Set nnstudio up and start it, or check it: the only thing to type after a clone.

    python3 packaging/bootstrap.py run
    python3 packaging/bootstrap.py test

``python3 packaging/bootstrap.py --help`` tells the rest. Needs Python 3.11 or later and nothing else.
"""

import sys

# This file alone keeps to syntax that every Python can read, so that an old one can say what is wrong.
if sys.version_info < (3, 11):  # noqa: UP036
    import shutil

    names = ["python3." + str(minor) for minor in range(15, 10, -1)]
    found = [name for name in names if hasattr(shutil, "which") and shutil.which(name)]
    if found:
        way_out = "A newer one is installed here. Type: " + found[0] + " " + " ".join(sys.argv)
    elif sys.platform == "win32":
        way_out = "Install a newer one, from the Microsoft Store say, then type the same line again."
    else:
        way_out = "Install a newer one with the system's package manager, then type the same line again."
    sys.exit("nnstudio needs Python 3.11 or later; this is " + sys.version.split()[0] + ". " + way_out)

from commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
