// SPDX-License-Identifier: Apache-2.0
export { ARCHITECTURE_NAMES, type Architecture } from "./architectures.ts";
export type { PeftBase } from "./base.ts";
export { MAX_FEATURES, MAX_LAYERS } from "./base-config.ts";
export { convertPeft, type PeftConversion, type PeftRequest } from "./convert-peft.ts";
export { MAX_EXPRESSIONS, MAX_PATTERN_LENGTH, MAX_PATTERNS } from "./patterns.ts";
export { MAX_CONFIG_BYTES, type PeftConfig, parsePeftConfig } from "./peft-config.ts";
