// SPDX-License-Identifier: Apache-2.0
/** Bodies of the API that says who may act: logins, tokens, owners, organisations, publishers, visibility. */
import { z } from "zod";
import { isoTimeSchema, lineSchema, packageNameSchema, scopeNameSchema } from "./fields.ts";

/**
 * What a token may be allowed to do.
 *
 *     read            see private packages
 *     publish-new     publish the first version of a package
 *     publish-update  publish further ones, deprecate, set dist-tags
 *     yank            yank, and take it back
 *     owners          make scopes, and say who may act for them, with which keys, and who sees what
 *     tokens          make, list and revoke the account's tokens
 */
export const TOKEN_ACTIONS = ["read", "publish-new", "publish-update", "yank", "owners", "tokens"] as const;
/** What an account is to a scope or an organisation; the lowest first. Each may do what those before it may. */
export const SCOPE_ROLES = ["reader", "publisher", "owner"] as const;
export const VISIBILITIES = ["public", "private"] as const;
export const DEFAULT_TOKEN_DAYS = 30;
export const MAX_TOKEN_DAYS = 365;
const MAX_PATTERNS = 20;

const WORDS = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
/** Of an account or an organisation: as a scope's, without the at sign. */
export const accountNameSchema = z
  .string()
  .max(39)
  .regex(WORDS, "is not made of letters a-z, digits and single hyphens");
/** An account, `alice`, or an organisation, `org:acme`. */
export const holderSchema = z
  .string()
  .max(43)
  .regex(/^(?:org:)?[a-z0-9]+(?:-[a-z0-9]+)*$/, "is neither an account nor org: and an organisation");
export const roleSchema = z.enum(SCOPE_ROLES);
const actionSchema = z.enum(TOKEN_ACTIONS);

/** `POST /api/v1/login` */
export const loginRequestSchema = z.strictObject({
  /** What asks, for the person who approves: a host's name. It becomes the token's name. */
  label: lineSchema(100).regex(/\S/, "says nothing"),
});
export const loginResponseSchema = z.object({
  /** Secret: whoever has it gets the token. */
  deviceCode: z.string().max(200),
  userCode: lineSchema(20),
  /** Where the code is typed in, and the same with the code in it. */
  verificationUrl: lineSchema(400),
  verificationUrlComplete: lineSchema(400),
  expiresInSeconds: z.int().min(1),
  intervalSeconds: z.int().min(1),
});
/** `POST /api/v1/login/token` */
export const loginTokenRequestSchema = z.strictObject({
  deviceCode: z
    .string()
    .max(200)
    .regex(/^[\w-]+$/, "is not the code of a login"),
});

export const tokenSchema = z.object({
  id: z.int().min(0),
  name: lineSchema(200),
  actions: z.array(lineSchema(40)),
  /** Patterns such as `@acme/*`; missing for every package. */
  packages: z.array(lineSchema(110)).optional(),
  /** CIDR; missing for any address. */
  networks: z.array(lineSchema(50)).optional(),
  createdAt: isoTimeSchema,
  expiresAt: isoTimeSchema.optional(),
  /** To the hour. */
  lastUsedAt: isoTimeSchema.optional(),
});
/** The one answer that has the token itself. */
export const newTokenSchema = tokenSchema.extend({ token: z.string() });
export const loginTokenResponseSchema = z.union([
  z.object({ status: z.literal("pending") }),
  z.object({ status: z.literal("approved"), ...newTokenSchema.shape }),
]);
/** `POST /api/v1/tokens` */
export const createTokenRequestSchema = z.strictObject({
  name: lineSchema(100).regex(/\S/, "says nothing"),
  actions: z.array(actionSchema).min(1).max(TOKEN_ACTIONS.length),
  packages: z
    .array(
      z
        .string()
        .max(110)
        .regex(/^@[a-z0-9.*_-]+\/[a-z0-9.*_-]+$/, "is not a pattern such as @acme/*"),
    )
    .min(1)
    .max(MAX_PATTERNS)
    .optional(),
  networks: z
    .array(z.union([z.cidrv4(), z.cidrv6()]))
    .min(1)
    .max(MAX_PATTERNS)
    .optional(),
  expiresInDays: z.int().min(1).max(MAX_TOKEN_DAYS).default(DEFAULT_TOKEN_DAYS),
});
export const tokensResponseSchema = z.object({ tokens: z.array(tokenSchema) });

