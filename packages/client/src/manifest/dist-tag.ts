// SPDX-License-Identifier: Apache-2.0
import { isVersionRange } from "../versions.ts";

const DIST_TAG = /^[a-z][a-z0-9-]{0,39}$/;
/** A name for a version, such as `latest` or `beta`: never something that parses as a range. */
export function isDistTag(text: string): boolean {
  return DIST_TAG.test(text) && !isVersionRange(text);
}
