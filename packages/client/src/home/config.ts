// SPDX-License-Identifier: Apache-2.0
/**
 * The user's settings. `config.json` may be shared; `credentials.json` is for the owner's eyes and holds one token for
 * each registry address, so that a token never goes to another one.
 */
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LoraError } from "../errors.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import { fileError, writeFileDurably } from "../store/index.ts";

/** What a `lora-registry serve` without options listens on. */
export const DEFAULT_REGISTRY_URL = "http://127.0.0.1:8719";

const configSchema = z.strictObject({ registry: z.string().optional() });
const credentialsSchema = z.strictObject({ tokens: z.record(z.string(), z.string()) });

/**
 * A registry's address in the one form that tokens are stored under: origin and path, without a slash at the end.
 * @throws LoraError USAGE
 */
export function parseRegistryUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "") {
    throw new LoraError("USAGE", `${JSON.stringify(text)} is not the address of a registry`, {
      hint: "use an address such as https://registry.example.org",
    });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** `LORA_REGISTRY`, else the configured one, else the local default. */
export async function registryUrl(configDirectory: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (env.LORA_REGISTRY) return parseRegistryUrl(env.LORA_REGISTRY);
  const path = join(configDirectory, "config.json");
  const { registry } = parseWith(configSchema, (await readJson(path)) ?? {}, {
    code: "JSON_INVALID",
    source: path,
  });
  return parseRegistryUrl(registry ?? DEFAULT_REGISTRY_URL);
}

/** `LORA_TOKEN`, else the one that `lora login` stored for exactly this registry. */
export async function readToken(
  configDirectory: string,
  url: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  return env.LORA_TOKEN || (await readCredentials(configDirectory)).tokens[url];
}

/** Stores the token and makes the registry the configured one. */
export async function writeLogin(configDirectory: string, url: string, token: string): Promise<void> {
  const { tokens } = await readCredentials(configDirectory);
  const path = join(configDirectory, "credentials.json");
  await writeFileDurably(
    path,
    `${JSON.stringify({ tokens: { ...tokens, [url]: token } }, null, 2)}\n`,
    0o600,
  );
  await chmod(path, 0o600);
  await writeFileDurably(
    join(configDirectory, "config.json"),
    `${JSON.stringify({ registry: url }, null, 2)}\n`,
  );
}

async function readCredentials(configDirectory: string): Promise<z.output<typeof credentialsSchema>> {
  const path = join(configDirectory, "credentials.json");
  return parseWith(credentialsSchema, (await readJson(path)) ?? { tokens: {} }, {
    code: "JSON_INVALID",
    source: path,
  });
}

async function readJson(path: string): Promise<unknown> {
  try {
    return parseStrictJson(await readFile(path), path);
  } catch (cause) {
    const error = fileError(cause, "read", path);
    if (error instanceof LoraError && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
}
