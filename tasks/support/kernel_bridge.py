"""A Jupyter kernel that runs Deno's and adds what it lacks: kernel_bridge.py CONNECTION_FILE DENO

Deno's kernel prints nothing about a syntax error, runs the queued cells after an error, says that a
cell has ended before it has sent all text of it, which Jupyter then drops, and can be stopped by a
signal only, which Windows does not have. This passes all messages on, and

- holds queued cells back, and drops them after an error or Stop, as Python's kernel does;
- adds the error message that is missing below a cell that cannot be parsed;
- ends a cell once all its output has arrived: a line of code that runs after it sends a mark on
  both ways that output takes, text and displays, and each keeps its order;
- turns Stop (an interrupt_request) into a line on the standard input of Deno, which
  lib/notebook/session.ts reads. That works on every system.

Messages: https://jupyter-client.readthedocs.io/en/stable/messaging.html
"""

import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid

import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.session import DELIM, Session

CHANNELS = ("shell", "control", "stdin")
ON_THE_WAY = 100  # milliseconds between the cells of Run All, on a busy machine
LATE = 5  # seconds to wait for the marks, in case a cell replaced console.log
HINT = "Nothing in this cell was run. Look for a missing bracket, quote or comma near the mark."


class Cell:
    """A request to run code, and what is known of its answer."""

    def __init__(self, request):
        self.request = request
        self.id = request["header"]["msg_id"]
        self.has_error = False
        self.reply = self.idle = None
        self.marks = []  # those that have not arrived
        self.deadline = None  # until when to wait for them


