// The checked build: every memory access is checked first. See `checked.ts` one folder up.

import { backward as plainBackward } from "./backward";
import { Job, SYNC_ARRIVED, SYNC_FAILED, SYNC_GENERATION, SYNC_NEXT } from "./buffers";
import { forward as plainForward } from "./forward";

// @external("env", "outside")
declare function outside(address: usize, bytes: usize): void;

// Pairs of begin and end, by address.
let ranges: usize = 0;
let count: i32 = 0;
// The range that was found last.
let begin: usize = 0;
let end: usize = 0;
// The barrier's words. Behind the last barrier a thread looks at them while the first one may be
// setting up the next job and its ranges.
let sync: usize = 0;

export function forward(job: Job, thread: i32): void {
  start(job);
  plainForward(job, thread);
}

export function backward(job: Job, thread: i32): void {
  start(job);
  plainBackward(job, thread);
}

function start(job: Job): void {
  ranges = job.ranges;
  count = job.rangeCount;
  sync = job.sync;
  begin = end = 0;
}

/** Aborts unless the bytes are all within one range. */
function check(address: usize, bytes: usize): void {
  if (bytes == 0 || (address >= begin && address + bytes <= end)) return;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u32>(ranges + (<usize> middle << 3)) <= address) low = middle + 1;
    else high = middle;
  }
  const found = ranges + (<usize> (low - 1) << 3);
  if (low == 0 || address + bytes > load<u32>(found, 4)) outside(address, bytes);
  begin = load<u32>(found);
  end = load<u32>(found, 4);
}

function checkWord(address: usize): void {
  const word = address - sync;
  if (word == SYNC_ARRIVED || word == SYNC_GENERATION || word == SYNC_NEXT) return;
  if (word != SYNC_FAILED) outside(address, 4);
}

export function checked_load<T>(address: usize, offset: usize = 0): T {
  check(address + offset, sizeof<T>());
  return load<T>(address + offset);
}

export function checked_store<T>(address: usize, value: T, offset: usize = 0): void {
  check(address + offset, sizeof<T>());
  store<T>(address + offset, value);
}

export function checked_v128_load(address: usize, offset: usize = 0): v128 {
  check(address + offset, 16);
  return v128.load(address + offset);
}

export function checked_v128_load32_splat(address: usize, offset: usize = 0): v128 {
  check(address + offset, 4);
  return v128.load32_splat(address + offset);
}

export function checked_v128_load64_zero(address: usize, offset: usize = 0): v128 {
  check(address + offset, 8);
  return v128.load64_zero(address + offset);
}

export function checked_v128_store(address: usize, value: v128, offset: usize = 0): void {
  check(address + offset, 16);
  v128.store(address + offset, value);
}

export function checked_memory_fill(address: usize, value: u8, bytes: usize): void {
  check(address, bytes);
  memory.fill(address, value, bytes);
}

export function checked_memory_copy(to: usize, from: usize, bytes: usize): void {
  check(to, bytes);
  check(from, bytes);
  memory.copy(to, from, bytes);
}

export function checked_atomic_load<T>(address: usize): T {
  checkWord(address);
  return atomic.load<T>(address);
}

export function checked_atomic_store<T>(address: usize, value: T): void {
  checkWord(address);
  atomic.store<T>(address, value);
}

export function checked_atomic_add<T>(address: usize, value: T): T {
  checkWord(address);
  return atomic.add<T>(address, value);
}

export function checked_atomic_wait<T>(address: usize, value: T): i32 {
  checkWord(address);
  return atomic.wait<T>(address, value);
}

export function checked_atomic_notify(address: usize, waiting: i32): i32 {
  checkWord(address);
  return atomic.notify(address, waiting);
}
