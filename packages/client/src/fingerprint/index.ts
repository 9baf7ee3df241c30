// SPDX-License-Identifier: Apache-2.0
export { type Fingerprint, formatFingerprint, isFingerprint } from "./fingerprint.ts";
