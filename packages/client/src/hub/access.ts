// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "../errors.ts";
import { quote } from "../names.ts";

const DEFAULT_ENDPOINT = "https://huggingface.co";
const MACHINE_ITSELF = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Which hub, and as whom. */
export interface HubAccess {
  /** Origin and path, without a slash in the end. */
  readonly endpoint: string;
  /** For requests to the endpoint's origin, and nowhere else. */
  readonly token: string | undefined;
}

/**
 * `HF_ENDPOINT` and `HF_TOKEN`, as the hub's own tools have them.
 * @throws LoraError USAGE for an address that is none, a token that no header can hold, and a token that would go over
 *   the network unencrypted
 */
export function hubAccess(env: NodeJS.ProcessEnv): HubAccess {
  const text = env.HF_ENDPOINT || DEFAULT_ENDPOINT;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash)
    throw new LoraError("USAGE", `HF_ENDPOINT is ${quote(text)}, which is not the address of a hub`, {
      hint: `use an address such as ${DEFAULT_ENDPOINT}`,
    });
  const token = env.HF_TOKEN?.trim() || undefined;
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    throw new LoraError("USAGE", "HF_TOKEN has characters that no token has", { hint: "set it anew" });
  if (token !== undefined && url.protocol === "http:" && !MACHINE_ITSELF.test(url.hostname))
    throw new LoraError("USAGE", `HF_TOKEN is not sent to ${url.origin}: anybody on the way could read it`, {
      hint: "use https:// in HF_ENDPOINT, or unset HF_TOKEN",
    });
  return { endpoint: `${url.origin}${url.pathname.replace(/\/+$/, "")}`, token };
}