/** `GET /api/v1/scopes/@scope/owners` */
export const ownersResponseSchema = z.object({
  scope: scopeNameSchema,
  owners: z.array(z.object({ name: holderSchema, role: roleSchema, addedAt: isoTimeSchema })),
});
/** `PUT …/owners/alice`, `PUT …/members/alice` */
export const roleRequestSchema = z.strictObject({ role: roleSchema });

/** `POST /api/v1/organisations` */
export const createOrganisationRequestSchema = z.strictObject({ name: accountNameSchema });
export const organisationsResponseSchema = z.object({
  organisations: z.array(z.object({ name: accountNameSchema, role: roleSchema })),
});
export const membersResponseSchema = z.object({
  organisation: accountNameSchema,
  members: z.array(z.object({ name: accountNameSchema, role: roleSchema, addedAt: isoTimeSchema })),
});

/** `PUT /api/v1/scopes/@scope/visibility`; null is what the scope is, for a package. */
export const scopeVisibilityRequestSchema = z.strictObject({ visibility: z.enum(VISIBILITIES) });
export const packageVisibilityRequestSchema = z.strictObject({
  visibility: z.enum(VISIBILITIES).nullable(),
});
export const visibilityResponseSchema = z.object({
  name: z.union([packageNameSchema, scopeNameSchema]),
  visibility: z.enum(VISIBILITIES),
});

/** `POST /api/v1/packages/@scope/name/publishers`: a workflow of a CI system that may publish the package. */
export const publisherRequestSchema = z.strictObject({
  /** Of the CI system; missing for the best known of its kind. */
  issuer: z.url().max(200).optional(),
  provider: z.enum(["github", "gitlab"]),
  /** The numeric id of who owns the repository. */
  ownerId: z.string().regex(/^\d{1,20}$/, "is not a numeric id"),
  /** `octo/abilities` */
  repository: lineSchema(300).regex(/^[^\s/]+(?:\/[^\s/]+)+$/, "is not a repository such as octo/abilities"),
  /** Its file: `release.yml` for GitHub (below .github/workflows/), `.gitlab-ci.yml` for GitLab. */
  workflow: lineSchema(200).regex(/^[\w.][\w./-]*$/, "is not a workflow's file"),
  environment: lineSchema(100).optional(),
});
export const publisherSchema = z.object({
  id: z.int().min(0),
  package: packageNameSchema,
  provider: lineSchema(20),
  issuer: lineSchema(200),
  ownerId: lineSchema(20),
  repository: lineSchema(300),
  workflow: lineSchema(200),
  environment: lineSchema(100).optional(),
  addedAt: isoTimeSchema,
  lastUsedAt: isoTimeSchema.optional(),
});
export const publishersResponseSchema = z.object({ publishers: z.array(publisherSchema) });
/** `POST /api/v1/oidc/token` */
export const oidcTokenRequestSchema = z.strictObject({
  package: packageNameSchema,
  /** The CI system's token for the audience that this registry's origin is. */
  idToken: z.string().max(16 * 1024),
});

export type TokenAction = (typeof TOKEN_ACTIONS)[number];
export type ScopeRole = (typeof SCOPE_ROLES)[number];
export type Visibility = (typeof VISIBILITIES)[number];
export type Login = z.output<typeof loginResponseSchema>;
export type LoginOutcome = z.output<typeof loginTokenResponseSchema>;
export type TokenInfo = z.output<typeof tokenSchema>;
export type NewToken = z.output<typeof newTokenSchema>;
export type CreateTokenRequest = z.input<typeof createTokenRequestSchema>;
export type Owners = z.output<typeof ownersResponseSchema>;
export type Organisations = z.output<typeof organisationsResponseSchema>;
export type Members = z.output<typeof membersResponseSchema>;
export type PublisherRequest = z.output<typeof publisherRequestSchema>;
export type Publisher = z.output<typeof publisherSchema>;
