"""What `extractSlices` does, as one writes it with nibabel and NumPy; for the benchmark.

    numpy_slices.py DATA OUT    prints seconds (imports left out) and the largest resident size
"""

import glob
import json
import os
import resource
import sys
import time

import nibabel as nib
import numpy as np

data, out = sys.argv[1:]
start = time.perf_counter()
paths = sorted(glob.glob(f"{data}/imagesTr/[!.]*.nii.gz"))
shapes = [nib.load(path).shape[:2] for path in paths]
height, width = (-(-max(sides) // 4) * 4 for sides in zip(*shapes))
for folder in ("images", "labels"):
    os.makedirs(f"{out}/{folder}")

count = 0
for path in paths:
    name = os.path.basename(path)
    image = nib.load(path).get_fdata(dtype=np.float32)
    label = np.asanyarray(nib.load(f"{data}/labelsTr/{name}").dataobj)
    if image.ndim == 4:
        image = image[..., 0]
    image = (image - image.min()) / (image.max() - image.min() + 1e-8)
    label = (label > 0).astype(np.uint8)
    top, left = (height - image.shape[0]) // 2, (width - image.shape[1]) // 2
    for index in range(image.shape[2]):
        for folder, volume in (("images", image), ("labels", label)):
            padded = np.zeros((height, width), volume.dtype)
            padded[top:top + image.shape[0], left:left + image.shape[1]] = volume[:, :, index]
            np.save(f"{out}/{folder}/{name[:-7]}_slice_{index:03d}.npy", padded)
    count += image.shape[2]

print(json.dumps({
    "seconds": time.perf_counter() - start,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "cases": len(paths),
    "slices": count,
}))
