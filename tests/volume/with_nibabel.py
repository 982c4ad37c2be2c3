"""The other side of nibabel_test.ts: writes files with nibabel, or says what nibabel reads.

    with_nibabel.py write FOLDER     files of all kinds, and FOLDER/expected.json
    with_nibabel.py read FILE...     what nibabel reads, as JSON
    with_nibabel.py store FILE       some of these files and what nibabel reads, for a fixture
"""

import base64
import gzip
import itertools
import json
import os
import sys

import nibabel
import numpy

TYPES = ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]
SHAPES = [(3, 4, 5), (4, 3, 2, 2), (5, 3, 1), (4, 4, 3, 1, 1), (6, 5), (1, 1, 7), (7,)]
AFFINES = ["sform", "qform", "both", "none", "left-handed qform", "half turn", "bad pixdim"]


def rotation(random):
    q, r = numpy.linalg.qr(random.normal(size=(3, 3)))
    q = q * numpy.sign(numpy.diag(r))
    return q if numpy.linalg.det(q) > 0 else -q


def affine_of(columns, origin):
    affine = numpy.eye(4)
    affine[:3, :3] = columns
    affine[:3, 3] = origin
    return affine


def make(number, version, order, dtype, random):
    shape = SHAPES[number % len(SHAPES)]
    kind = AFFINES[number // 3 % len(AFFINES)]
    header = (nibabel.Nifti1Header if version == 1 else nibabel.Nifti2Header)(endianness=order)
    dtype = numpy.dtype(order + dtype)
    if dtype.kind == "f":
        values = random.normal(size=shape) * 1000
        values.flat[0] = numpy.nan
    else:
        limits = numpy.iinfo(dtype)
        low, high = max(limits.min, -(2**62)), min(limits.max, 2**62)
        values = random.integers(low, high, size=shape, endpoint=True)
        values.flat[-1] = low
    values = values.astype(dtype)

    header.set_data_shape(shape)
    header.set_data_dtype(dtype)
    zooms = random.uniform(0.3, 5, size=len(shape))
    header.set_zooms(zooms)
    size3 = numpy.append(zooms, [1, 1])[:3]
    origin = random.normal(size=3) * 90
    straight = affine_of(rotation(random) * size3, origin)
    if kind in ("sform", "both", "bad pixdim"):
        sheared = affine_of(random.normal(size=(3, 3)) + 2 * numpy.eye(3), origin)
        header.set_sform(sheared, code=int(random.integers(1, 5)))
    if kind in ("qform", "both"):
        header.set_qform(straight, code=int(random.integers(1, 5)))
    if kind == "left-handed qform":
        header.set_qform(straight @ numpy.diag([1, 1, -1, 1]), code=1)
    if kind == "half turn":
        header.set_qform(affine_of(numpy.diag([-1, -1, 1]) * size3, origin), code=2)
    if kind == "bad pixdim":
        header["pixdim"][0] = 0
        header["pixdim"][1:4] = [0, -2, 3]
    if kind == "bad pixdim" and number % 2:
        header["sform_code"] = 0
        header["qform_code"] = number % 4 // 2
    header["scl_slope"], header["scl_inter"] = [
        (1, 0), (numpy.nan, numpy.nan), (0, 7), (0.25, -3), (-2, 0), (1, 12),
    ][number % 6]
    header.set_xyzt_units(["mm", "micron", "meter", "unknown"][number // 5 % 4], "sec")
    header["descrip"] = b"made by nibabel"
    offset = header.single_vox_offset + 16 * (number % 3)
    header["vox_offset"] = offset
    head = header.binaryblock
    return head + bytes(offset - len(head)) + values.tobytes(order="F")


def write(folder):
    random = numpy.random.default_rng(1)
    expected = []
    kinds = itertools.product([1, 2], "<>", TYPES, range(4))
    for number, (version, order, dtype, _) in enumerate(kinds):
        name = f"{number:03}_nifti{version}_{'little' if order == '<' else 'big'}_{dtype}.nii"
        path = os.path.join(folder, name)
        content = make(number, version, order, dtype, random)
        if number % 2:
            path += ".gz"
        with nibabel.openers.Opener(path, "wb") as file:
            file.write(content)
        expected.append(describe(path))
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump(expected, file)


def describe(path):
    image = nibabel.load(path)
    header = image.header
    data = image.get_fdata(dtype=numpy.float64).ravel(order="F")
    return {
        "path": path,
        "shape": image.shape,
        "affine": image.affine.tolist(),
        "orientation": "".join(nibabel.aff2axcodes(image.affine)),
        "spacing": nibabel.affines.voxel_sizes(image.affine).tolist(),
        "data": [None if numpy.isnan(value) else value for value in data.tolist()],
        "header": {
            "version": 2 if isinstance(header, nibabel.Nifti2Header) else 1,
            "dtype": header.get_data_dtype().newbyteorder("=").name,
            "endianness": header.endianness,
            "qform": [int(header["qform_code"]), *(float(header["quatern_" + c]) for c in "bcd")],
            "sform": [int(header["sform_code"]), header.get_sform().tolist()],
            "slope": [image.dataobj.slope, image.dataobj.inter],
            "units": header.get_xyzt_units(),
            "pixdim": header["pixdim"][:4].tolist(),
            "description": header["descrip"].item().decode(),
            "intent": header.get_intent()[0],
        },
    }


def store(path):
    random = numpy.random.default_rng(2)
    stored = []
    for number, (version, order, dtype) in enumerate(itertools.product([1, 2], "<>", TYPES)):
        content = make(number, version, order, dtype, random)
        name = os.path.join(os.path.dirname(os.path.abspath(path)), "temporary.nii")
        with open(name, "wb") as file:
            file.write(content)
        packed = base64.b64encode(gzip.compress(content, mtime=0)).decode()
        stored.append({**describe(name), "path": f"{number}.nii.gz", "file": packed})
        os.remove(name)
    with open(path, "w") as file:
        file.write(json.dumps(stored, separators=(",", ":")) + "\n")


if sys.argv[1] == "write":
    write(sys.argv[2])
elif sys.argv[1] == "store":
    store(sys.argv[2])
else:
    print(json.dumps([describe(path) for path in sys.argv[2:]]))
