// SPDX-License-Identifier: Apache-2.0
/**
 * `fetch` as the user's environment wants it: through the proxy of HTTPS_PROXY or HTTP_PROXY, but for the hosts of
 * NO_PROXY. Upper or lower case. Node's own fetch knows these variables in its newest releases only.
 */
const VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY"].flatMap((name) => [name, name.toLowerCase()]);

let chosen: Promise<typeof fetch> | undefined;

/** The same for the whole life of the process. */
export function environmentFetch(env: NodeJS.ProcessEnv = process.env): Promise<typeof fetch> {
  chosen ??= VARIABLES.some((name) => env[name]) ? proxiedFetch() : Promise.resolve(fetch);
  return chosen;
}

/** The library's own fetch goes with its own agent: Node's may be of another version. */
async function proxiedFetch(): Promise<typeof fetch> {
  const { EnvHttpProxyAgent, fetch: fetchThrough } = await import("undici");
  const dispatcher = new EnvHttpProxyAgent();
  return ((input: Parameters<typeof fetchThrough>[0], init?: Parameters<typeof fetchThrough>[1]) =>
    fetchThrough(input, { ...init, dispatcher })) as unknown as typeof fetch;
}
