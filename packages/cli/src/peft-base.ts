// SPDX-License-Identifier: Apache-2.0
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type BaseSourceDeps, readBase } from "@lora/client/base-source";
import type { PeftBase } from "@lora/client/convert";
import { fileError } from "@lora/client/store";

/** What `--base` names where an adapter is converted. Of a directory config.json is enough: weights and tokenizer may be elsewhere. */
export async function readPeftBase(text: string, deps: BaseSourceDeps): Promise<PeftBase> {
  const isDirectory = await stat(text).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isDirectory) return { record: (await readBase(text, deps)).record };
  const configPath = join(text, "config.json");
  const config = await readFile(configPath).catch((cause) => {
    throw fileError(cause, "read", configPath);
  });
  return { config, name: configPath };
}
