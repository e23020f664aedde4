"""What the tests of the notebooks stand on: a clean kernel without a network, and eyes."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))

# a cell that takes longer hangs; what a notebook as a whole may take is stated in CPU seconds
CELL_S = 180
# JupyterLab's cell at a window of 1,440 px with the file list open
CELL_PX = 1060
# an image smaller than this is no picture to show at a meeting
LEAST_PX = (500, 250)
# pictures and pages of fewer colours, or of nearly one, are blank
LEAST_COLOURS, MOST_OF_ONE = 16, 0.995
HTML, PNG = "text/html", "image/png"
WIDGET = "application/vnd.jupyter.widget-view+json"

# kernels have no socket guard of pytest's: this one refuses and remembers, even if
# what asked swallows the refusal
_BAR = """
import os, socket

def _barred(name):
    inner = getattr(socket.socket, name)
    def ask(self, address):
        near = self.family not in (socket.AF_INET, socket.AF_INET6) or str(address[0]) in (
            "127.0.0.1", "::1", "localhost")
        if not near:
            with open(os.environ["NOTEBOOK_ASKED"], "a") as book:
                print(address, file=book)
            raise OSError(f"a notebook asked for {address}")
        return inner(self, address)
    setattr(socket.socket, name, ask)

for name in ("connect", "connect_ex"):
    _barred(name)
"""
_LONG_ID = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
_ADDRESS = re.compile(r"\b0x[0-9a-f]+\b")


@dataclass(frozen=True)
class Run:
    """Hold a notebook that was executed, what it asked of the network, and its CPU seconds."""

    notebook: object
    folder: Path
    asked: str
    cpu_s: float

    @property
    def outputs(self):
        """Return every output with the id of its cell."""
        cells = (cell for cell in self.notebook.cells if cell.cell_type == "code")
        return [(cell.id, output) for cell in cells for output in cell.outputs]


def run_notebook(path, folder, *, hash_seed=0, **more):
    """Execute a notebook from a clean kernel in a folder of its own, the network barred."""
    import nbformat
    from nbclient import NotebookClient

    work, bar = folder / "work", folder / "bar"
    work.mkdir(parents=True)
    bar.mkdir()
    (bar / "sitecustomize.py").write_text(_BAR, encoding="utf-8")
    places = [bar, ROOT, ROOT / "api"]
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, places)),
        "PYTHONHASHSEED": str(hash_seed),
        "NOTEBOOK_ASKED": str(folder / "asked"),
        # test workers share the cores; the answers are the same on one process as on several
        "LOKY_MAX_CPU_COUNT": "1",
        # nobody's own start-up files, history or settings
        "IPYTHONDIR": str(folder / "ipython"),
        **more,
    }
    # the tests' own way of drawing is not a planner's
    env.pop("MPLBACKEND", None)
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(work)}},
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    client.execute(env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    asked = folder / "asked"
    return Run(notebook, work, asked.read_text() if asked.exists() else "", cpu_s)


def complaints_of(run):
    """Return what a planner should never see: errors, warnings, progress that stays."""
    found = []
    for ident, output in run.outputs:
        if output.output_type == "error":
            found.append(f"{ident}: {output.ename}: {output.evalue}")
        elif output.output_type == "stream" and output.name == "stderr":
            found.append(f"{ident}: {output.text}")
        elif "<progress" in output.get("data", {}).get(HTML, ""):
            found.append(f"{ident}: a bar that stayed")
    return found


def told(run):
    """Return everything that the outputs say and show, random names of objects taken out."""
    seen = {}

    def same_name(match):
        return seen.setdefault(match.group().replace("-", ""), f"id-{len(seen)}")

    def plain(value):
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        return _ADDRESS.sub("0x", _LONG_ID.sub(same_name, text))

    rows = []
    for ident, output in run.outputs:
        parts = output.get("data") or {"text": output.get("text", "")}
        rows += [(ident, kind, plain(value)) for kind, value in sorted(parts.items())]
    return rows


def is_blank(image):
    """Tell whether a picture shows nothing."""
    colours = image.convert("RGB").getcolors(maxcolors=2**24)
    most = max(count for count, _ in colours)
    return len(colours) < LEAST_COLOURS or most > MOST_OF_ONE * image.width * image.height


def look_at(run, browser, folder):
    """Turn every image and page of a run into a PNG; return what is wrong with them."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    faults = []
    for number, (ident, output) in enumerate(run.outputs, start=1):
        data = output.get("data", {})
        name = f"{number:02d}-{ident}"
        if PNG in data:
            raw = base64.b64decode(data[PNG])
            (folder / f"{name}.png").write_bytes(raw)
            image = Image.open(io.BytesIO(raw))
            if image.width < LEAST_PX[0] or image.height < LEAST_PX[1]:
                faults.append(f"{name}: only {image.size} px")
            if is_blank(image):
                faults.append(f"{name}: blank")
        elif WIDGET in data or data.get(HTML):
            html = _widget_page(run, data[WIDGET]["model_id"]) if WIDGET in data else data[HTML]
            shot = folder / f"{name}-page.png"
            faults += [f"{name}: {fault}" for fault in look_at_page(browser, html, shot)]
    return faults


