// SPDX-License-Identifier: Apache-2.0
import { declareSame } from "../bases/same.ts";
import { withLog, withStartedData } from "./operator.ts";
import type { BaseSameCommand } from "./parse-base-same.ts";

/** Returns what the operator is told. @throws LoraError as `declareSame`; then nothing is declared */
export function runBaseSame({ bases: [one, other], options }: BaseSameCommand): Promise<string> {
  return withStartedData(options, (data) =>
    withLog(data, options, async ({ logWriter }) => {
      const now = options.now?.() ?? new Date();
      const { evidence, pending } = await declareSame(data.database.db, one, other, now);
      const { reason, values, differing, largestDifference } = evidence;
      const found = `${reason}: ${differing} of ${values} numbers differ, by ${largestDifference.toPrecision(2)} at most`;
      if (pending === undefined) return `They were declared the same before; ${found}.\n`;
      const { index } = await logWriter.settle(pending);
      return `${one} and ${other} are the same base, by entry ${index} of the log; ${found}.\n`;
    }),
  );
}
