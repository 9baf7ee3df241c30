// SPDX-License-Identifier: Apache-2.0
/** A CI system's token: is it one, for this registry, from a system that counts, now? */
import { LoraError } from "@lora/client/errors";
import type { JWTPayload, JWTVerifyGetKey } from "jose";
import { refusedClaim } from "./identity.ts";
import type { IssuerOption } from "./issuers.ts";

const FETCH_TIMEOUT_MS = 5000;
const CLOCK_TOLERANCE_SECONDS = 30;
const MAX_AGE_SECONDS = 60 * 60;
const MAX_DISCOVERY_BYTES = 64 * 1024;
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"];

export interface VerifiedIdToken {
  issuer: IssuerOption;
  claims: JWTPayload & { jti: string; exp: number };
}

/**
 * @param audience what the token must be for: this registry's origin
 * @returns @throws LoraError OIDC_REFUSED with the claim that failed; SERVICE_UNAVAILABLE where the keys cannot be had
 */
export function createIdTokenVerifier(
  issuers: readonly IssuerOption[],
  audience: string,
): (idToken: string) => Promise<VerifiedIdToken> {
  const keys = new Map<string, Promise<JWTVerifyGetKey>>();
  const keysOf = ({ url }: IssuerOption) => {
    const known = keys.get(url) ?? findKeys(url);
    keys.set(url, known);
    known.catch(() => keys.delete(url));
    return known;
  };
  return async (idToken) => {
    const { decodeJwt, jwtVerify } = await import("jose");
    const issuer = findIssuer(issuers, decodeJwt, idToken);
    const { payload } = await jwtVerify(idToken, await keysOf(issuer), {
      issuer: issuer.url,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ["exp", "iat", "jti"],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      maxTokenAge: MAX_AGE_SECONDS,
    }).catch((error: unknown) => {
      throw asRefusal(error, audience);
    });
    if (typeof payload.jti !== "string" || payload.jti.length > 500 || payload.exp === undefined) {
      throw refusedClaim("jti", undefined, "it is not an id");
    }
    return { issuer, claims: { ...payload, jti: payload.jti, exp: payload.exp } };
  };
}

/** Before anything is fetched: who may choose what this process connects to is the operator, not the caller. */
function findIssuer(
  issuers: readonly IssuerOption[],
  decode: (token: string) => JWTPayload,
  idToken: string,
): IssuerOption {
  let iss: unknown;
  try {
    iss = decode(idToken).iss;
  } catch (cause) {
    throw new LoraError("OIDC_REFUSED", "the CI token is not a JSON Web Token", { cause });
  }
  const issuer = issuers.find(({ url }) => url === iss);
  if (issuer !== undefined) return issuer;
  throw refusedClaim("iss", String(iss), "this registry does not take tokens of that CI system");
}

async function findKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const { createRemoteJWKSet } = await import("jose");
  const unavailable = (cause?: unknown) =>
    new LoraError("SERVICE_UNAVAILABLE", `the keys of ${issuer} cannot be had`, { cause });
  const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
    redirect: "error",
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw unavailable(cause);
  });
  const text = response.ok ? await response.text().catch(() => "") : "";
  const uri = text.length > MAX_DISCOVERY_BYTES ? undefined : readKeysUri(text);
  // An issuer's keys are at the issuer: its document must not send this process elsewhere.
  if (uri === undefined || uri.origin !== new URL(issuer).origin) throw unavailable();
  return createRemoteJWKSet(uri, { timeoutDuration: FETCH_TIMEOUT_MS, cooldownDuration: 10_000 });
}

function readKeysUri(text: string): URL | undefined {
  try {
    const { jwks_uri: uri } = JSON.parse(text) as { jwks_uri?: unknown };
    return typeof uri === "string" && URL.canParse(uri) ? new URL(uri) : undefined;
  } catch {
    return undefined;
  }
}

function asRefusal(error: unknown, audience: string): unknown {
  if (!(error instanceof Error) || !("code" in error)) return asUnavailable(error);
  const claim = "claim" in error && typeof error.claim === "string" ? error.claim : undefined;
  switch (error.code) {
    case "ERR_JWT_EXPIRED":
      return refusedClaim(claim ?? "exp", undefined, "the token is expired");
    case "ERR_JWT_CLAIM_VALIDATION_FAILED":
      return refusedClaim(
        claim ?? "",
        undefined,
        claim === "aud" ? `ask the CI system for the audience ${audience}` : error.message,
      );
    case "ERR_JWKS_NO_MATCHING_KEY":
    case "ERR_JWS_SIGNATURE_VERIFICATION_FAILED":
    case "ERR_JWKS_MULTIPLE_MATCHING_KEYS":
    case "ERR_JOSE_ALG_NOT_ALLOWED":
    case "ERR_JOSE_NOT_SUPPORTED":
    case "ERR_JWS_INVALID":
    case "ERR_JWT_INVALID":
      return new LoraError("OIDC_REFUSED", "the CI token's signature does not verify", {
        details: { claim: "signature" },
        cause: error,
      });
    default:
      return asUnavailable(error);
  }
}

function asUnavailable(cause: unknown): LoraError {
  return new LoraError("SERVICE_UNAVAILABLE", "the keys of the CI system cannot be had", { cause });
}
