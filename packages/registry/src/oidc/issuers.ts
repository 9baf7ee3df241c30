// SPDX-License-Identifier: Apache-2.0
/**
 * CI systems whose word counts. Nobody else is asked for keys: a token that names another issuer is refused before
 * anything is fetched. The operator adds some as `provider=url`, separated by blanks or commas:
 *
 *     LORA_OIDC_ISSUERS="gitlab=https://gitlab.acme.example github=https://ghe.acme.example/_services/token"
 */
import { LoraError } from "@lora/client/errors";

export type Provider = "github" | "gitlab";

export interface IssuerOption {
  provider: Provider;
  /** `iss` of its tokens, without a slash at the end. */
  url: string;
}

export const KNOWN_ISSUERS: Record<Provider, string> = {
  github: "https://token.actions.githubusercontent.com",
  gitlab: "https://gitlab.com",
};

/** @throws LoraError USAGE */
export function parseIssuers(text: string): IssuerOption[] {
  return text
    .split(/[\s,]+/)
    .filter((part) => part !== "")
    .map((part) => {
      const [provider, ...rest] = part.split("=");
      const url = rest.join("=");
      const isWeb = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
      if ((provider === "github" || provider === "gitlab") && isWeb && !url.endsWith("/")) {
        return { provider, url };
      }
      throw new LoraError("USAGE", `${JSON.stringify(part)} is not a CI system`, {
        hint: "write LORA_OIDC_ISSUERS as gitlab=https://gitlab.example, or github=…",
      });
    });
}

export function allowedIssuers(extra: readonly IssuerOption[]): IssuerOption[] {
  const known = Object.entries(KNOWN_ISSUERS).map(([provider, url]) => ({ provider, url }) as IssuerOption);
  return [...known, ...extra];
}
