"""Executes a notebook and prints it with its outputs: run_notebook.py NOTEBOOK"""

import pathlib
import sys

import nbclient
import nbformat

path = pathlib.Path(sys.argv[1])
notebook = nbformat.read(path, as_version=4)
# As in a browser: the kernel stands in the notebook's folder, and an error does not hide the others.
client = nbclient.NotebookClient(
    notebook, timeout=600, allow_errors=True, resources={"metadata": {"path": str(path.parent)}}
)
client.execute()
sys.stdout.write(nbformat.writes(notebook))
