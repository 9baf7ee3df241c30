// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";
import { usage } from "./usage.ts";

/** A registry that is being served, for an operator. */
export interface RemoteRegistry {
  url: URL;
  token: string;
}

/**
 * @param text of `--registry`
 * @throws LoraError USAGE, UNAUTHENTICATED
 */
export function parseRemote(text: string, env: NodeJS.ProcessEnv): RemoteRegistry {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw usage("--registry is an http or https address");
  }
  const token = env.LORA_TOKEN || env.LORA_REGISTRY_ADMIN_TOKEN;
  if (token) return { url, token };
  throw new LoraError("UNAUTHENTICATED", "--registry needs the token of an operator", {
    hint: "set LORA_TOKEN to it",
  });
}
