"""How the documentation site is built; `make docs` runs it, offline, into build/docs.

Pages are Markdown that also reads well where no site is built. So they carry no directives: the
order of the sidebar stands in `contents.py`, which a page that is new need not be told to.
"""

from __future__ import annotations

import sys
from pathlib import Path

from numpydoc.xref import DEFAULT_LINKS

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_site"), str(HERE.parent), str(HERE.parent / "api")]

from contents import below, contents, types_shown  # noqa: E402 - beside this file

import geogrid  # noqa: E402 - of this tree, whatever is installed

# the name by which users know the room, so that its functions are shown under it
sys.modules["geogrid.pictures"] = geogrid.pictures

project = "geogrid"
author = "the geogrid authors"
version = release = geogrid.__version__
language = "en"

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosectionlabel",
    "sphinx_copybutton",
    "both_languages",
]
exclude_patterns = ["_site", "build_*.py"]
nitpicky = True
# a page names another by its file; labels are for the list of all sections (objects.inv) only
autosectionlabel_prefix_document = True
suppress_warnings = ["autosectionlabel.*"]

myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 4

# docstrings: names in single quotes are names of code, few of them have a page
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstring tells types, and shapes and units with them
numpydoc_show_class_members = False
numpydoc_use_plots = False
# types that have a place on the site become links; everybody else's stay words
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = {word: word for word in DEFAULT_LINKS} | types_shown(HERE)

html_theme = "furo"
html_title = "geogrid"
html_static_path = ["_site/static"]
html_css_files = ["house.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_search_language = "en+zh"
html_theme_options = {
    "navigation_with_keys": True,
    # the colours of the web map
    "light_css_variables": {
        "color-brand-primary": "#0c5a75",
        "color-brand-content": "#0c5a75",
        "color-brand-visited": "#0c5a75",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7cc4dd",
        "color-brand-content": "#7cc4dd",
        "color-brand-visited": "#7cc4dd",
    },
}
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def setup(app: object) -> None:
    """Hang the sidebar's contents and the changelog in as pages are read."""
    app.connect("source-read", _as_on_the_site)  # type: ignore[attr-defined]


def _as_on_the_site(_app: object, page: str, source: list[str]) -> None:
    """Add what pages leave out so that they read well as plain Markdown."""
    if page == "index":
        source[0] += contents(HERE)
    elif page.endswith("/index"):
        source[0] += below(HERE, page)
    elif page == "changelog":
        source[0] = (HERE.parent / "CHANGELOG.md").read_text(encoding="utf-8")
