// SPDX-License-Identifier: Apache-2.0
import { type DestinationStream, type Logger, pino } from "pino";
import { describeError } from "./describe-error.ts";

/**
 * The process's own log, JSON lines.
 * @param destination standard error unless it goes elsewhere
 */
export function createLog(
  level: string,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger {
  const options = { level, redact: ["*.authorization"], serializers: { err: describeError } };
  return pino(options, destination);
}
