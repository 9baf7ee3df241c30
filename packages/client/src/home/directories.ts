// SPDX-License-Identifier: Apache-2.0
/** Where lora keeps what is the user's and not the project's. */
import { homedir } from "node:os";
import { join } from "node:path";

export interface HomeDirectories {
  /** config.json, credentials.json, keys/ */
  config: string;
  /** store/ */
  data: string;
  /** What may be deleted at any time. */
  cache: string;
}

/** `LORA_HOME` holds all three when it is set; otherwise the XDG base directories, or Windows' own. */
export function homeDirectories(env: NodeJS.ProcessEnv = process.env): HomeDirectories {
  if (env.LORA_HOME) {
    return { config: env.LORA_HOME, data: env.LORA_HOME, cache: join(env.LORA_HOME, "cache") };
  }
  if (process.platform === "win32") {
    const local = env.LOCALAPPDATA ?? join(homedir(), "AppData", "Local");
    return {
      config: join(local, "lora", "config"),
      data: join(local, "lora", "data"),
      cache: join(local, "lora", "cache"),
    };
  }
  const home = env.HOME ?? homedir();
  return {
    config: join(env.XDG_CONFIG_HOME || join(home, ".config"), "lora"),
    data: join(env.XDG_DATA_HOME || join(home, ".local", "share"), "lora"),
    cache: join(env.XDG_CACHE_HOME || join(home, ".cache"), "lora"),
  };
}
