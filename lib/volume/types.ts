/** A 4×4 matrix from voxel index (x, y, z, 1) to millimetres (right, anterior, superior, 1). */
export type Affine = readonly (readonly number[])[];

/** A NIfTI header as stored, for writing another volume in the same space. */
export interface NiftiHeader {
  /** NIfTI-1 (a header of 348 bytes) or NIfTI-2 (540 bytes). */
  readonly version: 1 | 2;
  /** The byte order of the header and of the voxels. */
  readonly littleEndian: boolean;
  /** The header's bytes, without extensions. */
  readonly bytes: Uint8Array;
}

/** Typed arrays that hold voxels. */
export type Voxels =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/**
 * A 3D volume, or a 4D one: several channels (or times) of one 3D space. Images are float32, labels
 * of whatever type holds their values exactly.
 */
export interface Volume<T extends Voxels = Float32Array> {
  /**
   * The values in NIfTI order, x fastest, then y, z, channel; already scaled by `scl_slope` and
   * `scl_inter`. As many as the product of the shape.
   */
  readonly data: T;
  /** [nx, ny, nz], or [nx, ny, nz, channels] where there are two channels or more. */
  readonly shape: readonly number[];
  /** The distance between voxels along x, y, z in millimetres (the affine's column norms). */
  readonly spacing: readonly [number, number, number];
  /**
   * Voxel index to millimetres, RAS+, as nibabel chooses it; in millimetres even if the file uses
   * metres or microns.
   */
  readonly affine: Affine;
  /**
   * The directions of the axes, such as "LPS"; null if the file does not define them (neither sform
   * nor qform) and the affine holds only voxel sizes.
   */
  readonly orientation: string | null;
  /** The header it was read from, or one made for it. */
  readonly header: NiftiHeader;
  /** The file it was read from; empty for a volume made in memory. */
  readonly path: string;
  /** Warnings about the file: "the sform is singular; …". */
  readonly warnings: readonly string[];
}

/**
 * One 2D slice, row-major. Cut along axis 2 its rows are x and its columns are y, as numpy's
 * `volume[:, :, i]`.
 */
export interface Slice {
  /** `height * width` values. */
  readonly data: Float32Array;
  /** Number of rows. */
  readonly height: number;
  /** Number of columns. */
  readonly width: number;
}
