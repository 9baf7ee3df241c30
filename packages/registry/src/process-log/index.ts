// SPDX-License-Identifier: Apache-2.0
export { createLog } from "./create-log.ts";
export { describeError, formatError } from "./describe-error.ts";
