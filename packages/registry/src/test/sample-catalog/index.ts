// SPDX-License-Identifier: Apache-2.0
export { ageSample } from "./age.ts";
export { fillSample } from "./fill.ts";
export { openSampleRegistry, SAMPLE_TOKEN } from "./open.ts";
export { SAMPLE_PACKAGES } from "./packages.ts";
