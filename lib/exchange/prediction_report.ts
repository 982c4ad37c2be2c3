/**
 * A report about predictions: a table, JSON and a page.
 *
 * @module
 */

import { join } from "@std/path";
import type { ImageResult } from "../evaluation/predict_files.ts";
import {
  picturePath,
  type PredictionRecord,
  readRecords,
} from "../evaluation/prediction_record.ts";
import type { Target } from "../slices/case.ts";
import { csvLine } from "../support/csv.ts";
import { exists, writeFileAtomic, writeJsonAtomic } from "../support/files.ts";
import { counted } from "../support/names_of.ts";
import { PROGRAM } from "../support/program.ts";
import { readRegularFile } from "../support/read_file.ts";
import {
  htmlHeading,
  htmlPage,
  htmlParagraph,
  htmlPicture,
  htmlTable,
  settingRows,
} from "./html_page.ts";

const FIGURE = { what: "figure", code: "bad-run", most: 2 ** 28 } as const;

/** What {@linkcode writePredictionReport} takes. */
export interface PredictionReportOptions {
  /** The folder of the masks and records, and of the report. */
  readonly folder: string;
  /** The name of the model, for the user. */
  readonly model: string;
  /** Its classes. */
  readonly classes: readonly Target[];
  /** What current masks depend on, from `whatItDependsOn`; older ones are left out. */
  readonly made: PredictionRecord["made"];
  /** Images that could not be predicted. */
  readonly failed: readonly ImageResult[];
}

/** More would make the page too large to send. */
const MOST_PICTURES = 40;

/**
 * Writes `volumes.csv` (millilitres and voxels of each class), `report.json` and `report.html` about
 * all masks in a folder, from their records.
 *
 * @returns The path of the page.
 */
export async function writePredictionReport(options: PredictionReportOptions): Promise<string> {
  const { folder, classes, made } = options;
  const all = [...await readRecords(folder)];
  const isCurrent = ([, record]: (typeof all)[number]) =>
    JSON.stringify(record.made) === JSON.stringify(made);
  const report: Report = {
    program: PROGRAM,
    date: new Date().toISOString().slice(0, 19) + "Z",
    model: options.model,
    made,
    cases: all.filter(isCurrent).map((entry) => describe(entry, classes)),
    failed: options.failed.map(({ name, why = "" }) => ({ name, why })),
    older: all.filter((entry) => !isCurrent(entry)).map(([name]) => name),
  };
  await writeFileAtomic(join(folder, "volumes.csv"), volumesCsv(report, classes));
  await writeJsonAtomic(join(folder, "report.json"), report);
  const path = join(folder, "report.html");
  await writeFileAtomic(path, await page(report, options));
  return path;
}

/** What `report.json` holds. */
interface Report {
  readonly program: typeof PROGRAM;
  /** When it was written, UTC. */
  readonly date: string;
  readonly model: string;
  /** The SHA-256 of the weights, and all settings. */
  readonly made: PredictionRecord["made"];
  readonly cases: readonly ReportedCase[];
  readonly failed: readonly { readonly name: string; readonly why: string }[];
  /** Masks in the folder from other weights or settings. */
  readonly older: readonly string[];
}

interface ReportedCase {
  /** The name of its mask. */
  readonly name: string;
  /** By class; millilitres only if the size of a voxel is known. */
  readonly volumes: Readonly<Record<string, { voxels: number; millilitres?: number }>>;
  /** The NCA quality metric, for several runs. */
  readonly quality?: number | null;
  readonly warnings: readonly string[];
  /** The SHA-256 of each image and of each file written. */
  readonly images: PredictionRecord["images"];
  readonly outputs: PredictionRecord["outputs"];
}

function describe(
  [name, record]: [string, PredictionRecord],
  classes: readonly Target[],
): ReportedCase {
  const { counts, voxelMillilitres, quality, warnings } = record.found!;
  const volumes = classes.map(({ name }, i): [string, { voxels: number; millilitres?: number }] => {
    const voxels = counts[i] ?? 0;
    const millilitres = voxelMillilitres === undefined
      ? {}
      : { millilitres: voxels * voxelMillilitres };
    return [name, { voxels, ...millilitres }];
  });
  return {
    name,
    volumes: Object.fromEntries(volumes),
    ...(quality !== undefined && { quality }),
    warnings,
    images: record.images,
    outputs: record.outputs,
  };
}

