// SPDX-License-Identifier: Apache-2.0
/**
 * The user's settings, `config.json`. It holds no secrets.
 *
 *     {"registry": "https://registry.example.org", "scopes": {"@acme": "https://lora.acme.example"}, "downloads": 8}
 */
import { join } from "node:path";
import { z } from "zod";
import { LoraError } from "../errors.ts";
import { parseWith } from "../json/index.ts";
import { parseScopeName, quote, type ScopeName } from "../names.ts";
import { writeFileDurably } from "../store/index.ts";
import { readJsonIfThere } from "./read-json.ts";

/** What a `lora-registry serve` without options listens on. */
export const DEFAULT_REGISTRY_URL = "http://127.0.0.1:8719";
export const DEFAULT_DOWNLOADS = 16;
export const MAX_DOWNLOADS = 64;

const configSchema = z.strictObject({
  registry: z.string().optional(),
  scopes: z.record(z.string(), z.string()).optional(),
  downloads: z.int().min(1).max(MAX_DOWNLOADS).optional(),
});
export type Config = z.output<typeof configSchema>;

/**
 * A registry's address in the one form that tokens are stored under: origin and path, without a slash at the end. With
 * `file:` it is a directory, with the files that a registry would serve.
 * @throws LoraError USAGE
 */
export function parseRegistryUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^(?:https?|file):$/.test(url.protocol) ||
    (url.protocol === "file:" && url.host !== "") ||
    url.username !== "" ||
    url.search !== "" ||
    url.hash !== ""
  ) {
    throw new LoraError("USAGE", `${quote(text)} is not the address of a registry`, {
      hint: "use an address such as https://registry.example.org, or file:///srv/mirror",
    });
  }
  // A mirror in files has a path and no origin.
  const origin = url.protocol === "file:" ? "file://" : url.origin;
  return `${origin}${url.pathname.replace(/\/+$/, "")}`;
}

export async function readConfig(configDirectory: string): Promise<Config> {
  const path = join(configDirectory, "config.json");
  return parseWith(configSchema, (await readJsonIfThere(path)) ?? {}, { code: "JSON_INVALID", source: path });
}

/** `LORA_REGISTRY`, else the configured one, else the local default. */
export async function registryUrl(configDirectory: string, env: NodeJS.ProcessEnv): Promise<string> {
  const configured = env.LORA_REGISTRY || (await readConfig(configDirectory)).registry;
  return parseRegistryUrl(configured ?? DEFAULT_REGISTRY_URL);
}

/**
 * The one registry that a scope's packages come from. A scope that has its own never falls through to another: somebody
 * else's package of that name there is not the one that was meant.
 */
export async function registryUrlFor(
  scope: ScopeName,
  configDirectory: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const own = (await readConfig(configDirectory)).scopes?.[scope];
  return own === undefined ? registryUrl(configDirectory, env) : parseRegistryUrl(own);
}

/** A setting by the name that `lora config` gives it: `registry`, `@acme:registry`, `downloads`. */
export interface Setting {
  read(config: Config): string | undefined;
  /** @throws LoraError USAGE for a value that the setting cannot have */
  write(config: Config, value: string | undefined): Config;
}

/** @throws LoraError USAGE, NAME_INVALID */
export function findSetting(name: string): Setting {
  const scope = /^(@.*):registry$/.exec(name)?.[1];
  if (scope !== undefined) return scopeRegistry(parseScopeName(scope));
  if (name === "registry") {
    return {
      read: ({ registry }) => registry,
      write: (config, value) => withoutUndefined({ ...config, registry: value && parseRegistryUrl(value) }),
    };
  }
  if (name === "downloads") {
    return {
      read: ({ downloads }) => downloads?.toString(),
      write: (config, value) =>
        withoutUndefined({ ...config, downloads: value === undefined ? undefined : parseDownloads(value) }),
    };
  }
  throw new LoraError("USAGE", `there is no setting ${quote(name)}`, {
    hint: "the settings are registry, @scope:registry and downloads",
  });
}

/** Every setting that has a value, by its name. */
export function listSettings(config: Config): Record<string, string> {
  const scopes = Object.entries(config.scopes ?? {}).map(([scope, url]) => [`${scope}:registry`, url]);
  const others = ["registry", "downloads"].map((name) => [name, findSetting(name).read(config)]);
  return Object.fromEntries([...others, ...scopes].filter(([, value]) => value !== undefined));
}

export async function writeSetting(
  configDirectory: string,
  name: string,
  value: string | undefined,
): Promise<void> {
  const config = findSetting(name).write(await readConfig(configDirectory), value);
  await writeFileDurably(join(configDirectory, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
}

function scopeRegistry(scope: ScopeName): Setting {
  return {
    read: ({ scopes }) => scopes?.[scope],
    write: (config, value) => {
      const { [scope]: _old, ...others } = config.scopes ?? {};
      const scopes = value === undefined ? others : { ...others, [scope]: parseRegistryUrl(value) };
      return { ...config, scopes };
    },
  };
}

function parseDownloads(text: string): number {
  const downloads = Number(text);
  if (Number.isInteger(downloads) && downloads >= 1 && downloads <= MAX_DOWNLOADS) return downloads;
  throw new LoraError("USAGE", `downloads cannot be ${quote(text)}`, {
    hint: `use a number from 1 to ${MAX_DOWNLOADS}`,
  });
}

function withoutUndefined(config: { [Key in keyof Config]: Config[Key] | undefined }): Config {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as Config;
}
