"""The interactive page in a real browser without a screen: what it draws, what hovering shows and what a click gives to copy."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tomllib

import numpy as np
import pytest

from fpga_projects.exploration.explore import explore
from ip_cores.core import make_core

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((found for found in map(shutil.which, BROWSERS) if found), None)
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--window-size=1300,900")
PATIENCE = "--virtual-time-budget=4000"
TAPS = [0.03, -0.11, 0.27, 0.6, 0.27, -0.11, 0.03]
SIGNAL = np.random.default_rng(1).laplace(0, 0.1, 2000).clip(-1, 1)

PROBE = """
<script>
  // Moves a real pointer event over the first plot to a point of its front, clicks, and writes down what the page shows.
  const canvas = plots[0].canvas, box = canvas.getBoundingClientRect(), seen = {};
  const inked = plot => { const c = plot.canvas; return c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some(v => v); };
  seen.drawn = plots.map(inked);
  const point = plots[0].front[1], [x, y] = plots[0].at(point);
  const where = { clientX: box.left + x + 2, clientY: box.top + y - 2, bubbles: true };
  canvas.dispatchEvent(new MouseEvent("mousemove", where));
  seen.tip = byId("tip").style.display + "|" + byId("tip").innerText.replace(/\\s+/g, " ");
  canvas.dispatchEvent(new MouseEvent("mouseleave"));
  seen.left = byId("tip").style.display;
  canvas.dispatchEvent(new MouseEvent("click", where));
  seen.point = point; seen.picked = picked; seen.description = byId("description").textContent;
  seen.rows = document.querySelectorAll("#front tr").length; seen.front = plots[0].front;
  seen.fronts = Object.fromEntries(plots.map(plot => [plot.cost.name, plot.front]));
  dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
  seen.next = picked;
  document.body.innerHTML = "<pre id=seen></pre>"; byId("seen").textContent = JSON.stringify(seen);
</script></body>"""


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    core = {"core": "fir", "name": "short", "coefficients": TAPS, "coefficient": "sfix16_En15", "source": "sfix16_En14", "form": "serial"}
    vary = {"coefficient.word_length": range(6, 14), "source.word_length": (8, 40, 12, 16)}
    return folder, explore(core, vary, input=SIGNAL, metrics=["snr", "mse"], output=folder)


def browse(path, profile, fragment=""):
    arguments = [str(BROWSER), *FLAGS, PATIENCE, f"--user-data-dir={profile}", "--dump-dom", f"{path.as_uri()}{fragment}"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def test_page_needs_no_network(swept):
    folder, _ = swept
    text = (folder / "explore.html").read_text()
    assert not re.search(r"""(src|href)\s*=|@import|url\(|https?://|fetch\(|XMLHttpRequest""", text.replace("link.href = URL", ""))


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on PATH")
def test_page_in_a_browser(swept, tmp_path):
    folder, found = swept
    probe = tmp_path / "probe.html"
    probe.write_text((folder / "explore.html").read_text().replace("</body>", PROBE))
    dom = browse(probe, tmp_path / "profile")
    written = re.search(r'<pre id="seen">(.*?)</pre>', dom, re.DOTALL)
    assert written, "the page's script did not come to its end"
    seen = json.loads(html.unescape(written[1]))
    assert seen["drawn"] == [True] * 4
    shown = [row for row in found.rows if not row.get("error")]
    row = shown[seen["point"]]
    assert seen["tip"].startswith("block|")
    assert f"coefficient.word_length {row['coefficient.word_length']} " in seen["tip"]
    assert f"logic elements {row['les']}" in seen["tip"]
    assert seen["left"] == "none"
    assert seen["picked"] == seen["point"]
    described = make_core(tomllib.loads(seen["description"]))
    assert described == found.task.space.core(found.point(row))
    for cost, front in seen["fronts"].items():
        assert [shown[place] for place in front] == found.front(cost), cost
    assert seen["rows"] == len(found.front())
    assert seen["next"] == seen["front"][2]


KEYBOARD = """
<script>
addEventListener("load", () => {
  const canvas = document.querySelector('canvas[data-cost="power"]');
  canvas.focus();
  canvas.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
  const first = picked;
  const row = document.querySelectorAll("#front tr")[1];
  row.focus();
  row.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
  byId("colour").value = data.paths[0];
  byId("colour").dispatchEvent(new Event("change"));
  const axes = plots.map(plot => [plot.cost.name, plot.x0, plot.x1]);
  const all = [...document.querySelectorAll("canvas")];
  const seen = {cost, first, fronts: frontOf(cost), picked, axes, focusable: all.map(one => one.tabIndex),
    names: all.map(one => one.getAttribute("aria-label")),
    legend: [...byId("legend").children].map(one => one.textContent), wanted: canvas.dataset.cost};
  document.body.append(Object.assign(document.createElement("pre"), {id: "seen", textContent: JSON.stringify(seen)}));
});
</script></body>"""


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on PATH")
def test_page_by_keyboard_and_in_colours(swept, tmp_path):
    folder, found = swept
    probe = tmp_path / "probe.html"
    probe.write_text((folder / "explore.html").read_text().replace("</body>", KEYBOARD))
    dom = browse(probe, tmp_path / "profile")
    written = re.search(r'<pre id="seen">(.*?)</pre>', dom, re.DOTALL)
    assert written, "the page's script did not come to its end"
    seen = json.loads(html.unescape(written[1]))
    assert seen["cost"] == seen["wanted"]
    assert seen["first"] == seen["fronts"][0]
    assert seen["picked"] == seen["fronts"][1]
    assert seen["focusable"] == [0] * len(seen["axes"])
    assert all("points" in name for name in seen["names"])
    # No axis of costs goes on below nothing, but for room for a dot.
    assert all(low > -0.2 * (high - low) for _, low, high in seen["axes"])
    path = found.task.space.paths[0]
    assert seen["legend"] == [str(value) for value in sorted({row[path] for row in found.rows if not row.get("error")})]


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome on PATH")
def test_a_link_to_a_point_picks_it(swept, tmp_path):
    folder, found = swept
    dom = browse(folder / "explore.html", tmp_path / "profile", "#point=3")
    shown = [row for row in found.rows if not row.get("error")]
    assert f'coefficient = "{found.task.space.core(found.point(shown[3])).coefficient}"' in html.unescape(dom).split('id="description"')[1]
    assert "32 combinations, 8 failed" in dom or "8 failed" in dom