function volumesCsv({ cases }: Report, classes: readonly Target[]): string {
  const columns = classes.flatMap(({ name }) => [`${name}_ml`, `${name}_voxels`]);
  return [
    csvLine(["image", ...columns, "quality"]),
    ...cases.map(({ name, volumes, quality }) => {
      const values = classes.flatMap((
        { name },
      ) => [volumes[name]!.millilitres, volumes[name]!.voxels]);
      return csvLine([name, ...values, quality]);
    }),
  ].join("");
}

/** Millilitres with about three digits; voxels if unknown. */
function amount({ voxels, millilitres: ml }: ReportedCase["volumes"][string]): string {
  if (ml === undefined) return counted(voxels, "pixel");
  return ml.toFixed(ml === 0 || ml >= 100 ? 0 : ml >= 10 ? 1 : ml >= 1 ? 2 : 3);
}

async function page(report: Report, { folder, classes }: PredictionReportOptions): Promise<string> {
  const { cases, failed, older, program, made } = report;
  const hasVolumes = cases.some(({ volumes }) =>
    Object.values(volumes).some(({ millilitres }) => millilitres !== undefined)
  );
  const hasQuality = cases.some(({ quality }) => quality !== undefined);
  const hasRemarks = cases.some(({ warnings }) => warnings.length > 0);
  const rows = cases.map(({ name, volumes, quality, warnings }) => [
    name,
    ...classes.map(({ name }) => amount(volumes[name]!)),
    ...(hasQuality ? [quality?.toFixed(3) ?? "–"] : []),
    ...(hasRemarks ? [warnings.join("; ")] : []),
  ]);
  const body = [
    htmlParagraph(
      `${program.name} ${program.version}, a program for research, looked at ${
        counted(cases.length, "image")
      } on ${
        report.date.slice(0, 10)
      } and marked what its model “${report.model}” was trained to ` +
        `find: ${
          classes.map(({ name }) => name).join(", ")
        }. The marks are proposals by a program, ` +
        "not findings: look at every outline before you use a number.",
    ),
    htmlHeading(hasVolumes ? "Volumes" : "Sizes"),
    htmlTable([
      [
        "Image",
        ...classes.map(({ name }) => hasVolumes ? `${name}, ml` : name),
        ...(hasQuality ? ["NQM"] : []),
        ...(hasRemarks ? ["Remarks"] : []),
      ],
      ...rows,
    ]),
    ...(hasQuality
      ? [htmlParagraph(
        "NQM is the NCA quality metric: how far repeated runs differ, from 0, where all " +
          "agree, on.",
      )]
      : []),
    ...(failed.length > 0
      ? [
        htmlHeading("Images without a mask"),
        htmlTable([["Image", "Reason"], ...failed.map(({ name, why }) => [name, why])]),
      ]
      : []),
    htmlHeading("Pictures"),
    htmlParagraph(
      "The slice with most of what was found and one on either side of it, up is superior or " +
        "anterior, and the patient's right is on the left, as in a radiologist's viewer. Plain " +
        "pictures " +
        "are shown as they are.",
    ),
    ...await pictures(folder, cases),
    htmlHeading("How it was made"),
    htmlTable([["Setting", "Value"], ...settingRows(made)]),
    ...(older.length > 0
      ? [htmlParagraph(
        `Left out, since other weights or settings made them: ${older.join(", ")}.`,
      )]
      : []),
    htmlHeading("Files"),
    htmlTable([
      ["File", "SHA-256"],
      ...cases.flatMap(({ images, outputs }) =>
        [...Object.entries(images), ...Object.entries(outputs)].map((
          [name, sum],
        ) => [name, sum ?? ""])
      ),
    ]),
  ];
  return htmlPage("Segmentation report", body);
}

async function pictures(folder: string, cases: Report["cases"]): Promise<string[]> {
  const shown: string[] = [];
  let more = 0;
  for (const { name } of cases) {
    const path = picturePath(folder, name);
    if (!await exists(path)) continue;
    if (shown.length === MOST_PICTURES) more++;
    else shown.push(htmlPicture(await readRegularFile(path, FIGURE), "image/png", name));
  }
  if (more > 0) shown.push(htmlParagraph(`${counted(more, "more picture")} are in records/.`));
  return shown;
}
