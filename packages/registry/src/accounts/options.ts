// SPDX-License-Identifier: Apache-2.0
import type { IssuerOption } from "../oidc/issuers.ts";

/** What an operator decides about accounts. */
export interface AccessOptions {
  /** `closed`: accounts are made by `lora-registry user add` alone. */
  signUp: "open" | "closed";
  /** How many proxies of the operator's own every request comes through. */
  trustedProxies: number;
  /** CI systems besides the ones that are known anyway. */
  issuers: readonly IssuerOption[];
}

export const DEFAULT_ACCESS: AccessOptions = { signUp: "open", trustedProxies: 0, issuers: [] };
