// SPDX-License-Identifier: Apache-2.0
/** The part of a registry's API that says who may act. Nothing that comes from here is printed before it is checked. */
import type { z } from "zod";
import {
  type CreateTokenRequest,
  type Login,
  type LoginOutcome,
  loginResponseSchema,
  loginTokenResponseSchema,
  type Members,
  membersResponseSchema,
  type NewToken,
  newTokenSchema,
  type Organisations,
  type Owners,
  organisationsResponseSchema,
  ownersResponseSchema,
  type Publisher,
  type PublisherRequest,
  publisherSchema,
  publishersResponseSchema,
  type ScopeRole,
  type TokenInfo,
  tokensResponseSchema,
  type Visibility,
  visibilityResponseSchema,
} from "../documents/index.ts";
import { parseStrictJson, parseWith } from "../json/index.ts";
import type { PackageName, ScopeName } from "../names.ts";
import { type HttpRequest, readBody, sendRequest } from "../registry-client/http.ts";

const ANSWER_BYTES = 1024 * 1024;

export interface AccountClient {
  readonly url: string;
  startLogin(label: string): Promise<Login>;
  /** @throws LoraError LOGIN_REFUSED */
  finishLogin(deviceCode: string): Promise<LoginOutcome>;
  /** The token that this client has. */
  revokeOwnToken(): Promise<void>;
  tokens(): Promise<TokenInfo[]>;
  createToken(request: CreateTokenRequest): Promise<NewToken>;
  revokeToken(id: number): Promise<void>;
  owners(scope: ScopeName): Promise<Owners>;
  /** @param holder an account, or `org:` and an organisation; null takes its role away */
  setOwner(scope: ScopeName, holder: string, role: ScopeRole | null): Promise<Owners>;
  organisations(): Promise<Organisations["organisations"]>;
  createOrganisation(name: string): Promise<void>;
  members(organisation: string): Promise<Members>;
  setMember(organisation: string, member: string, role: ScopeRole | null): Promise<Members>;
  /** @param visibility null leaves it to the scope, for a package */
  setVisibility(target: ScopeName | PackageName, visibility: Visibility | null): Promise<Visibility>;
  publishers(name: PackageName): Promise<Publisher[]>;
  addPublisher(name: PackageName, request: PublisherRequest): Promise<Publisher>;
  removePublisher(name: PackageName, id: number): Promise<Publisher[]>;
  /** @param idToken of a CI system, for the audience that the registry's origin is @throws LoraError OIDC_REFUSED */
  exchangeIdToken(name: PackageName, idToken: string): Promise<NewToken>;
}

/** @param url without a slash at the end @param token sent to this address only */
export function createAccountClient(url: string, token?: string): AccountClient {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const call = async <Schema extends z.ZodType>(
    schema: Schema,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<z.output<Schema>> => {
    const request: HttpRequest = { url: new URL(`${url}/api/v1${path}`), method, headers: authorization };
    if (body !== undefined) {
      request.headers = { ...authorization, "content-type": "application/json" };
      request.body = JSON.stringify(body);
    }
    const source = `the answer to ${method} ${request.url.pathname}`;
    const answer = parseStrictJson(await readBody(await sendRequest(request), ANSWER_BYTES), source);
    return parseWith(schema, answer, { code: "REGISTRY_PROTOCOL", source });
  };
  const ignore = async (method: string, path: string, body?: unknown): Promise<void> => {
    const { z } = await import("zod");
    await call(z.unknown(), method, path, body);
  };
  const setRole = <Schema extends z.ZodType>(schema: Schema, path: string, role: ScopeRole | null) =>
    role === null ? call(schema, "DELETE", path) : call(schema, "PUT", path, { role });

  return {
    url,
    startLogin: (label) => call(loginResponseSchema, "POST", "/login", { label }),
    finishLogin: (deviceCode) => call(loginTokenResponseSchema, "POST", "/login/token", { deviceCode }),
    revokeOwnToken: () => ignore("DELETE", "/tokens/current"),
    tokens: async () => (await call(tokensResponseSchema, "GET", "/tokens")).tokens,
    createToken: (request) => call(newTokenSchema, "POST", "/tokens", request),
    revokeToken: (id) => ignore("DELETE", `/tokens/${id}`),
    owners: (scope) => call(ownersResponseSchema, "GET", `/scopes/${scope}/owners`),
    setOwner: (scope, holder, role) =>
      setRole(ownersResponseSchema, `/scopes/${scope}/owners/${holder}`, role),
    organisations: async () =>
      (await call(organisationsResponseSchema, "GET", "/organisations")).organisations,
    createOrganisation: (name) => ignore("POST", "/organisations", { name }),
    members: (organisation) => call(membersResponseSchema, "GET", `/organisations/${organisation}/members`),
    setMember: (organisation, member, role) =>
      setRole(membersResponseSchema, `/organisations/${organisation}/members/${member}`, role),
    async setVisibility(target, visibility) {
      const path = target.includes("/") ? `/packages/${target}` : `/scopes/${target}`;
      const answer = await call(visibilityResponseSchema, "PUT", `${path}/visibility`, { visibility });
      return answer.visibility;
    },
    publishers: async (name) =>
      (await call(publishersResponseSchema, "GET", `/packages/${name}/publishers`)).publishers,
    addPublisher: (name, request) => call(publisherSchema, "POST", `/packages/${name}/publishers`, request),
    removePublisher: async (name, id) =>
      (await call(publishersResponseSchema, "DELETE", `/packages/${name}/publishers/${id}`)).publishers,
    exchangeIdToken: (name, idToken) =>
      call(newTokenSchema, "POST", "/oidc/token", { package: name, idToken }),
  };
}
