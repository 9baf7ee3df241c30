// SPDX-License-Identifier: Apache-2.0
/** What every command says to a command line that it cannot take. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { LoraError } from "@lora/client/errors";

export function usage(message: string, hint = "lora-registry --help lists what there is"): LoraError {
  return new LoraError("USAGE", message, { hint });
}

/** @throws LoraError USAGE for a flag that is unknown or lacks its value */
export function parseFlags<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw usage((error as Error).message);
  }
}
