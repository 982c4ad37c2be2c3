export function crc32(){} export function createInflateRaw(){} export function inflateSync(){}
