// SPDX-License-Identifier: Apache-2.0
/**
 * Accounts, as better-auth keeps them: the properties have the names that it expects (accounts/auth.ts).
 *
 *     users ─< sessions
 *       ├────< credentials
 *       ├────< passkeys
 *       └────< device_codes
 */
import { boolean, index, integer, pgTable, text, uniqueIndex } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

export const users = pgTable(
  "users",
  {
    /** Opaque: what the public log calls an owner. */
    id: text("id").primaryKey(),
    /** What people call the account: public, and chosen once. */
    name: text("name").notNull(),
    /** Lower case; told to nobody but the account itself. */
    email: text("email").notNull(),
    emailVerified: boolean("email_verified").notNull(),
    image: text("image"),
    /** May do everything, everywhere, as the admin token may. */
    isOperator: boolean("is_operator").notNull().default(false),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [uniqueIndex("users_name").on(table.name), uniqueIndex("users_email").on(table.email)],
);

const ownUser = () =>
  text("user_id")
    .notNull()
    .references(() => users.id, { onDelete: "cascade" });

/** Of browsers. */
export const sessions = pgTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    userId: ownUser(),
    /** Of no use without its signature, which the cookie has and this row has not. */
    token: text("token").notNull(),
    expiresAt: moment("expires_at").notNull(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [uniqueIndex("sessions_token").on(table.token), index("sessions_user").on(table.userId)],
);

/** A password each; the columns of other providers stay empty. */
export const credentials = pgTable(
  "credentials",
  {
    id: text("id").primaryKey(),
    userId: ownUser(),
    accountId: text("account_id").notNull(),
    providerId: text("provider_id").notNull(),
    /** scrypt, with its salt. */
    password: text("password"),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    idToken: text("id_token"),
    accessTokenExpiresAt: moment("access_token_expires_at"),
    refreshTokenExpiresAt: moment("refresh_token_expires_at"),
    scope: text("scope"),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [index("credentials_user").on(table.userId)],
);

/** Challenges that wait for their answer. */
export const verifications = pgTable(
  "verifications",
  {
    id: text("id").primaryKey(),
    identifier: text("identifier").notNull(),
    value: text("value").notNull(),
    expiresAt: moment("expires_at").notNull(),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [index("verifications_identifier").on(table.identifier)],
);

export const passkeys = pgTable(
  "passkeys",
  {
    id: text("id").primaryKey(),
    userId: ownUser(),
    name: text("name"),
    publicKey: text("public_key").notNull(),
    credentialID: text("credential_id").notNull(),
    counter: integer("counter").notNull(),
    deviceType: text("device_type").notNull(),
    backedUp: boolean("backed_up").notNull(),
    transports: text("transports"),
    aaguid: text("aaguid"),
    createdAt: moment("created_at"),
  },
  (table) => [
    index("passkeys_user").on(table.userId),
    uniqueIndex("passkeys_credential_id").on(table.credentialID),
  ],
);

/** Logins of the command line that wait for somebody to approve them. */
export const deviceCodes = pgTable(
  "device_codes",
  {
    id: text("id").primaryKey(),
    deviceCode: text("device_code").notNull(),
    userCode: text("user_code").notNull(),
    /** Whoever opened the page while signed in. */
    userId: text("user_id").references(() => users.id, { onDelete: "cascade" }),
    expiresAt: moment("expires_at").notNull(),
    status: text("status").notNull(),
    lastPolledAt: moment("last_polled_at"),
    /** Milliseconds. */
    pollingInterval: integer("polling_interval"),
    clientId: text("client_id"),
    /** What the token is to be called: the host that asks. */
    scope: text("scope"),
  },
  (table) => [
    uniqueIndex("device_codes_device_code").on(table.deviceCode),
    uniqueIndex("device_codes_user_code").on(table.userCode),
  ],
);
