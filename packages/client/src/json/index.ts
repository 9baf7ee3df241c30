// SPDX-License-Identifier: Apache-2.0
export { type CanonicalValue, canonicalJson } from "./canonical-json.ts";
export { parseWith } from "./parse-with.ts";
export { MAX_JSON_BYTES, MAX_JSON_DEPTH, parseStrictJson } from "./strict-json.ts";
