"""Executes a notebook, then the solutions of its exercises; prints it with its outputs: run_notebook.py NOTEBOOK"""

import pathlib
import re
import sys

import nbclient
import nbformat

path = pathlib.Path(sys.argv[1])
notebook = nbformat.read(path, as_version=4)
for cell in [cell for cell in notebook.cells if cell.cell_type == "markdown"]:
    for block in re.findall(r"```ts\n(.*?)```", cell.source, re.DOTALL):
        notebook.cells.append(nbformat.v4.new_code_cell(block, id=f"{cell.id}-run"))
# As in a browser: the kernel stands in the notebook's folder, and an error does not hide the others.
client = nbclient.NotebookClient(
    notebook,
    timeout=600,
    iopub_timeout=120,  # on a busy machine output arrives seconds after its cell has ended
    allow_errors=True,
    resources={"metadata": {"path": str(path.parent)}},
)
client.execute()
sys.stdout.write(nbformat.writes(notebook))
