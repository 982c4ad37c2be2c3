/**
 * Builds the page: a folder of files for any static host.
 *
 * @module
 */

import { basename, extname, join, relative } from "@std/path";
import { gzipSync } from "fflate";
import { kernelBytes } from "../rollout/wasm/compile.ts";
import { InputError } from "../support/errors.ts";
import { writeFileAtomic, writeFilesAtomic } from "../support/files.ts";
import { sha256 } from "../support/sha256.ts";
import { temporaryFolder } from "../support/temporary_folder.ts";
import manifest from "../../deno.json" with { type: "json" };
import { KERNEL_SHAPES, kernelFile } from "./kernel_files.ts";
import { MODEL_FILES, POSTPROCESS_FILE } from "./model_files.ts";
import { SITE_FILE, type SiteFiles, VIEWER_FILE } from "./site.ts";

/** Isolates the page's memory, which threads require, and restricts it to its own files. */
export const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval' blob:", // what is stored compressed
    ...["style-src", "connect-src", "worker-src", "manifest-src"].map((kind) => `${kind} 'self'`),
    "img-src 'self' blob: data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; "),
};

/** Scripts, each with its own worker or page. */
const SCRIPTS = ["page", "worker", "thread", "converter", "service_worker"];
const SHEETS = ["style.css", "icon.svg"];
/** Few need these: they are not among the files that are kept for use without a network. */
const isRare = (path: string) => /^(converter|dcm2niix|dcmjs|niivue)\b/.test(path);
/** Cases of data.example that the example model was not trained on. */
const CASES = ["prostate_07", "prostate_04", "prostate_02"];

const HERE = import.meta.dirname!;
const ROOT = join(HERE, "../..");

/**
 * Writes the page to a folder. Its kernels are compiled here, so that it needs no compiler.
 *
 * @param folder Created if missing; files of these names are overwritten.
 * @throws {InputError} If the bundler fails.
 */
export async function buildSite(folder: string): Promise<void> {
  using temporary = temporaryFolder();
  const { path } = temporary;
  await bundle(path);
  await bundleViewer(path);
  for (const shape of KERNEL_SHAPES) await compileAll(shape, path);
  await copyFiles(path);
  await copyConverter(path);
  const files = await listFiles(path);
  await addVersion(path, files);
  for (const name of files) {
    await writeFileAtomic(join(folder, name), await Deno.readFile(join(path, name)));
  }
}

/** Modules that browsers lack are replaced during resolution. */
function importMap(): { imports: Record<string, string> } {
  const { "@std/path": _path, "@tensorflow/tfjs": _tfjs, ...imports } = manifest.imports;
  const here = (name: string) => new URL(name, import.meta.url).href;
  return {
    imports: {
      ...imports,
      "@tensorflow/tfjs-core/": imports["@tensorflow/tfjs-core"].replace("npm:", "npm:/") + "/",
      "@tensorflow/tfjs": here("tfjs.ts"),
      "@std/path": manifest.imports["path-browserify"],
      "node:fs/promises": here("disk.ts"),
      "node:zlib": here("zlib.ts"),
      [here("../volume/dicom/start_converter.ts")]: here("start_converter.ts"),
    },
  };
}

/** Bundles the page's scripts; what several of them use is a file of its own. */
async function bundle(folder: string): Promise<void> {
  using temporary = temporaryFolder();
  const map = join(temporary.path, "imports.json");
  await Deno.writeTextFile(map, JSON.stringify(importMap()));
  await runBundler(
    ["--code-splitting", `--import-map=${map}`, `--outdir=${folder}`],
    SCRIPTS,
  );
}

/** Bundles niivue, compressed, without its reader of Zarr, which is larger than all the rest. */
async function bundleViewer(folder: string): Promise<void> {
  const file = join(folder, VIEWER_FILE);
  await runBundler(["--external=zarrita", `--output=${file}`], ["niivue"]);
  const code = await Deno.readTextFile(file);
  const without = code.replaceAll(/import\s*\*\s*as (\w+)\s*from\s*"zarrita"/g, "const $1={}");
  await Deno.writeFile(file, compressed(new TextEncoder().encode(without)));
}

