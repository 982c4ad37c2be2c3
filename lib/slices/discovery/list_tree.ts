import { join } from "@std/path";
import { InputError } from "../../support/errors.ts";
import { inPool } from "../../support/in_pool.ts";
import { asError, type Finding } from "./case_source.ts";
import { isImageFile } from "./file_names.ts";

/** A file with the name of an image or a label. */
export interface TreeFile {
  /** Relative to the listed folder, with `/`. */
  readonly path: string;
  /** The folder in it, relative too; "" for the listed one. */
  readonly folder: string;
  readonly name: string;
  /** Why it cannot be read, or null. */
  readonly problem: Finding | null;
}

/** The contents of a folder, without hidden files and folders. */
export interface Tree {
  /** Volumes and pictures, sorted by path. */
  readonly files: readonly TreeFile[];
  /** Paths of all other files, including macOS's `._*`, sorted. */
  readonly others: readonly string[];
  /** Paths of all folders below, sorted. */
  readonly folders: readonly string[];
}

/** Deeper folders are not searched; BIDS needs five. */
const DEEPEST = 6;
/** A folder with more files is probably not a data set. */
const MOST_FILES = 2e6;
/** Files made from a case have longer names: slices, records, temporary files. */
const LONGEST_NAME = 200;
/** Links followed at the same time. */
const AT_ONCE = 32;

/**
 * Lists the files below a folder.
 *
 * Unusable names are files with a problem: broken links, names that are not UTF-8 or too long,
 * folders and devices with the name of an image.
 *
 * @param depth How deep to go; 1 lists the folder alone.
 * @throws {InputError} If the folder cannot be read, or there are too many files.
 */
export async function listTree(root: string, depth: number = DEEPEST): Promise<Tree> {
  const files: TreeFile[] = [];
  const others: string[] = [];
  const folders: string[] = [];
  const unclear: { folder: string; entry: Deno.DirEntry }[] = [];
  const add = (folder: string, name: string, kind: "file" | "folder" | Finding) => {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (isImageFile(name) && !name.startsWith(".")) {
      const problem = kind === "file" ? nameProblem(name) : kind === "folder" ? NO_FILE : kind;
      files.push({ path, folder, name, problem });
    } else if (kind === "folder") folders.push(path);
    else others.push(path);
    return path;
  };
  let level = [""];
  for (let i = 0; i < depth && level.length > 0; i++) {
    const next: string[] = [];
    for (const folder of level) {
      for await (const entry of readFolder(join(root, folder))) {
        const { name } = entry;
        if (name.startsWith(".") && !name.startsWith("._")) continue;
        if (entry.isSymlink || name.includes("\uFFFD")) unclear.push({ folder, entry });
        else if (entry.isDirectory && !isImageFile(name)) next.push(add(folder, name, "folder"));
        else add(folder, name, entry.isFile ? "file" : entry.isDirectory ? "folder" : NO_FILE);
      }
      if (files.length + others.length > MOST_FILES) {
        throw new InputError(`Cannot find data: more than ${MOST_FILES} files`, {
          code: "bad-data-set",
          path: root,
          hint: "Give a folder that holds only the data set",
        });
      }
    }
    await inPool(unclear.splice(0), AT_ONCE, async ({ folder, entry }) => {
      const kind = await followLink(join(root, folder, entry.name), entry.isSymlink);
      const path = add(folder, entry.name, kind);
      if (kind === "folder" && !isImageFile(path)) next.push(path);
    });
    level = next;
  }
  files.sort((a, b) => a.path < b.path ? -1 : 1);
  return { files, others: others.sort(), folders: folders.sort() };
}

const NO_FILE = asError(
  "not a regular file",
  "Only regular files are read, not folders, pipes or devices",
);

function nameProblem(name: string): Finding | null {
  if (/[\\\p{Cc}]/u.test(name)) {
    return asError(
      "its name has a backslash or a control character",
      "Rename it with plain letters",
    );
  }
  const bytes = new TextEncoder().encode(name).length;
  if (bytes <= LONGEST_NAME) return null;
  const hint = `Rename it to at most ${LONGEST_NAME}, so that files made from it can be named`;
  return asError(`its name has ${bytes} bytes`, hint);
}

async function* readFolder(path: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? "no such folder"
      : cause instanceof Deno.errors.NotADirectory
      ? "not a folder"
      : (cause as Error).message;
    throw new InputError(`Cannot read folder: ${why}`, { code: "bad-data-set", path, cause });
  }
}

/** Resolves a link, or a name that may not be UTF-8. */
async function followLink(path: string, isLink: boolean): Promise<"file" | "folder" | Finding> {
  try {
    const { isFile, isDirectory } = await Deno.stat(path);
    return isFile ? "file" : isDirectory ? "folder" : NO_FILE;
  } catch {
    if (!isLink) return asError("its name is not UTF-8", "Rename it with plain letters and digits");
    const target = await Deno.readLink(path).catch(() => "");
    return target.includes("annex/objects")
      ? asError("a git-annex link without content", "Fetch it with git annex get or datalad get")
      : asError("a broken link", "Correct or remove the link");
  }
}
