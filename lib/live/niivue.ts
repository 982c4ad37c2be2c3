/**
 * What the page uses of niivue; the build bundles it for itself.
 *
 * @module
 */

export { Niivue, NVImage, SHOW_RENDER } from "@niivue/niivue";
