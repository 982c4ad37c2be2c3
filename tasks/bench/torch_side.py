"""The tutorial's Med-NCA in PyTorch, for the side-by-side benchmark.

Reads one JSON request a line from standard input and answers with one JSON line:
  {"set_up": {...}}   makes model and input from a safetensors file, answers with the logits' file
  {"run": "train" | "inference", "times": n}  steps, answers with the seconds of one
  {"memory": true}    answers with the largest resident size, and what tensors took of the GPU, in MB
"""

import json
import resource
import struct
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class NCA2D(nn.Module):
    def __init__(self, kernel, channels=16, hidden=64):
        super().__init__()
        self.perception = nn.Conv2d(channels, channels, kernel, padding=kernel // 2, groups=channels)
        self.fc1 = nn.Conv2d(2 * channels, hidden, 1)
        self.bn = nn.BatchNorm2d(hidden, track_running_stats=False)
        self.fc2 = nn.Conv2d(hidden, channels - 1, 1)

    def forward(self, x, masks):
        for mask in masks:
            y = torch.cat([self.perception(x), x], 1)
            y = self.fc2(F.relu(self.bn(self.fc1(y))))
            x = torch.cat([x[:, :1], x[:, 1:] + y * mask], 1)
        return x


def mix(x):
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def fire_masks(keys, height, width, threshold):
    """The masks of the rollout's hash, [steps][B, 1, H, W]."""
    cells = np.arange(height * width, dtype=np.uint32)
    steps = []
    for row in keys:
        slices = []
        for key in np.array(row, dtype=np.uint32):
            fires = (mix(mix(cells + key) ^ key) >> np.uint32(8)) < np.uint32(threshold)
            slices.append(fires.reshape(1, height, width))
        steps.append(torch.from_numpy(np.stack(slices).astype(np.float32)))
    return steps


def read_safetensors(path):
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    arrays = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        array = np.frombuffer(data[begin:end], dtype=np.float32).reshape(entry["shape"])
        arrays[name] = torch.from_numpy(array.copy())
    return arrays


class Side:
    def set_up(self, request):
        torch.set_num_threads(request["threads"])
        self.device = request.get("device", "cpu")
        self.models = [NCA2D(7), NCA2D(3)]
        for model, path in zip(self.models, request["weights"]):
            model.load_state_dict(read_safetensors(path), strict=True)
            model.to(self.device)
        batch = read_safetensors(request["batch"])
        self.images, self.labels = (batch[name].to(self.device) for name in ("images", "labels"))
        height, width = self.images.shape[2:]
        self.masks = [
            fire_masks(request["keys"][0], height // 4, width // 4, request["threshold"]),
            fire_masks(request["keys"][1], height, width, request["threshold"]),
        ]
        self.masks = [[mask.to(self.device) for mask in stage] for stage in self.masks]
        parameters = [p for model in self.models for p in model.parameters()]
        self.optimizer = torch.optim.Adam(parameters, lr=1e-4)
        with torch.no_grad():
            self.forward().cpu().numpy().tofile(request["logits"])
        return {}

    def forward(self):
        small = F.interpolate(self.images, scale_factor=0.25, mode="bilinear", align_corners=False)
        state = torch.cat([small, small.new_zeros(small.shape[0], 15, *small.shape[2:])], 1)
        state = self.models[0](state, self.masks[0])
        up = F.interpolate(state[:, 1:], scale_factor=4, mode="bilinear", align_corners=False)
        return self.models[1](torch.cat([self.images, up], 1), self.masks[1])[:, 1:2]

    def train(self):
        self.optimizer.zero_grad()
        logits = self.forward()
        p = torch.sigmoid(logits)
        overlap = 2 * (p * self.labels).sum() + 1e-5
        dice = 1 - overlap / (p.sum() + self.labels.sum() + 1e-5)
        (dice + F.binary_cross_entropy_with_logits(logits, self.labels)).backward()
        self.optimizer.step()

    def inference(self):
        with torch.no_grad():
            self.forward()

    def wait(self):
        if self.device != "cpu":
            torch.cuda.synchronize()

    def memory(self):
        answer = {"megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        if self.device != "cpu":
            answer["gpu_megabytes"] = torch.cuda.max_memory_allocated() / 2**20
        return answer


side = Side()
for line in sys.stdin:
    request = json.loads(line)
    if "set_up" in request:
        answer = side.set_up(request["set_up"])
    elif "run" in request:
        times = request.get("times", 1)
        side.wait()
        start = time.perf_counter()
        for _ in range(times):
            getattr(side, request["run"])()
        side.wait()
        answer = {"seconds": (time.perf_counter() - start) / times}
    else:
        answer = side.memory()
    print(json.dumps(answer), flush=True)
