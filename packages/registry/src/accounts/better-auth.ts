// SPDX-License-Identifier: Apache-2.0
/**
 * better-auth as this registry wants it: e-mail and password, passkeys, device login; sessions in cookies. It is loaded
 * when the first request needs it, because a registry that only serves files never does.
 */
import { randomBytes } from "node:crypto";
import { LoraError } from "@lora/client/errors";
import type { Auth } from "better-auth";
import type { deviceAuthorization } from "better-auth/plugins/device-authorization";
import { eq } from "drizzle-orm";
import { type Database, settleSetting, tables } from "../database/index.ts";
import { parseAccountName } from "./account-name.ts";

export const AUTH_PATH = "/api/auth";
/** How the `lora` command names itself to the device login. */
export const DEVICE_CLIENT = "lora";
const MIN_PASSWORD_LENGTH = 10;
/** RFC 5321, 4.5.3.1.3, without the angle brackets. */
const MAX_EMAIL_LENGTH = 254;
const SESSION_SECONDS = 30 * 24 * 60 * 60;

export type BetterAuth = Auth<{ plugins: [ReturnType<typeof deviceAuthorization>] }>;

export async function makeBetterAuth(
  db: Database,
  origin: string,
  isSignUpClosed: boolean,
  limitSignIns: (email: string) => Promise<void>,
): Promise<BetterAuth> {
  const [
    { betterAuth },
    { drizzleAdapter },
    { deviceAuthorization: deviceLogin },
    { passkey },
    { APIError, createAuthMiddleware },
  ] = await Promise.all([
    import("better-auth/minimal"),
    import("better-auth/adapters/drizzle"),
    import("better-auth/plugins/device-authorization"),
    import("@better-auth/passkey"),
    import("better-auth/api"),
  ]);
  const { credentials, deviceCodes, passkeys, sessions, users, verifications } = tables;
  return betterAuth({
    appName: "lora",
    baseURL: origin,
    basePath: AUTH_PATH,
    secret: await settleSetting(db, "auth-secret", randomBytes(32).toString("base64url")),
    database: drizzleAdapter(db, {
      provider: "pg",
      transaction: true,
      schema: {
        user: users,
        session: sessions,
        account: credentials,
        verification: verifications,
        passkey: passkeys,
        deviceCode: deviceCodes,
      },
    }),
    emailAndPassword: {
      enabled: true,
      disableSignUp: isSignUpClosed,
      // Also makes it answer a known address as it answers a new one.
      autoSignIn: false,
      minPasswordLength: MIN_PASSWORD_LENGTH,
      maxPasswordLength: 128,
    },
    session: { expiresIn: SESSION_SECONDS, updateAge: 24 * 60 * 60 },
    plugins: [
      deviceLogin({
        expiresIn: "10m",
        interval: "2s",
        verificationUri: `${origin}/device`,
        validateClient: (id) => id === DEVICE_CLIENT,
      }),
      passkey({ rpName: "lora registry", rpID: new URL(origin).hostname, origin }),
    ],
    hooks: {
      before: createAuthMiddleware(async ({ path, body }) => {
        if (path === "/sign-in/email") await limitSignIns(String(body?.email));
        if (path !== "/sign-up/email") return;
        assertEmailLength(String(body?.email));
        // Before anything is said of the address: whether a name is taken everybody may know.
        const name = parseAccountName(String(body?.name));
        const taken = await db.select({ id: users.id }).from(users).where(eq(users.name, name));
        if (taken.length > 0) throw new APIError("CONFLICT", { code: "NAME_TAKEN" });
      }),
    },
    trustedOrigins: [origin],
    advanced: {
      cookiePrefix: "lora",
      useSecureCookies: origin.startsWith("https:"),
      defaultCookieAttributes: { sameSite: "lax", httpOnly: true },
      ipAddress: { disableIpTracking: true },
    },
    // The registry limits rates itself, and writes its own log, without addresses.
    rateLimit: { enabled: false },
    logger: { disabled: true },
    telemetry: { enabled: false },
    onAPIError: { throw: true },
  }) as unknown as BetterAuth;
}

/** @throws LoraError USAGE */
export function assertEmailLength(email: string): void {
  if (email.length <= MAX_EMAIL_LENGTH) return;
  throw new LoraError("USAGE", `an e-mail address has at most ${MAX_EMAIL_LENGTH} characters`);
}
