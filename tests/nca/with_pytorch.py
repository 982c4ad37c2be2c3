"""The tutorial's model in PyTorch, and the reference implementation of safetensors, to compare with.

    with_pytorch.py run FOLDER      load both weight files with strict=True, run on image.bin
                                    (float32, 16x16), write logits.bin
    with_pytorch.py list FOLDER     print names, shapes and sums of both files as JSON
    with_pytorch.py save FOLDER     write both weight files as safetensors does, without a config
"""

import json
import struct
import sys

NAMES = ("model1.safetensors", "model2.safetensors")


def run(folder):
    import numpy as np
    import torch
    from torch import nn
    from torch.nn import functional as F

    class NCA2D(nn.Module):
        def __init__(self, k, c=16, h=64):
            super().__init__()
            self.perception = nn.Conv2d(c, c, k, padding=k // 2, groups=c)
            self.fc1 = nn.Conv2d(2 * c, h, 1)
            self.bn = nn.BatchNorm2d(h, track_running_stats=False)
            self.fc2 = nn.Conv2d(h, c - 1, 1)

        def forward(self, x, steps):
            for _ in range(steps):
                y = self.bn(self.fc1(torch.cat([self.perception(x), x], 1)))
                dx = self.fc2(F.relu(y))
                x = torch.cat([x[:, :1], x[:, 1:] + dx], 1)
            return x

    def load(path):
        try:
            from safetensors.torch import load_file
            return load_file(path)
        except ImportError:
            with open(path, "rb") as file:
                (length,) = struct.unpack("<Q", file.read(8))
                header = json.loads(file.read(length))
                data = file.read()
            header.pop("__metadata__")
            return {
                name: torch.tensor(np.frombuffer(data[slice(*entry["data_offsets"])], "<f4"))
                .reshape(entry["shape"])
                for name, entry in header.items()
            }

    models = [NCA2D(7), NCA2D(3)]
    for model, name in zip(models, NAMES):
        model.load_state_dict(load(f"{folder}/{name}"), strict=True)
    image = torch.tensor(np.fromfile(f"{folder}/image.bin", "<f4")).reshape(1, 1, 16, 16)
    with torch.no_grad():
        small = F.interpolate(image, scale_factor=0.25, mode="bilinear")
        state = models[0](F.pad(small, (0, 0, 0, 0, 0, 15)), 4)
        up = F.interpolate(state[:, 1:], scale_factor=4, mode="bilinear")
        logits = models[1](torch.cat([image, up], 1), 3)[:, 1]
    logits.numpy().astype("<f4").tofile(f"{folder}/logits.bin")


def listing(folder):
    from safetensors.numpy import load_file

    print(json.dumps([
        {name: [array.dtype.str, list(array.shape), float(array.astype("f8").sum())]
         for name, array in load_file(f"{folder}/{file}").items()}
        for file in NAMES
    ]))


def save(folder):
    import numpy as np
    from safetensors.numpy import save_file

    for file, k in zip(NAMES, (7, 3)):
        shapes = {
            "perception.weight": (16, 1, k, k), "perception.bias": (16,),
            "fc1.weight": (64, 32, 1, 1), "fc1.bias": (64,),
            "bn.weight": (64,), "bn.bias": (64,),
            "fc2.weight": (15, 64, 1, 1), "fc2.bias": (15,),
        }
        save_file({
            name: (np.arange(np.prod(shape), dtype="f4") / 100 + k).reshape(shape)
            for name, shape in shapes.items()
        }, f"{folder}/{file}")


{"run": run, "list": listing, "save": save}[sys.argv[1]](sys.argv[2])
