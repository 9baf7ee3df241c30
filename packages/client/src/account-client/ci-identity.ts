// SPDX-License-Identifier: Apache-2.0
/**
 * The token by which a CI job proves what it is, as far as the job's environment offers one.
 *
 *     GitHub Actions   ACTIONS_ID_TOKEN_REQUEST_URL and …_TOKEN are there with `permissions: id-token: write`; the token
 *                      is asked for with the audience
 *     GitLab           LORA_ID_TOKEN, which the job's `id_tokens:` makes for the audience
 */
import { LoraError } from "../errors.ts";
import { environmentFetch } from "../registry-client/index.ts";

const TIMEOUT_MS = 15_000;
const MAX_TOKEN_LENGTH = 16 * 1024;

export function hasCiIdentity(env: NodeJS.ProcessEnv): boolean {
  return Boolean(
    env.LORA_ID_TOKEN || (env.ACTIONS_ID_TOKEN_REQUEST_URL && env.ACTIONS_ID_TOKEN_REQUEST_TOKEN),
  );
}

/**
 * @param audience the registry's origin
 * @throws LoraError OIDC_REFUSED where the CI system gives none
 */
export async function readCiIdentity(env: NodeJS.ProcessEnv, audience: string): Promise<string> {
  if (env.LORA_ID_TOKEN) return env.LORA_ID_TOKEN;
  const url = new URL(env.ACTIONS_ID_TOKEN_REQUEST_URL ?? "");
  url.searchParams.set("audience", audience);
  const refused = (cause?: unknown) =>
    new LoraError("OIDC_REFUSED", "the CI system gives no token for this job", {
      hint: "give the job the permission id-token: write",
      cause,
    });
  const fetch = await environmentFetch();
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}`, accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw refused(cause);
  });
  const answer = response.ok ? ((await response.json().catch(() => ({}))) as { value?: unknown }) : {};
  const { value } = answer;
  if (typeof value === "string" && value !== "" && value.length <= MAX_TOKEN_LENGTH) return value;
  throw refused();
}
