/**
 * Cases as people have them: volumes and pictures of odd kinds, descriptions, lists of patients.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "@std/path";
import fc from "fast-check";
import type { CaseSettings } from "../../lib/slices/case_settings.ts";
import type { CaseSource } from "../../lib/slices/discovery/case_source.ts";
import { readDescription } from "../../lib/slices/discovery/dataset_description.ts";
import { discoverCases } from "../../lib/slices/discovery/discover_cases.ts";
import { openCase, requireCase } from "../../lib/slices/open_case.ts";
import { resolveSliceSettings, type SliceSettings } from "../../lib/slices/slice_settings.ts";
import { saveSlice } from "../../lib/slices/save_slice.ts";
import { findPatients } from "../../lib/slices/split/patients.ts";
import { parseTargets } from "../../lib/slices/targets.ts";
import { createVolume, writeVolume } from "../../lib/volume/mod.ts";
import { damagedBytes, encode } from "./damage.ts";
import { pictureInputs } from "./picture_inputs.ts";
import { assertInside, jsonInputs, type Reader } from "./reader.ts";
import { SHAPE, volumeInputs } from "./volume_inputs.ts";

/** Each input is opened with some of these, by its bytes. */
const SETTINGS: readonly Partial<SliceSettings>[] = [
  {},
  { labels: "1;2", fill: "lowest" },
  { orientation: "stored", axis: 0, channel: [0], fill: "zero" },
  { threshold: 0.5, crop: "nonzero", normalize: "percentile", clip: [1, 99] },
  { labels: "whole=1+2,core=2", spacing: [2, 2] },
];

/** Makes the readers of cases, with what they need in a folder. */
export async function caseReaders(folder: string): Promise<Reader[]> {
  await writeCase(join(folder, "cases"), "a");
  for (const id of ["a", "b"]) {
    await writeCase(join(folder, "data"), id);
    for (const part of ["imagesTr", "labelsTr"]) {
      await Deno.remove(join(folder, "data", part, `${id}.png`)); // volumes alone
    }
  }
  return [
    reader("image of a case", "cases/imagesTr/a.nii", volumeInputs, "volume"),
    reader("label of a case", "cases/labelsTr/a.nii", volumeInputs, "volume"),
    reader("picture", "cases/imagesTr/a.png", pictureInputs, "pictures"),
    reader("picture's mask", "cases/labelsTr/a.png", pictureInputs, "pictures"),
    {
      name: "dataset.json",
      weight: 3,
      inputs: jsonInputs(...DESCRIPTIONS),
      file: "data/dataset.json",
      read: readDataSet,
    },
    {
      name: "patients",
      weight: 1,
      inputs: patientLists,
      file: "patients.csv",
      read: async (folder) => {
        const patients = await findPatients(join(folder, "patients.csv"), ["a", "b"]);
        assert.deepEqual([...patients.keys()], ["a", "b"]);
      },
    },
  ];
}

function reader(
  name: string,
  file: string,
  inputs: Reader["inputs"],
  kind: CaseSource["kind"],
): Reader {
  const ending = kind === "volume" ? "nii" : "png";
  const files = [{ index: 0, images: [`imagesTr/a.${ending}`], label: `labelsTr/a.${ending}` }];
  return {
    ...{ name, weight: 3, inputs, file },
    read: async (folder) => {
      const sum = (await Deno.readFile(join(folder, file))).reduce((a, b) => a + b, 0);
      const settings = settingsOf(SETTINGS[sum % SETTINGS.length]!);
      const source = { id: "a", kind, folder: join(folder, "cases"), files };
      const wants = { labels: true, normalized: true };
      const opened = requireCase(await openCase(source, settings, wants), source);
      for (const index of opened.indices.slice(0, 3)) {
        const { data, height, width, channels } = opened.slice(index);
        assert.equal(data.length, height * width * channels);
        assert.ok(data.every(Number.isFinite), "a pixel is not a number");
        assert.equal(opened.label(index).data.length, height * width);
      }
      const planes = opened.indices.map((index) => opened.label(index).data);
      const saved = join(folder, "saved");
      await opened.save(
        saved,
        planes.map((plane) => plane.map((code) => code === 255 ? 0 : code)),
        {
          suffix: "",
        },
      );
      const back = await opened.readMask(saved);
      assert.deepEqual(back.map(({ data }) => data.length), planes.map(({ length }) => length));
    },
  };
}