class Bridge:
    def __init__(self, connection_file, deno):
        self.deno = deno
        given = json.loads(pathlib.Path(connection_file).read_text())
        signing = {"key": given["key"].encode(), "signature_scheme": given["signature_scheme"]}
        self.session = Session(**signing)
        self.folder = tempfile.TemporaryDirectory()
        file, own = write_connection_file(os.path.join(self.folder.name, "deno.json"), **signing)
        context = zmq.Context()

        def socket(kind, connection, channel, bind=False):
            result = context.socket(kind)
            result.linger = 1000
            if kind == zmq.DEALER:
                result.identity = b"bridge"  # the same on shell and stdin: Deno asks there
            address = f"tcp://{connection['ip']}:{connection[channel + '_port']}"
            (result.bind if bind else result.connect)(address)
            return result

        self.front = {name: socket(zmq.ROUTER, given, name, bind=True) for name in CHANNELS}
        self.front["iopub"] = socket(zmq.PUB, given, "iopub", bind=True)
        self.front["hb"] = socket(zmq.REP, given, "hb", bind=True)
        self.back = {name: socket(zmq.DEALER, own, name) for name in CHANNELS}
        self.back["iopub"] = socket(zmq.SUB, own, "iopub")
        self.back["iopub"].subscribe(b"")
        self.clients = {}  # who sent a request, by its id: Deno's answers do not say
        self.waiting = collections.deque()
        self.running = None
        self.flushed = {}  # the cells, by the ids of the requests for their marks
        self.child = subprocess.Popen(
            [deno, "jupyter", "--kernel", "--conn", file],
            stdin=subprocess.PIPE,
            env={**os.environ, "MED_NCA_KERNEL_BRIDGE": "1"},
        )

    def run(self):
        self.greet()
        handlers = {
            self.front["shell"]: self.on_request,
            self.front["control"]: self.on_control,
            self.front["stdin"]: lambda frames: self.ask("stdin", self.read(frames)),
            self.front["hb"]: self.front["hb"].send_multipart,
            self.back["shell"]: self.on_reply,
            self.back["control"]: lambda frames: self.pass_back("control", self.read(frames)),
            self.back["stdin"]: lambda frames: self.pass_back("stdin", self.read(frames)),
            self.back["iopub"]: self.on_output,
        }
        poller = zmq.Poller()
        for each in handlers:
            poller.register(each, zmq.POLLIN)
        while self.child.poll() is None:
            for each, _ in poller.poll(500):
                handlers[each](each.recv_multipart())
            deadline = self.running and self.running.deadline
            if deadline is not None and time.monotonic() > deadline:
                self.end()

    def greet(self):
        """Waits until Deno answers and its output arrives: what it published before is lost."""
        while self.child.poll() is None:
            self.session.send(self.back["shell"], "kernel_info_request", {})
            if self.back["iopub"].poll(200):
                return

    def read(self, frames):
        """A message as a dictionary; its sender is noted."""
        identities, rest = self.session.feed_identities(frames)
        message = self.session.deserialize(rest)
        if identities:
            self.clients[message["header"]["msg_id"]] = identities
        return message

    def ask(self, channel, message):
        """Passes a message of Jupyter on to Deno."""
        self.session.send(self.back[channel], message)

    def pass_back(self, channel, message):
        """Passes a message of Deno on to who sent the request."""
        identities = self.clients.get(message["parent_header"].get("msg_id"))
        if identities is not None:
            self.session.send(self.front[channel], message, ident=identities)

    def on_request(self, frames):
        message = self.read(frames)
        if message["header"]["msg_type"] == "execute_request":
            self.waiting.append(Cell(message))
            self.run_next()
        else:
            self.ask("shell", message)

    def run_next(self):
        if self.running is None and self.waiting:
            self.running = self.waiting.popleft()
            self.ask("shell", self.running.request)

    def on_control(self, frames):
        message = self.read(frames)
        if message["header"]["msg_type"] != "interrupt_request":
            self.ask("control", message)
            return
        self.gather()
        self.drop_waiting()
        self.child.stdin.write(b"stop\n")
        self.child.stdin.flush()
        self.answer("control", message, "interrupt_reply", {"status": "ok"})

    def on_reply(self, frames):
        message = self.read(frames)
        if self.running and message["parent_header"].get("msg_id") == self.running.id:
            self.running.reply = message
            self.finish()
        elif message["parent_header"].get("msg_id") not in self.flushed:
            self.pass_back("shell", message)

    def on_output(self, frames):
        at = frames.index(DELIM) + 2
        header, parent, _, content = (json.loads(frame) for frame in frames[at : at + 4])
        kind = header["msg_type"]
        if parent.get("msg_id") in self.flushed:
            if kind not in ("status", "execute_input"):
                self.on_late_output(self.flushed[parent["msg_id"]], kind, content)
            return
        if self.running and parent.get("msg_id") == self.running.id:
            self.running.has_error |= kind == "error"
            if kind == "status" and content["execution_state"] == "idle":
                self.running.idle = frames
                self.finish()
                return
        self.front["iopub"].send_multipart(frames)

    def on_late_output(self, cell, kind, content):
        """Passes on what Deno sends after the end of a cell, as that cell's."""
        for mark in [each for each in cell.marks if each in content.get("text", "")]:
            content["text"] = content["text"].replace(mark, "")
            cell.marks.remove(mark)
        if content.get("text") != "":
            self.publish(kind, content, cell.request)
        if self.running is cell and not cell.marks:
            self.end()

    def finish(self):
        """Asks for the marks, once Deno has both replied and said that it is idle."""
        cell = self.running
        if cell.reply is None or cell.idle is None:
            return
        cell.marks = [f"{uuid.uuid4()}\n" for _ in range(2)]
        code = 'await Deno.jupyter.broadcast("stream", { name: "stdout", text: %s }); console.log(%s);'
        code %= (json.dumps(cell.marks[0]), json.dumps(cell.marks[1].rstrip()))
        options = {"silent": True, "store_history": False, "stop_on_error": False}
        request = self.session.send(
            self.back["shell"], "execute_request", {"code": code, "allow_stdin": False, **options}
        )
        self.flushed[request["header"]["msg_id"]] = cell
        cell.deadline = time.monotonic() + LATE

    def end(self):
        """Ends the running cell."""
        cell = self.running
        failed = cell.reply["content"]["status"] == "error"
        if failed and not cell.has_error:
            error = self.explain(cell.request["content"]["code"])
            cell.reply["content"] |= error
            self.publish("error", error, cell.request)
        dropped = failed and cell.request["content"].get("stop_on_error", True)
        if dropped:
            self.gather()  # before the reply: what is sent after it is meant to run
        self.pass_back("shell", cell.reply)
        self.front["iopub"].send_multipart(cell.idle)
        if dropped:
            self.drop_waiting()
        self.running = None
        self.run_next()

    def explain(self, code):
        """What is wrong with code that Deno does not run, in the words of its parser."""
        found = subprocess.run(
            [self.deno, "fmt", "--no-config", "--ext", "ts", "-"],
            input=code.encode(),
            capture_output=True,
            env={**os.environ, "NO_COLOR": "1"},
        )
        errors = re.search(r"error: (.*?)\n *at file:", found.stderr.decode(), re.DOTALL)
        text = errors[1] if errors else "SyntaxError: Deno cannot run this cell"
        name, _, value = text.splitlines()[0].partition(": ")
        return {"ename": name, "evalue": value, "traceback": [*text.splitlines(), "", HINT]}

    def gather(self):
        """Takes the requests that are still on their way."""
        while self.front["shell"].poll(ON_THE_WAY):
            self.on_request(self.front["shell"].recv_multipart())

    def drop_waiting(self):
        """Answers the queued cells without running them."""
        while self.waiting:
            request = self.waiting.popleft().request
            self.answer("shell", request, "execute_reply", {"status": "aborted"})

    def answer(self, channel, request, kind, content):
        self.publish("status", {"execution_state": "busy"}, request)
        identities = self.clients[request["header"]["msg_id"]]
        self.session.send(self.front[channel], kind, content, request, identities)
        self.publish("status", {"execution_state": "idle"}, request)

    def publish(self, kind, content, parent):
        self.session.send(self.front["iopub"], kind, content, parent, kind.encode())


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    bridge = Bridge(*sys.argv[1:])
    try:
        bridge.run()
    finally:
        bridge.child.kill()
