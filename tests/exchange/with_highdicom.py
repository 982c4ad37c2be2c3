"""Reads a DICOM Segmentation with highdicom, to compare with the mask that it was made of.

    with_highdicom.py SEG.dcm MASK.nii.gz    what the segments are, and where they lie in the mask, as JSON
"""

import json
import sys

import highdicom
import nibabel
import numpy as np
import pydicom

seg = highdicom.seg.Segmentation.from_dataset(pydicom.dcmread(sys.argv[1]))
mask = nibabel.load(sys.argv[2])
values = np.asarray(mask.dataobj)
segments = {}
for number in seg.segment_numbers:
    volume = seg.get_volume(segment_numbers=[number], combine_segments=True, relabel=True)
    places = np.argwhere(volume.array > 0)
    # DICOM counts millimetres to the left and back, NIfTI to the right and front
    space = np.diag([-1, -1, 1, 1]) @ volume.affine @ np.c_[places, np.ones(len(places))].T
    voxels = (np.linalg.inv(mask.affine) @ space)[:3]
    nearest = np.rint(voxels).astype(int)
    segments[seg.get_segment_description(number).segment_label] = {
        "voxels": len(places),
        "off": float(np.abs(voxels - nearest).max()),
        "values": sorted(set(values[tuple(nearest)].tolist())),
    }
print(json.dumps(segments))
