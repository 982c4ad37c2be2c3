/**
 * Files that the user gives.
 *
 * @module
 */

import { isImageFile } from "../slices/discovery/file_names.ts";
import { element, input } from "./elements.ts";
import { type Files, MODEL_FILES, POSTPROCESS_FILE } from "./model_files.ts";
import { showError } from "./messages.ts";

/** The handlers for them. */
export interface FileListeners {
  readonly onModel: (files: Files) => void;
  readonly onCase: (files: Files) => void;
}

/** Listens to the inputs, and to files dropped anywhere on the page. */
export function listenToFiles(listeners: FileListeners): void {
  for (const id of ["files", "folder"]) {
    const chooser = input(id);
    chooser.addEventListener("change", async () => {
      const files = [...chooser.files!];
      chooser.value = ""; // the same files can be chosen again
      await take(
        files.map((file) => ({ path: file.webkitRelativePath || file.name, file })),
        listeners,
      );
    });
  }
  const hint = element("drop-hint", HTMLElement);
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    hint.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) hint.hidden = true;
  });
  document.addEventListener("drop", async (event) => {
    event.preventDefault();
    hint.hidden = true;
    const items = [...event.dataTransfer!.items];
    const dropped = items.flatMap((item) => item.webkitGetAsEntry() ?? item.getAsFile() ?? []);
    try {
      await take((await Promise.all(dropped.map(filesOf))).flat(), listeners);
    } catch (error) {
      showError(error);
    }
  });
}

/** A file, and where it was below what the user gave. */
interface Given {
  readonly path: string;
  readonly file: File;
}

/**
 * A run is recognised by its weights, or its settings where there is no image; other files, such as
 * checkpoints, are ignored. Files are known by their names; DICOM, which has neither volumes nor
 * pictures, by its paths.
 */
async function take(given: readonly Given[], { onModel, onCase }: FileListeners): Promise<void> {
  const seen = given.filter(({ file }) => !file.name.startsWith("."));
  if (seen.length === 0) return;
  const isImage = seen.some(({ file }) => isImageFile(file.name));
  const ofRun: readonly string[] = MODEL_FILES;
  const isRun = seen.some(({ file: { name } }) =>
    name.endsWith(".safetensors") || (!isImage && ofRun.includes(name))
  );
  const wanted = isRun ? nearest(seen) : isImage ? highest(seen) : seen;
  const files = await Promise.all(
    wanted.map(async ({ path, file }) => {
      const bytes = new Uint8Array(await file.arrayBuffer());
      return [isRun || isImage ? file.name : path, bytes] as const;
    }),
  );
  (isRun ? onModel : onCase)(new Map(files));
}

const depth = ({ path }: Given) => path.split("/").length;

/** Of files with one name (such as best and last epoch), the one in the topmost folder. */
function nearest(files: readonly Given[]): Given[] {
  const sorted = files.toSorted((a, b) => depth(a) - depth(b));
  return [...MODEL_FILES, POSTPROCESS_FILE].flatMap((name) =>
    sorted.find(({ file }) => file.name === name) ?? []
  );
}

/** Those in the topmost folder. */
function highest(files: readonly Given[]): Given[] {
  const least = Math.min(...files.map(depth));
  return files.filter((each) => depth(each) === least);
}

/** The dropped files: a file, or all in a folder. */
async function filesOf(entry: FileSystemEntry | File): Promise<Given[]> {
  if (entry instanceof File) return [{ path: entry.name, file: entry }];
  if (entry instanceof FileSystemFileEntry) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: Given[] = [];
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject)
    );
    if (entries.length === 0) return files;
    for (const each of entries) files.push(...await filesOf(each));
  }
}
