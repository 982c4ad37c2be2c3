/**
 * The channels of the automaton's state.
 *
 * @module
 */

import type { Figure } from "./figure.ts";
import { greyColour } from "./palette.ts";
import { composePanels, type Panel } from "./panels.ts";
import { orientForDisplay, turnPair, type View } from "./raster.ts";
import { displayScale, sliceToRgb } from "./slice_image.ts";
import { signedColours, signedLegend } from "./signed_colours.ts";

/** The state of one slice. */
export interface ChannelState {
  /** [H, W, C], channels last: `height * width * channels` numbers. */
  data: ArrayLike<number>;
  /** Number of rows. */
  height: number;
  /** Number of columns. */
  width: number;
  /** Number of channels. */
  channels: number;
  /** The number of image channels, which come first. Default: 1. */
  imageChannels?: number;
  /** The names of the logits, which follow the image's channels. Default: one, unnamed. */
  logits?: readonly string[];
}

/**
 * Draws each channel of a state: the image's in grey; the others in blue, white and vermillion
 * centred at 0, each scaled to its own largest absolute value (without the outermost half per
 * cent), which is printed below it.
 *
 * @throws {TypeError} If the data does not fit the shape.
 *
 * @example
 * ```ts
 * import { plotStateChannels } from "./state_channels.ts";
 * import assert from "node:assert/strict";
 *
 * const state = { data: new Float32Array(8 * 8 * 16), height: 8, width: 8, channels: 16 };
 * assert.match(plotStateChannels(state).svg, /1: logit/);
 * ```
 */
export function plotStateChannels(
  state: ChannelState,
  options: {
    title?: string;
    view?: View;
    columns?: number;
    /** Height and width of a voxel, in any unit. */
    voxel?: readonly [number, number];
  } = {},
): Figure {
  const { data, height, width, channels, imageChannels = 1, logits = [""] } = state;
  const voxel = turnPair(options.voxel ?? [1, 1], options.view ?? {});
  if (data.length !== height * width * channels) {
    throw new TypeError(
      `Expected a state of ${height} × ${width} × ${channels} numbers, got ${data.length}`,
    );
  }
  const panels = Array.from({ length: channels }, (_, channel): Panel => {
    const values = Float32Array.from(
      { length: height * width },
      (_, i) => data[i * channels + channel]!,
    );
    const raster = orientForDisplay({ data: values, height, width }, options.view);
    const scale = displayScale(raster, { size: 200, voxel });
    if (channel < imageChannels) {
      return {
        image: sliceToRgb(raster, { scale, colour: greyColour }),
        title: `${channel}: image`,
        caption: "never changes",
      };
    }
    const { style, caption } = signedColours(values);
    return {
      image: sliceToRgb(raster, { scale, smooth: false, ...style }),
      title: titleOf(channel, logits[channel - imageChannels]),
      caption,
    };
  });
  return composePanels(panels, {
    columns: options.columns ?? 4,
    title: options.title ?? "State channels",
    legend: signedLegend,
  });
}

function titleOf(channel: number, logit: string | undefined): string {
  if (logit === undefined) return String(channel);
  return logit === "" ? `${channel}: logit` : `${channel}: logit, ${logit}`;
}
