/** Data sets that are not in the repository; tests that need one are skipped where it is not. */

/** Where `deno task download` puts them, and a folder beside the project. */
const PLACES = ["../../data", "../../../shared/data"];

/** The folder of a data set; undefined where it is not on this machine. */
function find(name: string): string | undefined {
  return PLACES.map((place) => new URL(`${place}/${name}`, import.meta.url).pathname)
    .find((path) => {
      try {
        return Deno.statSync(path).isDirectory;
      } catch {
        return false;
      }
    });
}

/** The Decathlon's hippocampus: all of it as downloaded, or a part. */
export const HIPPOCAMPUS = find("Task04_Hippocampus");

/** What tests say that need it. */
export const NEEDS_HIPPOCAMPUS = "(needs data/Task04_Hippocampus: deno task download hippocampus)";
