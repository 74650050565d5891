"""The picture of a report that the pages show: ``make picture`` runs the hospital and takes it anew.

``python docs/picture.py REPORT.html`` asks Chromium, which Headgate itself has no need of.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PICTURE = Path(__file__).resolve().with_name("report.png")

SIZE = (1280, 1560)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def take(report: Path, picture: Path = PICTURE) -> None:
    """Write the head of a report as a picture.

    Parameters
    ----------
    report : Path
        A page that a run has written.
    picture : Path

    Raises
    ------
    SystemExit
        There is no browser, or it took none.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit("no chromium on this machine: install it with the system's package manager")
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--no-first-run",
                "--disable-background-networking",
                f"--user-data-dir={profile}",
                f"--window-size={SIZE[0]},{SIZE[1]}",
                f"--screenshot={picture}",
                report.resolve().as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )


if __name__ == "__main__":
    take(Path(sys.argv[1]))
