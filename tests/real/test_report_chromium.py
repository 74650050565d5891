"""The report in a real browser: silent, alone on the network, readable at every width."""

from __future__ import annotations

import functools
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from headgate.jobs.report import render
from tests.jobs import summaries

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]

SHOWN = {
    "diabetes": ["101,766", "99,343", "2,423", "0.682", "Every row that was read is accounted for"],
    "hospital": ["84,213", "17,180", "1,203", "lab_results-2025-11-20.csv:118"],
    "refused": ["The gate refused curated/lab_results", "25,180"],
    "failed": ["landing/patients.csv: no such file"],
    "twelve_datasets": ["100,000,000", "38,000,000", "dropped by 6 more rules"],
    "hostile": ["&lt;script&gt;alert(1)&lt;/script&gt;"],
}
NAMES = list(SHOWN)
WIDTHS = [360, 420, 768, 1100, 1400]

# Loads a report in frames of several widths and writes down what a reader would stumble over.
MEASURE = """<!doctype html><pre id="seen"></pre><script>
const names = NAMES, widths = WIDTHS, seen = {};
function measure(frame, name, width) {
  const page = frame.contentDocument, root = page.documentElement;
  const texts = [...page.querySelectorAll("svg.flow text")].map(t => [t, t.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0);
  const overlaps = [];
  texts.forEach(([a, p], i) => texts.slice(i + 1).forEach(([b, q]) => {
    const across = Math.min(p.right, q.right) - Math.max(p.left, q.left);
    const down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
    if (across > 1 && down > 4) overlaps.push(a.textContent + " / " + b.textContent);
  }));
  const outside = [...page.querySelectorAll("svg[role=img] text")].filter(t => {
    const box = t.getBoundingClientRect(), around = t.ownerSVGElement.getBoundingClientRect();
    return box.width > 0 && (box.left < around.left - 2 || box.right > around.right + 14);
  }).map(t => t.textContent);
  (seen[name] ??= {})[width] = {
    sideways: root.scrollWidth - root.clientWidth, overlaps, outside,
    scripts: page.querySelectorAll("script").length,
    wide: getComputedStyle(page.querySelector("svg.flow.wide") || root).display,
    paper: getComputedStyle(page.body).backgroundColor,
  };
}
let left = names.length * widths.length;
for (const name of names) for (const width of widths) {
  const frame = document.createElement("iframe");
  frame.width = width; frame.height = 900;
  frame.onload = () => {
    measure(frame, name, width);
    if (!--left) document.getElementById("seen").textContent = JSON.stringify(seen);
  };
  frame.src = "/" + name + ".html";
  document.body.append(frame);
}
</script>"""


@dataclass
class Site:
    """A web server on this machine, and what was asked of it."""

    folder: Path
    address: str = ""
    asked: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Visit:
    """What came of opening one page."""

    dom: str
    console: list[str]
    requested_by_page: set[str]
    asked: list[str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    for name in NAMES:
        html = render(getattr(summaries, name)())
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    (folder / "measure.html").write_text(
        MEASURE.replace("NAMES", json.dumps(NAMES)).replace("WIDTHS", json.dumps(WIDTHS))
    )
    loud = '<script>console.error("loud")</script><img src="/dot.png"><img src="http://elsewhere.invalid/dot.png">'
    (folder / "loud.html").write_text(loud)
    served = Site(folder)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            served.asked.append(self.path)

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    ) as server:
        served.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield served
        server.shutdown()


def visit(site: Site, page: str, folder: Path, *, dark: bool = False) -> Visit:
    """Open a page in a fresh headless browser for which no host but this one exists."""
    assert CHROMIUM is not None
    site.asked.clear()
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={folder / 'profile'}",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            "--enable-logging=stderr",
            "--v=0",
            f"--log-net-log={folder / 'net.json'}",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            "--window-size=1500,1000",
            "--virtual-time-budget=5000",
            "--dump-dom",
            f"{site.address}/{page}",
        ],
        capture_output=True,
        check=True,
        timeout=90,
    )
    errors = done.stderr.decode("utf-8", "replace").splitlines()
    events = json.loads((folder / "net.json").read_text())["events"]
    return Visit(
        dom=done.stdout.decode("utf-8"),
        console=[line for line in errors if ":CONSOLE" in line],
        requested_by_page={
            event["params"]["url"]
            for event in events
            if "url" in event.get("params", {}) and event["params"].get("initiator") == site.address
        },
        asked=list(site.asked),
    )


def measured(visit: Visit) -> dict[str, dict[str, dict[str, Any]]]:
    found = re.search(r'<pre id="seen">(.+?)</pre>', visit.dom, re.DOTALL)
    assert found is not None, visit.dom[:500]
    seen: dict[str, dict[str, dict[str, Any]]] = json.loads(
        found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    )
    return seen


def test_the_watch_sees_a_page_that_is_loud(site: Site, tmp_path: Path) -> None:
    seen = visit(site, "loud.html", tmp_path)
    assert [line for line in seen.console if "loud" in line]
    assert "http://elsewhere.invalid/dot.png" in seen.requested_by_page
    assert "/dot.png" in seen.asked


@pytest.mark.parametrize("name", NAMES)
def test_the_page_is_silent_and_asks_nothing_of_the_network(site: Site, tmp_path: Path, name: str) -> None:
    seen = visit(site, f"{name}.html", tmp_path)
    assert seen.console == []
    assert seen.requested_by_page == set()
    assert seen.asked == [f"/{name}.html"]
    assert "<script" not in seen.dom
    for said in SHOWN[name]:
        assert said in seen.dom


@pytest.fixture(scope="module")
def light(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, Any]]]:
    return measured(visit(site, "measure.html", tmp_path_factory.mktemp("light")))


@pytest.fixture(scope="module")
def dark(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, Any]]]:
    return measured(visit(site, "measure.html", tmp_path_factory.mktemp("dark"), dark=True))


@pytest.mark.parametrize("name", NAMES)
def test_the_page_never_scrolls_sideways_and_no_label_covers_another(light: Any, name: str) -> None:
    seen = light[name]
    assert sorted(map(int, seen)) == WIDTHS
    for width, found in seen.items():
        assert found["sideways"] <= 0, width
        assert found["overlaps"] == [], width
        assert found["outside"] == [], width
        assert found["scripts"] == 0, width
    assert seen["420"]["wide"] == "none"
    assert seen["1400"]["wide"] == "block"


def test_the_page_follows_the_readers_colour_scheme(light: Any, dark: Any) -> None:
    def brightness(seen: Any) -> int:
        return sum(map(int, re.findall(r"\d+", seen["hospital"]["1400"]["paper"])[:3]))

    assert brightness(light) > 700
    assert brightness(dark) < 100
