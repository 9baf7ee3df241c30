// SPDX-License-Identifier: Apache-2.0
/**
 * A CI system's issuer of job tokens, on the loopback: its discovery document, its keys, and the endpoint where a GitHub
 * job asks for a token. Signed with node's own crypto, so that what the registry verifies was not made by its own library.
 */
import { type BinaryLike, createSign, generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Claims = Record<string, unknown>;

export interface OidcIssuer extends AsyncDisposable {
  url: string;
  /** What the next job is; each token gets its own jti. */
  claims: Claims;
  /** Environment of a job. */
  jobEnv: Record<string, string>;
  /** A token with claims in place of others; undefined leaves one away. */
  sign(over?: Claims, header?: Record<string, unknown>): string;
  /** A token of these claims by a key that the issuer does not publish. */
  forge(over?: Claims): string;
  /** How often its keys were asked for. */
  keyRequests: number;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

export async function startOidcIssuer(audience: string): Promise<OidcIssuer> {
  const own = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", issuer.url);
    const answer = (body: unknown) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    };
    if (pathname === "/.well-known/openid-configuration") {
      answer({ issuer: issuer.url, jwks_uri: `${issuer.url}/keys` });
    } else if (pathname === "/keys") {
      issuer.keyRequests += 1;
      answer({ keys: [{ ...own.publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }] });
    } else if (pathname === "/job" && request.headers.authorization === "Bearer job-secret") {
      answer({ value: issuer.sign({ aud: searchParams.get("audience") }) });
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const sign = (key: typeof own.privateKey, over: Claims, header: Record<string, unknown>) => {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now, exp: now + 300 };
    const claims = { iss: url, aud: audience, jti: randomUUID(), ...times, ...issuer.claims, ...over };
    const text = `${encode({ alg: "RS256", typ: "JWT", kid: "1", ...header })}.${encode(claims)}`;
    const signature = createSign("RSA-SHA256")
      .update(text as BinaryLike)
      .sign(key);
    return `${text}.${signature.toString("base64url")}`;
  };
  const issuer: OidcIssuer = {
    url,
    keyRequests: 0,
    claims: {
      repository: "octo/abilities",
      repository_owner_id: "583231",
      workflow_ref: "octo/abilities/.github/workflows/release.yml@refs/heads/main",
      event_name: "push",
    },
    jobEnv: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/job?api-version=2`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job-secret",
    },
    sign: (over = {}, header = {}) => sign(own.privateKey, over, header),
    forge: (over = {}) => sign(other.privateKey, over, {}),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return issuer;
}
