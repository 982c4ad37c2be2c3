/** What `zlib.ts` uses of pako, which comes without types. */
export class Inflate {
  constructor(options: { raw?: boolean; chunkSize?: number });
  /** 0 where all is well. */
  readonly err: number;
  readonly msg: string;
  readonly ended: boolean;
  readonly strm: { readonly avail_in: number };
  onData: (part: Uint8Array) => void;
  push(data: Uint8Array, last: boolean): boolean;
}
