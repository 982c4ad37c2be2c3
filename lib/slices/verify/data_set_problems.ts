import { namesOf } from "../../support/names_of.ts";
import { quantile } from "../../support/quantile.ts";
import type { Targets } from "../case.ts";
import type { Problem } from "../discovery/case_source.ts";
import { type DatasetDescription, declaredValues } from "../discovery/dataset_description.ts";
import type { SliceSettings } from "../slice_settings.ts";
import { valueName } from "../targets.ts";
import type { CaseFacts } from "./case_facts.ts";

/** From this ratio on, spacings or sizes count as different. */
const SPACING_FACTOR = 1.5;
const SIZE_FACTOR = 2;
/** A class that covers more than this fraction of all images is probably the background. */
const MOST_FOREGROUND = 0.8;
const ALL = "all cases";

/** What the checks compare the cases with. */
export interface DataSetSettings
  extends Pick<SliceSettings, "orientation" | "spacing" | "channel"> {
  readonly targets: Targets;
  readonly description: DatasetDescription;
}

/**
 * Compares the cases of a data set with each other, with what it declares and with the settings.
 * Verification and preparation both report these problems.
 *
 * Errors: label values that `dataset.json` does not declare, a class missing from all labels,
 * labels without any background, one image under two names. Warnings: missing declared classes or
 * channels, label values of a single case, one label under two names, different spacings, sizes and
 * stored orientations.
 */
export function dataSetProblems(cases: readonly CaseFacts[], settings: DataSetSettings): Problem[] {
  if (cases.length === 0) return [];
  return [
    ...valueProblems(cases, settings.description),
    ...targetProblems(cases, settings.targets),
    ...paletteProblems(cases),
    ...channelProblems(cases, settings),
    ...backgroundProblems(cases),
    ...copies(cases),
    ...spacingProblems(cases, settings),
    ...sizeProblems(cases),
    ...(settings.orientation === "stored" ? orientationProblems(cases) : []),
  ];
}

function problem(
  severity: Problem["severity"],
  id: string,
  message: string,
  hint = "",
): Problem {
  return { severity, case: id, message, hint };
}

/** Compares values with the declared ones or, if none are declared, with those of other cases. */
function valueProblems(cases: readonly CaseFacts[], description: DatasetDescription): Problem[] {
  const declared = declaredValues(description);
  const holders = new Map<number, number>();
  for (const { labelValues } of cases) {
    for (const value of labelValues) holders.set(value, (holders.get(value) ?? 0) + 1);
  }
  if (declared === null) {
    if (cases.length < 3) return []; // with two cases it is unclear which one is wrong
    return oddValues(cases, (value) => holders.get(value) === 1)
      .map(([id, values]) => problem("warning", id, `only this label holds ${values}`));
  }
  const isDeclared = new Set(declared);
  const unused = (description.labels ?? [])
    .filter(({ values }) => !values.some((value) => holders.has(value)));
  return [
    ...oddValues(cases, (value) => !isDeclared.has(value)).map(([id, values]) =>
      problem(
        "error",
        id,
        `label holds ${values}; dataset.json declares ${declared.join(", ")}`,
        "Correct the label, or declare the value in dataset.json",
      )
    ),
    ...unused.map(({ name, values }) =>
      problem("warning", ALL, `no label holds ${name} (${values.join(", ")}) of dataset.json`)
    ),
  ];
}

function oddValues(
  cases: readonly CaseFacts[],
  isOdd: (value: number) => boolean,
): (readonly [id: string, values: string])[] {
  return cases.flatMap(({ id, labelValues }) => {
    const odd = labelValues.filter(isOdd);
    return odd.length === 0 ? [] : [[id, namesOf(odd.map(valueName))] as const];
  });
}

/** Classes to segment that no label has. */
function targetProblems(cases: readonly CaseFacts[], { classes }: Targets): Problem[] {
  const found = new Set(cases.flatMap(({ labelValues }) => labelValues));
  const hint = `The labels hold ${namesOf([...found].sort((a, b) => a - b).map(valueName), 10)}`;
  return classes.flatMap(({ name, values }): Problem[] => {
    if (values === "above 0") {
      const isThere = cases.some(({ foreground }) => foreground > 0);
      return isThere ? [] : [problem("error", ALL, "no label is above 0", hint)];
    }
    const missing = values.filter((value) => !found.has(value));
    if (missing.length === 0) return [];
    const severity = missing.length === values.length ? "error" : "warning";
    const list = missing.map(valueName).join(", ");
    const of = name.replaceAll(",", ", ") === list ? "" : ` of ${name}`;
    return [problem(severity, ALL, `no label holds ${list}${of}`, hint)];
  });
}

/** Values to which palettes give different colours: they may stand for different classes. */
function paletteProblems(cases: readonly CaseFacts[]): Problem[] {
  const uses = cases.flatMap(({ id, labelColours }) =>
    labelColours.map(([value, colour]) => ({ id, value, colour }))
  );
  return [...Map.groupBy(uses, ({ value }) => value)].flatMap(([value, own]) => {
    const [[usual], ...others] = [...Map.groupBy(own, ({ colour }) => colour)]
      .sort(([, a], [, b]) => b.length - a.length) as [[string, unknown], ...[string, Use[]][]];
    return others.flatMap(([colour, group]) =>
      group.map(({ id }) =>
        problem(
          "warning",
          id,
          `label's palette shows ${value} as ${colour}, that of most cases as ${usual}`,
          "If the colours are the classes, save the masks in RGB: values are palette indices",
        )
      )
    );
  });
}

