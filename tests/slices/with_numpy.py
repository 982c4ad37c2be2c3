"""The tutorial's slices by NumPy and nibabel, to compare with.

    with_numpy.py make DATA         write a small data set
    with_numpy.py check DATA OUT    compare slices of it, bit for bit; prints how many
    with_numpy.py save FOLDER       write arrays of every kind with numpy.save, and their values
    with_numpy.py load FILE         print an array as JSON
"""

import json
import os
import sys

import numpy as np


def make(data):
    import nibabel as nib

    rng = np.random.default_rng(1)
    for folder in ("imagesTr", "labelsTr"):
        os.makedirs(os.path.join(data, folder))
    cases = [
        ("a", (13, 10, 5), np.float32, 1e3),
        ("b", (9, 17, 4), np.uint8, 255),
        ("c", (12, 12, 6), np.int16, 3e4),
        ("d", (11, 10, 4, 2), np.float32, 1e-6),
        ("e", (8, 8, 4), np.float32, 1e30),
    ]
    for name, shape, dtype, scale in cases:
        image = (rng.random(shape) * scale).astype(dtype)
        label = rng.integers(0, 3, shape[:3]).astype(np.uint8)
        affine = np.diag([0.7, 0.8, 3.0, 1.0])
        nib.save(nib.Nifti1Image(image, affine), f"{data}/imagesTr/{name}.nii.gz")
        nib.save(nib.Nifti1Image(label, affine), f"{data}/labelsTr/{name}.nii.gz")


def check(data, out):
    import nibabel as nib

    manifest = json.load(open(f"{out}/manifest.json"))
    axis = manifest["settings"]["axis"]
    compared = 0
    for case in manifest["cases"]:
        image = nib.load(f"{data}/{case['images'][0]}").get_fdata(dtype=np.float32)
        label = nib.load(f"{data}/{case['labels'][0]}").get_fdata(dtype=np.float32)
        if image.ndim == 4:
            image = image[..., 0]
        span = image.max() - image.min()
        # Beside so small a span the tutorial's 1e-8 would flatten the image
        image = (image - image.min()) / (span + 1e-8 if span >= 1e-4 else span)
        label = (label > 0).astype(np.uint8)
        slices = [s for s in manifest["slices"] if s["case"] == case["id"]]
        assert [s["index"] for s in slices] == list(range(image.shape[axis])), case
        for s in slices:
            for key, volume in (("image", image), ("label", label)):
                cut = np.take(volume, s["index"], axis=axis)
                top, left = s["geometry"]["offset"]
                bottom = manifest["height"] - cut.shape[0] - top
                right = manifest["width"] - cut.shape[1] - left
                expected = np.pad(cut, ((top, bottom), (left, right)))
                found = np.load(f"{out}/{s[key]}")
                assert found.dtype == expected.dtype, (s, found.dtype, expected.dtype)
                assert found.shape == expected.shape, (s, found.shape, expected.shape)
                assert found.tobytes() == expected.tobytes(), s
                compared += 1
    print(compared)


def save(folder):
    values = np.arange(24).reshape(2, 3, 4)
    for kind in ("f4", "f8", "u1", "i1", "u2", "i2", "u4", "i4", "b1"):
        np.save(f"{folder}/{kind}.npy", values.astype(kind))
    np.save(f"{folder}/fortran.npy", np.asfortranarray(values.astype("f4")))
    np.save(f"{folder}/cut.npy", np.asfortranarray(values.astype("f4"))[:, :, 1])
    np.save(f"{folder}/scalar.npy", np.float32(7))
    np.save(f"{folder}/row.npy", np.arange(5, dtype="f4"))
    np.save(f"{folder}/empty.npy", np.zeros((0, 3), "f4"))
    np.save(f"{folder}/big_endian.npy", values.astype(">f4"))
    np.save(f"{folder}/int64.npy", values.astype("i8"))
    np.save(f"{folder}/complex.npy", values.astype("c8"))
    with open(f"{folder}/version_2.npy", "wb") as file:
        np.lib.format.write_array(file, values.astype("f4"), version=(2, 0))


def load(path):
    array = np.load(path, allow_pickle=False)
    print(json.dumps([array.dtype.str, list(array.shape), array.ravel().astype(float).tolist()]))


{"make": make, "check": check, "save": save, "load": load}[sys.argv[1]](*sys.argv[2:])
