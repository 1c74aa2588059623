"""Settings of Sphinx for the site; `build.py` says where sources and pages are.

Sphinx, not Material for MkDocs, which ended in November 2026, nor its successor, which cannot yet read Python
objects: everything here works without a network, from the reader's disk too.
"""

from importlib.metadata import version as _version

project = "gp130"
author = "the authors of gp130"
copyright = "MIT licence"
version = release = _version("gp130")
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
root_doc = "index"
html_theme = "furo"
html_title = "gp130"
html_show_sphinx = False
html_theme_options = {
    "announcement": "A hypothesis generator with an honest prior. <b>Not for clinical use.</b>",
    "sidebar_hide_name": False,
}
html_css_files = ["site.css"]
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
nb_execution_mode = "off"  # `build.py` turns it on
nb_execution_timeout = 3600
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
nb_render_image_options = {"width": "100%"}
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = True
suppress_warnings = ["myst.header", "myst-nb.lexer"]  # headings of other documents; cells that were not run
