/**
 * What the page needs of tfjs: its core and the backend for plain arrays, a third of the whole.
 *
 * @module
 */

import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";
import "@tensorflow/tfjs-backend-cpu";

export * from "@tensorflow/tfjs-core";