def _widget_page(run, model_id):
    """Return a page that shows a widget as it stands, without a kernel behind it."""
    states = run.notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    kept = states[model_id]
    # closing tags inside a script would end it
    given = json.dumps([kept["state"], kept.get("buffers", [])]).replace("</", "<\\/")
    return f"""<style>{kept["state"]["_css"]}</style><div id="widget"></div>
<script type="application/json" id="state">{given}</script>
<script type="module">
const [state, buffers] = JSON.parse(document.getElementById("state").textContent);
for (const {{path, data}} of buffers) {{
  const holder = path.slice(0, -1).reduce((at, key) => at[key], state);
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  holder[path.at(-1)] = new DataView(bytes.buffer);
}}
const nothing = () => {{}};
const model = {{get: (name) => state[name], set: (name, value) => {{ state[name] = value; }},
  on: nothing, off: nothing, save_changes: nothing, send: nothing}};
const script = await import(URL.createObjectURL(
  new Blob([state._esm], {{type: "text/javascript"}})));
await script.default.render({{model, el: document.getElementById("widget")}});
document.body.dataset.shown = "yes";
</script>"""


def look_at_page(browser, html, shot):
    """Render an HTML output as wide as a cell; return complaints, foreign requests, blanks."""
    from PIL import Image
    from playwright.sync_api import TimeoutError  # noqa: A004 - playwright's own

    faults, asked = [], []
    context = browser.new_context(
        offline=True, viewport={"width": CELL_PX, "height": 400}, device_scale_factor=1
    )
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: faults.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: faults.append(str(error)))
    frame = "font-family: system-ui, sans-serif; font-size: 14px; margin: 0; background: white"
    page.set_content(
        f'<!doctype html><meta charset="utf-8"><body style="{frame}">{html}', wait_until="load"
    )
    if 'id="widget"' in html:
        try:
            page.wait_for_selector("body[data-shown]", state="attached")
        except TimeoutError:
            faults.append("a widget that does not show itself")
    for inner in page.frames:
        inner.wait_for_function(
            "!document.querySelector('.leaflet-container') || window.geogridMap?.ready"
        )
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.screenshot(path=shot, full_page=True)
    context.close()
    if wide > CELL_PX:
        faults.append(f"{wide} px wide, a cell has {CELL_PX}")
    faults += [
        f"asks for {url[:80]}" for url in asked if not url.startswith(("data:", "about:", "blob:"))
    ]
    if is_blank(Image.open(shot)):
        faults.append("blank")
    return faults


def python_of(notebook):
    """Return the code of a notebook as one text."""
    return "\n".join("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code")


def words_of(notebook):
    """Return the prose of a notebook as one text."""
    prose = ("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown")
    return "\n\n".join(prose)


if __name__ == "__main__":
    # python tests/kernels.py 02 FOLDER: execute one, keep it with its outputs, to read it
    import nbformat

    wanted, kept = sys.argv[1], Path(sys.argv[2])
    for one in PATHS:
        if one.stem.startswith(wanted):
            done = run_notebook(one, kept / one.stem)
            nbformat.write(done.notebook, kept / one.name)
            print(f"{one.stem}: {done.cpu_s:.1f} CPU seconds", *complaints_of(done), sep="\n")
