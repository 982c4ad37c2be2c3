import { basename } from "@std/path";
import { InputError } from "../../support/errors.ts";
import { namesOf } from "../../support/names_of.ts";
import { assembleCases } from "./assemble_cases.ts";
import { asWarning, type CaseSource, type Problem } from "./case_source.ts";
import { type DatasetDescription, readDescription } from "./dataset_description.ts";
import { isPicture, stemOf } from "./file_names.ts";
import { findLayout, isPassedOver, type Layout } from "./find_layout.ts";
import { findListed, foldersOf } from "./listed_files.ts";
import { listTree, type Tree, type TreeFile } from "./list_tree.ts";
import { noDataSet } from "./no_data_set.ts";
import { otherFormats } from "./other_formats.ts";
import { type FileGroup, pairFiles } from "./pair_files.ts";

/** The files of a data set. */
export interface DiscoveredCases {
  /** The kind of all its cases. */
  readonly kind: CaseSource["kind"];
  /** Sorted by id; includes those without a label. */
  readonly cases: readonly CaseSource[];
  /** What is missing, wrong or ignored, by case or by file. */
  readonly problems: readonly Problem[];
  /** What `dataset.json` declares; channel names from file names if it has none. */
  readonly description: DatasetDescription;
}

/**
 * Finds images and their labels in a data folder: as its `dataset.json` lists them (Decathlon,
 * nnU-Net), in two folders, in BIDS, or by their names in one folder or one folder per patient; see
 * `findLayout`. nnU-Net's `_0000`, `_0001` and names such as `_t1`, `_t2` are channels of one case.
 * Hidden files, including macOS's `._*`, are ignored.
 *
 * Each picture is a case, unless its name shows that it belongs to a series:
 * `<case>_slice_000.png`, or `000.png` in a folder of the case.
 *
 * @returns The cases, and all problems with files; a bad file affects only its case.
 * @throws {InputError} If the folder is missing, or no image in it has a label.
 */
export async function discoverCases(folder: string): Promise<DiscoveredCases> {
  const tree = await listTree(folder);
  const description = await readDescription(folder);
  const layout = findLayout(tree);
  const { groups, problems } = description.training === null
    ? pairLayout(layout)
    : findListed(description.training, tree);
  const kind = kindOf(groups, folder);
  const assembled = assembleCases(folder, groups, description.channelNames);
  const { cases, channels } = assembled;
  if (!cases.some(({ files }) => files[0]!.label !== null)) {
    const hasLabels = groups.some(({ labels }) => labels.length > 0);
    throw hasLabels || description.training !== null
      ? nothingUsable(folder, [...problems, ...assembled.problems])
      : await noDataSet(folder, tree, layout);
  }
  return {
    kind,
    cases,
    problems: [
      ...problems,
      ...assembled.problems,
      ...await passedOver(folder, tree, groups, description.training === null ? layout : null),
    ],
    description: description.channelNames.length > 0 || channels.some((name) => /^\d*$/.test(name))
      ? description
      : { ...description, channelNames: channels },
  };
}

function pairLayout(layout: Layout) {
  const { groups, leftLabels } = pairFiles(layout.images, layout.labels);
  const problems = leftLabels.map((file): Problem => ({
    ...asWarning("label has no image"),
    case: stemOf(file.path),
  }));
  return { groups, problems };
}

function kindOf(groups: readonly FileGroup[], folder: string): CaseSource["kind"] {
  const images = groups.flatMap((group) => group.images.map(({ file }) => file.path));
  const pictures = images.filter(isPicture);
  if (pictures.length === 0) return "volume";
  if (pictures.length === images.length) return "pictures";
  const volumes = images.filter((image) => !isPicture(image));
  throw new InputError(
    `Cannot use data: it mixes volumes (${namesOf(volumes, 3)}) and PNG pictures ` +
      `(${namesOf(pictures, 3)})`,
    { code: "bad-data-set", path: folder, hint: "Use a data folder for each" },
  );
}

function nothingUsable(folder: string, problems: readonly Problem[]): InputError {
  const errors = problems.filter(({ severity }) => severity === "error");
  return new InputError(
    "Cannot use data: no case has both image and label: " +
      namesOf(errors.map((error) => `${error.case}: ${error.message}`), 3),
    { code: "bad-data-set", path: folder, hint: errors[0]?.hint ?? "" },
  );
}

/**
 * Files without any other problem.
 *
 * @param layout Null if `dataset.json` lists the cases.
 */
async function passedOver(
  folder: string,
  tree: Tree,
  groups: readonly FileGroup[],
  layout: Layout | null,
): Promise<Problem[]> {
  const known = new Set<TreeFile>(
    layout === null
      ? groups.flatMap(({ images, labels }) => [...images.map(({ file }) => file), ...labels])
      : [...layout.images, ...layout.labels].map(({ file }) => file),
  );
  const why = layout === null ? "dataset.json does not list it" : "it is not in the images' folder";
  const unknown = tree.files.filter((file) => !known.has(file) && !isPassedOver(file));
  const folders = foldersOf(groups);
  const others = tree.others
    .filter((path) => folders.has(path.slice(0, Math.max(path.lastIndexOf("/"), 0))));
  const isMac = (path: string) => basename(path).startsWith("._");
  const told = (path: string, message: string): Problem => ({
    ...asWarning(`ignored: ${message}`),
    case: path,
  });
  return [
    ...others.filter(isMac).map((path) => told(path, "it is a macOS metadata file")),
    ...await otherFormats(folder, others.filter((path) => !isMac(path))),
    ...unknown.map(({ path }) => told(path, why)),
  ];
}
