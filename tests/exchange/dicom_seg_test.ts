import { join } from "@std/path";
import assert from "node:assert/strict";
import { encodeDicomSeg } from "../../lib/exchange/dicom_seg.ts";
import { memoryFiles } from "../../lib/support/memory_files.ts";
import { PROGRAM } from "../../lib/support/program.ts";
import { Random } from "../../lib/support/random.ts";
import { convertSeries } from "../../lib/volume/dicom/convert_series.ts";
import { loadDcmjs, naturalHeader } from "../../lib/volume/dicom/dicom_header.ts";
import { findDicomSeries } from "../../lib/volume/dicom/dicom_series.ts";
import { readLabelVolume, readVolume, writeVolume } from "../../lib/volume/mod.ts";
import { findPython, runPython } from "../../tasks/support/python.ts";
import { inFolder } from "../support/in_folder.ts";

const FIXTURES = new URL("../fixtures/dicom/", import.meta.url).pathname;
const SCRIPT = join(import.meta.dirname!, "with_highdicom.py");
const python = await findPython("import highdicom, pydicom, nibabel");
const CLASSES = [{ name: "zone", values: [1] }, { name: "rest", values: [2, 3] }];

/** A mask on the grid of a series, of random values 0 to 3 if none, and its segmentation. */
async function segment(folder: string, name: string, value?: (voxel: number) => number) {
  const [series] = await findDicomSeries(join(FIXTURES, `${name}.zip`));
  memoryFiles.set("memory:seg.nii", await convertSeries(series!));
  const like = await readVolume("memory:seg.nii");
  memoryFiles.delete("memory:seg.nii");
  const random = new Random(5);
  const data = Uint8Array.from(like.data, (_, i) => value?.(i) ?? random.integer(4));
  const path = join(folder, `${name}.nii.gz`);
  await writeVolume(path, { data, like });
  const mask = await readLabelVolume(path);
  const bytes = await encodeDicomSeg({ series: series!, mask, classes: CLASSES, model: "test" });
  await Deno.writeFile(join(folder, `${name}.dcm`), bytes);
  return { series: series!, data, bytes };
}

for (const name of ["axial", "sagittal", "oblique"]) {
  Deno.test({
    name: `encodeDicomSeg: highdicom finds every voxel of the mask: ${name} ` +
      "(needs Python with highdicom)",
    ignore: python === undefined,
    fn: () =>
      inFolder(async (folder) => {
        const { data } = await segment(folder, name);
        const files = [`${name}.dcm`, `${name}.nii.gz`].map((file) => join(folder, file));
        const found = JSON.parse(await runPython(python!, [SCRIPT, ...files]));
        const count = (...values: number[]) => data.filter((v) => values.includes(v)).length;
        for (const segment of Object.values<{ off: number }>(found)) assert.ok(segment.off < 1e-4);
        const { zone: { off: _, ...zone }, rest: { off: __, ...rest } } = found;
        assert.deepEqual(zone, { voxels: count(1), values: [1] });
        assert.deepEqual(rest, { voxels: count(2, 3), values: [2, 3] });
      }),
  });
}

Deno.test("encodeDicomSeg: patient, study and references are the series', the algorithm is named", () =>
  inFolder(async (folder) => {
    const { series, bytes } = await segment(folder, "axial");
    const { dataset, transferSyntax } = naturalHeader(await loadDcmjs(), bytes);
    // deno-lint-ignore no-explicit-any -- a dataset is what dcmjs makes of it
    const { SegmentSequence: [first, second], ...seg } = dataset as any;
    assert.equal(transferSyntax, "1.2.840.10008.1.2.1");
    assert.equal(seg.SOPClassUID, "1.2.840.10008.5.1.4.1.1.66.4");
    assert.equal(seg.PatientID, "PID-4711");
    assert.equal(seg.PatientName[0].Alphabetic, "Doe^Secret");
    assert.equal(seg.InstitutionName, undefined); // only what the object must have
    const { SeriesInstanceUID, SOPInstanceUID } = series.slices[0]!.header;
    const [referenced] = seg.ReferencedSeriesSequence;
    assert.equal(referenced.SeriesInstanceUID, SeriesInstanceUID);
    assert.equal(referenced.ReferencedInstanceSequence.length, 5);
    const [frame] = seg.PerFrameFunctionalGroupsSequence;
    const [{ SourceImageSequence: [source] }] = frame.DerivationImageSequence;
    assert.equal(source.ReferencedSOPInstanceUID, SOPInstanceUID);
    assert.deepEqual([first.SegmentLabel, second.SegmentLabel], ["zone", "rest"]);
    assert.equal(first.SegmentAlgorithmName, `${PROGRAM.name} ${PROGRAM.version}, test`);
    assert.equal(seg.NumberOfFrames, 10);
    assert.deepEqual(
      // deno-lint-ignore no-explicit-any -- as above
      seg.PerFrameFunctionalGroupsSequence.map((frame: any) =>
        frame.FrameContentSequence[0].DimensionIndexValues.map(Number)
      ),
      [1, 2].flatMap((segment) => [1, 2, 3, 4, 5].map((position) => [segment, position])),
    );
    const [a, b] = series.slices.map(({ header }) => header.ImagePositionPatient!.map(Number));
    const [{ PixelMeasuresSequence: [measures] }] = seg.SharedFunctionalGroupsSequence;
    const step = Math.hypot(...a!.map((x, i) => x - b![i]!));
    for (const thick of [measures.SliceThickness, measures.SpacingBetweenSlices]) {
      assert.ok(Math.abs(Number(thick) - step) < 1e-6, `${thick}, not ${step}`);
    }
  }));

Deno.test("encodeDicomSeg leaves out frames without a voxel, and writes one frame if there is none", () =>
  inFolder(async (folder) => {
    const dcmjs = await loadDcmjs();
    const frames = async (value: (voxel: number) => number) => {
      const { bytes } = await segment(folder, "axial", value);
      // deno-lint-ignore no-explicit-any -- a dataset is what dcmjs makes of it
      const { PerFrameFunctionalGroupsSequence: all } = naturalHeader(dcmjs, bytes).dataset as any;
      // deno-lint-ignore no-explicit-any -- as above
      return [...all].map((frame: any) =>
        frame.FrameContentSequence[0].DimensionIndexValues.map(Number)
      );
    };
    assert.deepEqual(await frames((voxel) => voxel === 0 ? 2 : 0), [[2, 1]]);
    assert.deepEqual(await frames(() => 0), [[1, 1]]);
  }));
