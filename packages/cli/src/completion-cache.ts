// SPDX-License-Identifier: Apache-2.0
import { homeDirectories } from "@lora/client/home";
import { makeDirectory } from "@lora/client/store";

/** oclif's completion keeps its files where lora keeps what may be deleted, also with LORA_HOME. */
export async function useOwnCompletionCache(env: NodeJS.ProcessEnv): Promise<void> {
  const { cache } = homeDirectories(env);
  await makeDirectory(cache);
  // Read by oclif when it starts.
  env.LORA_CACHE_DIR = cache;
}
