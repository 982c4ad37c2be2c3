/**
 * Data sets from the network.
 *
 * @module
 */

export * from "./data_sets.ts";
export * from "./download_data_set.ts";
export * from "./fetch_file.ts";
export * from "./unpack_tar.ts";
