// SPDX-License-Identifier: Apache-2.0
export { assertBaseRecord } from "./assert-base-record.ts";
export { type BaseBuild, type BaseRecord, baseRecordSchema, parseBaseRecord } from "./base-record.ts";
export { compareBaseSettings } from "./compare-bases.ts";
export {
  compareNorms,
  type Grid,
  type NormComparison,
  type NormsOfBase,
} from "./compare-norms.ts";
export { type Components, fingerprintOf, type Norm } from "./components.ts";
export type { BaseFingerprint } from "./describe-base.ts";
export { type Fingerprint, formatFingerprint, isFingerprint } from "./fingerprint.ts";
export { fingerprintBase } from "./fingerprint-base.ts";
export { type BaseDirectory, fingerprintDirectory } from "./hugging-face/index.ts";
export { encodeNorms, MAX_NORMS_FILE_BYTES, readNormsFile } from "./norms-file.ts";
