/** Downloads a data set, for `kill_test.ts`: URL, MD5 sum and folder are the arguments. */

import { downloadDataSet } from "../../lib/download/mod.ts";

const [url, md5, out] = Deno.args as [string, string, string];
const source = { folder: "Task99_Test", url, md5, most: 1e8, description: "a test", train: "" };
await downloadDataSet({ source, out });