function settingsOf(given: Partial<SliceSettings>): CaseSettings {
  const { spacing, ...settings } = resolveSliceSettings(given);
  return {
    ...settings,
    spacing: spacing === "median" ? "stored" : spacing,
    targets: parseTargets(settings.labels, { labels: null, ignore: [] }, [0, 1, 2]),
    channels: null,
    foreground: null,
  };
}

/** A small volume and its label, and a picture and its mask. */
async function writeCase(folder: string, id: string): Promise<void> {
  const length = SHAPE.reduce((a, b) => a * b);
  const data = Float32Array.from({ length }, (_, i) => i * 7 % 31);
  const like = createVolume({ data, shape: SHAPE, spacing: [1, 1, 2] });
  await writeVolume(join(folder, "imagesTr", `${id}.nii`), { data, like });
  await writeVolume(join(folder, "labelsTr", `${id}.nii`), { data: data.map((v) => v % 3), like });
  const picture = { data: data.slice(0, 64).map((v) => v / 31), height: 8, width: 8 };
  await saveSlice(join(folder, "imagesTr", `${id}.png`), picture);
  const mask = Uint8Array.from(picture.data, (v) => Number(v > 0.5));
  await saveSlice(join(folder, "labelsTr", `${id}.png`), { data: mask, height: 8, width: 8 });
}

/** Of the Decathlon, of nnU-Net 1 and 2: with regions, ignored pixels, several channels. */
const DESCRIPTIONS = [
  {
    name: "Prostate",
    modality: { "0": "T2", "1": "ADC" },
    labels: { "0": "background", "1": "PZ", "2": "TZ" },
    training: ["a", "b", "c"].map((id) => ({
      image: `./imagesTr/${id}.nii`,
      label: `./labelsTr/${id}.nii`,
    })),
    test: ["./imagesTs/d.nii"],
  },
  {
    channel_names: { "0": "T2", "1": "ADC" },
    labels: { background: 0, whole: [1, 2], core: 2, ignore: 3 },
    regions_class_order: [1, 2],
    numTraining: 2,
    file_ending: ".nii",
  },
  {
    channel_names: { "0": "CT" },
    labels: { background: 0, liver: 1, "left kidney": 2 },
    numTraining: 2,
    file_ending: ".nii.gz",
    dataset: {
      a: { images: ["imagesTr/a.nii"], label: "labelsTr/a.nii" },
    },
  },
] as const;

async function readDataSet(folder: string): Promise<void> {
  const data = join(folder, "data");
  for (const labels of ["foreground", "all"]) {
    const { kind, classes } = parseTargets(labels, await readDescription(data), [0, 1, 2]);
    assert.ok(classes.length >= 1 && classes.length <= (kind === "regions" ? 7 : 254));
  }
  for (const { id, files } of (await discoverCases(data)).cases) {
    for (const { images, label } of files) {
      for (const path of [...images, label ?? ""]) assertInside(folder, path);
    }
    assertInside(folder, `${id}.nii.gz`);
  }
}

const cell = fc.constantFrom(
  "a",
  "b",
  "b",
  "p",
  "",
  '"a"',
  '"',
  "é",
  "e\u0301",
  " a ",
  "__proto__",
);
const patientLists = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      mark: fc.constantFrom("", "\uFEFF", "case,patient\n"),
      lines: fc.array(fc.array(cell, { minLength: 1, maxLength: 3 }), { maxLength: 4 }),
      separator: fc.constantFrom(",", ",", ";", "\t"),
      end: fc.constantFrom("\n", "\r\n", "\r"),
    }).map(({ mark, lines, separator, end }) =>
      encode(mark + ["a,p", "b,q"].concat(lines.map((line) => line.join(separator))).join(end))
    ),
  },
  { weight: 1, arbitrary: damagedBytes(encode("case,patient\na,p\nb,q\n")) },
);