interface Use {
  readonly id: string;
}

function channelProblems(
  cases: readonly CaseFacts[],
  { channel, description: { channelNames } }: DataSetSettings,
): Problem[] {
  const [{ channels }] = cases as [CaseFacts];
  if (channel !== "all" || channelNames.length === 0 || channelNames.length === channels) return [];
  const names = `${channelNames.length} channels (${channelNames.join(", ")})`;
  return [
    problem("warning", ALL, `images have ${channels}; dataset.json declares ${names}`),
  ];
}

function backgroundProblems(cases: readonly CaseFacts[]): Problem[] {
  if (cases.every(({ hasBackground }) => !hasBackground)) {
    return [
      problem(
        "error",
        ALL,
        "labels have no background",
        "The background must be 0, or be excluded with --labels",
      ),
    ];
  }
  const usual = quantile(cases.map(({ foreground }) => foreground), 0.5);
  if (usual <= MOST_FOREGROUND) return [];
  const percent = Math.round(100 * usual);
  return [
    problem(
      "warning",
      ALL,
      `${percent} % of a label is foreground; is it the background?`,
      "Choose what to segment with --labels",
    ),
  ];
}

/**
 * Finds cases with the image of an earlier one, which would be in training and test at once, and
 * labels that belong to different images. Empty labels do not count.
 */
function copies(cases: readonly CaseFacts[]): Problem[] {
  const filled = cases.filter(({ foreground }) => foreground > 0);
  const hint = "A patient must not be in both training and test: remove one of them";
  return [
    ...equal(cases, "imageHash").flatMap((group) => tell("error", "image", group, hint)),
    ...equal(filled, "labelHash")
      .filter((group) => new Set(group.map(({ imageHash }) => imageHash)).size > 1)
      .flatMap((group) => tell("warning", "label", group, "")),
  ];
}

function equal(cases: readonly CaseFacts[], by: "imageHash" | "labelHash"): CaseFacts[][] {
  return [...Map.groupBy(cases, (entry) => entry[by]).values()]
    .filter((group) => group.length > 1);
}

/** For all but the first, so that one remains when cases with errors are left out. */
function tell(
  severity: Problem["severity"],
  what: string,
  [first, ...others]: readonly CaseFacts[],
  hint: string,
): Problem[] {
  const message = `${what} is also that of ${first!.id}`;
  return others.map(({ id }) => problem(severity, id, message, hint));
}

function spacingProblems(cases: readonly CaseFacts[], { spacing }: DataSetSettings): Problem[] {
  const pixels = cases.flatMap(({ id, pixel }) => pixel === null ? [] : [{ id, values: pixel }]);
  const distances = cases.flatMap(({ id, distance }) =>
    distance === null ? [] : [{ id, values: [distance] }]
  );
  const median = "Bring all to one size with --spacing median";
  const apart = "If that is correct, ignore this: the model sees single slices";
  return [
    ...(spacing === "stored"
      ? spread("pixels", pixels, SPACING_FACTOR, formatSpacing, median)
      : []),
    ...spread("slice distances", distances, SPACING_FACTOR, formatSpacing, apart),
  ];
}

function sizeProblems(cases: readonly CaseFacts[]): Problem[] {
  const sizes = cases.map(({ id, slice }) => ({ id, values: slice }));
  return spread("slices", sizes, SIZE_FACTOR, (size) => size.join("×"), "");
}

interface Measured {
  readonly id: string;
  readonly values: readonly number[];
}

/** Reports the two most different cases, if their ratio exceeds a limit. */
function spread(
  what: string,
  cases: readonly Measured[],
  factor: number,
  format: (values: readonly number[]) => string,
  hint: string,
): Problem[] {
  const [first] = cases;
  if (first === undefined) return [];
  const extremes = first.values.map((_, i) => {
    let [low, high] = [first, first];
    for (const one of cases) {
      if (one.values[i]! < low.values[i]!) low = one;
      if (one.values[i]! > high.values[i]!) high = one;
    }
    return { low, high, ratio: high.values[i]! / low.values[i]! };
  }).sort((a, b) => b.ratio - a.ratio);
  const [{ low, high, ratio }] = extremes as [typeof extremes[0]];
  if (!(ratio > factor)) return [];
  const ends = [low, high].map(({ id, values }) => `${format(values)} (${id})`);
  return [problem("warning", ALL, `${what} differ: ${ends.join(" to ")}`, hint)];
}

/** Slices are cut along a stored axis: in another orientation they show other planes. */
function orientationProblems(cases: readonly CaseFacts[]): Problem[] {
  const known = [...Map.groupBy(cases, ({ orientation }) => orientation ?? "unknown")]
    .sort(([, a], [, b]) => b.length - a.length);
  const usual = known[0]![0];
  return known.slice(1).flatMap(([orientation, group]) =>
    group.map(({ id }) =>
      problem(
        "warning",
        id,
        `orientation is ${orientation}, that of most cases ${usual}`,
        "Bring all to one orientation with --orientation canonical",
      )
    )
  );
}

/** A spacing as text, in millimetres: at most four digits per number. */
export function formatSpacing(spacing: readonly number[]): string {
  return `${spacing.map((size) => Number(size.toPrecision(4))).join("×")} mm`;
}
