/**
 * Files that the user gives.
 *
 * @module
 */

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
      await take([...chooser.files!], listeners);
      chooser.value = ""; // the same files can be chosen again
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

/** A run is recognised by its weights; other files, such as checkpoints, are ignored. */
async function take(files: readonly File[], { onModel, onCase }: FileListeners): Promise<void> {
  if (files.length === 0) return;
  const isRun = files.some(({ name }) => name.endsWith(".safetensors"));
  const wanted = isRun ? nearest(files) : files.filter(({ name }) => !name.startsWith("."));
  const read = await Promise.all(
    wanted.map(async (file) => [file.name, new Uint8Array(await file.arrayBuffer())] as const),
  );
  (isRun ? onModel : onCase)(new Map(read));
}

/** Of files with one name (such as best and last epoch), the one in the topmost folder. */
function nearest(files: readonly File[]): File[] {
  const depth = ({ webkitRelativePath }: File) => webkitRelativePath.split("/").length;
  const sorted = files.toSorted((a, b) => depth(a) - depth(b));
  return [...MODEL_FILES, POSTPROCESS_FILE].flatMap((name) =>
    sorted.find((file) => file.name === name) ?? []
  );
}

/** The dropped files: a file, or those directly in a folder. */
async function filesOf(entry: FileSystemEntry | File): Promise<File[]> {
  if (entry instanceof File) return [entry];
  if (entry instanceof FileSystemFileEntry) {
    return [await new Promise<File>((resolve, reject) => entry.file(resolve, reject))];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject)
    );
    if (entries.length === 0) return files;
    for (const each of entries) if (each.isFile) files.push(...await filesOf(each));
  }
}
