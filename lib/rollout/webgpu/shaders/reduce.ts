/**
 * The sums of chunks, added in a fixed order: a run repeats to the last bit.
 *
 * One work-group of 256 threads adds 4 vec4s of all parts: 64 lanes a vec4 take every 64th part,
 * then a tree joins the lanes (4 KiB of work-group memory). Few columns and many lanes, since this
 * is a wait for memory: of 800 parts a lane reads 13, one after the other, and the hundred
 * work-groups are on as many processors. Traffic: reads every part once, 64 bytes at a time.
 *
 * @module
 */

/** Columns of a work-group. */
export const REDUCE_COLUMNS = 4;

/** The shader; run as (vec4s of a part / 4, groups of parts). */
export const REDUCE_SHADER = /* wgsl */ `
struct Reduce {
  parts: u32,  // of a group
  stride: u32, // from one part to the next
  first: u32,  // in a part
  count: u32,  // of a part, from the first
}
@group(0) @binding(0) var<uniform> reduce: Reduce;
@group(0) @binding(1) var<storage, read> parts: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> sums: array<vec4f>;

const COLUMNS = ${REDUCE_COLUMNS}u;
const LANES = 64u;
var<workgroup> lanes: array<vec4f, COLUMNS * LANES>;

@compute @workgroup_size(COLUMNS, LANES)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let column = id.x * COLUMNS + local.x;
  var sum = vec4f();
  if (column < reduce.count) {
    for (var part = local.y; part < reduce.parts; part += LANES) {
      sum += parts[(id.y * reduce.parts + part) * reduce.stride + reduce.first + column];
    }
  }
  lanes[local.y * COLUMNS + local.x] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local.y < half) {
      lanes[local.y * COLUMNS + local.x] += lanes[(local.y + half) * COLUMNS + local.x];
    }
  }
  if (local.y == 0u && column < reduce.count) {
    sums[id.y * reduce.count + column] = lanes[local.x];
  }
}
`;
