// SPDX-License-Identifier: Apache-2.0
/**
 * Tokens, `credentials.json`, for the owner's eyes: one for each registry address, so that a token never goes to another.
 *
 *     {"tokens": {"https://registry.example.org": "lora_…"}}
 */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseWith } from "../json/index.ts";
import { writeFileDurably } from "../store/index.ts";
import { registryUrl } from "./config.ts";
import { readJsonIfThere } from "./read-json.ts";

const credentialsSchema = z.strictObject({ tokens: z.record(z.string(), z.string()) });

/**
 * The token that `lora login` stored for exactly this address, else `LORA_TOKEN` where it is the default registry's.
 * @param url as `parseRegistryUrl` gives it
 */
export async function readToken(
  configDirectory: string,
  url: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  // The variable names no registry, so it is meant for the one that everything goes to unless said otherwise.
  if (env.LORA_TOKEN && url === (await registryUrl(configDirectory, env))) return env.LORA_TOKEN;
  return (await readCredentials(configDirectory)).tokens[url];
}

export async function writeToken(configDirectory: string, url: string, token: string): Promise<void> {
  const { tokens } = await readCredentials(configDirectory);
  await writeCredentials(configDirectory, { ...tokens, [url]: token });
}

/** Forgets the token of exactly this address. Returns whether there was one. */
export async function removeToken(configDirectory: string, url: string): Promise<boolean> {
  const { [url]: token, ...others } = (await readCredentials(configDirectory)).tokens;
  if (token !== undefined) await writeCredentials(configDirectory, others);
  return token !== undefined;
}

async function writeCredentials(configDirectory: string, tokens: Record<string, string>): Promise<void> {
  const path = join(configDirectory, "credentials.json");
  await writeFileDurably(path, `${JSON.stringify({ tokens }, null, 2)}\n`, 0o600);
  await chmod(path, 0o600);
}

async function readCredentials(configDirectory: string): Promise<z.output<typeof credentialsSchema>> {
  const path = join(configDirectory, "credentials.json");
  const value = (await readJsonIfThere(path)) ?? { tokens: {} };
  return parseWith(credentialsSchema, value, { code: "JSON_INVALID", source: path });
}
