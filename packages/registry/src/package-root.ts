// SPDX-License-Identifier: Apache-2.0
/** The package's directory: this lies in `src/`, `dist/` or, with whatever else is in its chunk, in `bundle/`. */
export const PACKAGE_ROOT = new URL("../", import.meta.url);