async function runBundler(options: string[], scripts: readonly string[]): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform=browser", "--minify", ...options]
      .concat(scripts.map((name) => join(HERE, `${name}.ts`))),
    ...{ cwd: ROOT, stdin: "null", stdout: "null", stderr: "piped" },
  }).spawn();
  const end = () => child.kill();
  globalThis.addEventListener("unload", end);
  const { success, stderr } = await child.output();
  globalThis.removeEventListener("unload", end);
  if (success) return;
  throw new InputError(`Cannot bundle the page: ${new TextDecoder().decode(stderr).trim()}`, {
    code: "missing-program",
    hint: "Deno downloads its bundler once: connect to a network and try again",
  });
}

function compressed(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 9, mtime: 0 });
}

async function compileAll(shape: typeof KERNEL_SHAPES[number], folder: string): Promise<void> {
  for (const relaxed of [true, false]) {
    for (const shared of [true, false]) {
      const build = { relaxed, shared, wide: false, checked: false };
      const bytes = await kernelBytes(shape, build);
      await Deno.writeFile(join(folder, kernelFile(shape, build)), bytes);
    }
  }
}

/** Copies all other files, and lists them. */
async function copyFiles(folder: string): Promise<void> {
  const policy = HEADERS["content-security-policy"];
  const page = await Deno.readTextFile(join(HERE, "index.html"));
  const copies: [from: string, to: string][] = SHEETS.map((name) => [join(HERE, name), name]);
  const model = [...MODEL_FILES, POSTPROCESS_FILE].map((name) => `model/${name}`);
  for (const path of model) copies.push([join(ROOT, "models/example", basename(path)), path]);
  const cases = CASES.map((id) => {
    const files = [`cases/${id}.nii.gz`, `cases/${id}_seg.nii.gz`];
    for (const [i, from] of ["imagesTr", "labelsTr"].entries()) {
      copies.push([join(ROOT, "data.example", from, `${id}.nii.gz`), files[i]!]);
    }
    return { id, files };
  });
  await writeFilesAtomic([
    ["index.html", page.replace("CSP_GOES_HERE", policy)],
    [SITE_FILE, JSON.stringify({ model, cases } satisfies SiteFiles)],
    ...await Promise.all(
      copies.map(async ([from, to]) => [to, await Deno.readFile(from)] as const),
    ),
  ].map(([path, data]) => [join(folder, path as string), data as Uint8Array | string] as const));
}

/** Copies dcm2niix; its WebAssembly compressed, a third of its size. */
async function copyConverter(folder: string): Promise<void> {
  const at = import.meta.resolve("@niivue/dcm2niix");
  for (const name of ["worker.jpeg.js", "dcm2niix.jpeg.js", "dcm2niix.jpeg.wasm"]) {
    const bytes = await Deno.readFile(new URL(name, at));
    const stored = name.endsWith(".wasm") ? compressed(bytes) : bytes;
    await writeFileAtomic(join(folder, "dcm2niix", name), stored);
  }
}

async function listFiles(folder: string, below = folder): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(below)) {
    const path = join(below, name);
    if (isDirectory) files.push(...await listFiles(folder, path));
    else files.push(relative(folder, path).replaceAll("\\", "/"));
  }
  return files.sort();
}

/** Writes the list of files for the service worker; its version depends on their content. */
async function addVersion(folder: string, files: readonly string[]): Promise<void> {
  const script = join(folder, "service_worker.js");
  const contents = await Promise.all(files.map((path) => Deno.readFile(join(folder, path))));
  // What few need is kept when it is used
  const kept = ["./", ...files.filter((path) => path !== basename(script) && !isRare(path))];
  const constants = { VERSION: (await sha256(...contents)).slice(0, 16), FILES: kept, HEADERS };
  const head = Object.entries(constants)
    .map(([name, value]) => `const ${name}=${JSON.stringify(value)};`);
  await Deno.writeTextFile(script, [...head, await Deno.readTextFile(script)].join("\n"));
}

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/**
 * Answers a request for a file of a folder.
 *
 * @param headers Sent with every file.
 */
export async function answerFile(
  request: Request,
  folder: string,
  headers: Record<string, string>,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
  // A URL's path has no `..` left in it; encoded ones are no names of files here
  const file = await Deno.readFile(join(folder, path)).catch(() => null);
  if (file === null) return new Response("Not found", { status: 404, headers });
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  return new Response(file, { headers: { "content-type": type, ...headers } });
}
