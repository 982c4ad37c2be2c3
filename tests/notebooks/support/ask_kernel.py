"""Runs groups of cells in the kernel "deno", each group queued at once, and prints what came back.

ask_kernel.py FOLDER GROUPS: FOLDER is where the kernel starts, GROUPS is JSON, [[{"code", "stop_at",
"input", "stop_on_error"}]]: Stop is pressed once the output holds `stop_at`; `input` answers what the
cell asks for.
Prints [[{"status", "outputs"}]] and, last, whether Deno was gone after its bridge was killed.
"""

import json
import os
import pathlib
import queue
import signal
import sys
import time

from jupyter_client.manager import KernelManager


def run(manager, client, cells):
    ids = [
        client.execute(
            cell["code"], allow_stdin="input" in cell, stop_on_error=cell.get("stop_on_error", True)
        )
        for cell in cells
    ]
    found = {each: {"status": None, "outputs": []} for each in ids}
    replies, idle = 0, set()
    deadline = time.monotonic() + 120
    while (replies < len(ids) or idle != set(ids)) and time.monotonic() < deadline:
        try:
            message = client.get_iopub_msg(timeout=0.1)
            parent = message["parent_header"].get("msg_id")
            kind, content = message["msg_type"], message["content"]
            if parent in found and kind == "status" and content["execution_state"] == "idle":
                idle.add(parent)
            elif parent in idle:
                pass  # Jupyter drops what a cell says after its end
            elif parent in found and kind not in ("status", "execute_input"):
                found[parent]["outputs"].append({"type": kind, **content})
                stop_at = cells[ids.index(parent)].get("stop_at")
                if stop_at is not None and stop_at in content.get("text", ""):
                    manager.interrupt_kernel()
        except queue.Empty:
            pass
        while client.shell_channel.msg_ready():
            reply = client.get_shell_msg()
            parent = reply["parent_header"].get("msg_id")
            if parent in found:
                found[parent]["status"] = reply["content"]["status"]
                replies += 1
        while client.stdin_channel.msg_ready():
            asked = client.get_stdin_msg()
            client.input(cells[ids.index(asked["parent_header"]["msg_id"])]["input"])
    return list(found.values())


def children(process):
    path = pathlib.Path(f"/proc/{process}/task/{process}/children")
    return [int(each) for each in path.read_text().split()] if path.exists() else []


def alive(process):
    try:
        os.kill(process, 0)
        return True
    except ProcessLookupError:
        return False


manager = KernelManager(kernel_name="deno")
manager.start_kernel(cwd=sys.argv[1])
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)
results = [run(manager, client, cells) for cells in json.loads(sys.argv[2])]
below = children(manager.provisioner.pid)
os.kill(manager.provisioner.pid, signal.SIGKILL)
for _ in range(100):
    if not any(alive(each) for each in below):
        break
    time.sleep(0.1)
results.append(len(below) > 0 and not any(alive(each) for each in below))
client.stop_channels()
manager.shutdown_kernel(now=True)
print(json.dumps(results))
