// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { parseScopeName, type ScopeName } from "@lora/client/names";
import type { RegistryOptions } from "../options.ts";

export interface KeyResetCommand {
  kind: "key-reset";
  scope: ScopeName;
  /** A public key in PEM. */
  file: string;
  options: RegistryOptions;
}

/** @param positionals what stands behind `key-reset` @throws LoraError USAGE, NAME_INVALID */
export function parseKeyReset(positionals: readonly string[], options: RegistryOptions): KeyResetCommand {
  const [scope, file, ...more] = positionals;
  if (scope === undefined || file === undefined || more.length > 0) {
    throw new LoraError("USAGE", "key-reset takes a scope and the file of its new public key", {
      hint: "lora-registry key-reset @scope key.pem",
    });
  }
  return { kind: "key-reset", scope: parseScopeName(scope), file, options };
}
