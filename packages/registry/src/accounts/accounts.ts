// SPDX-License-Identifier: Apache-2.0
/** Accounts and their sessions, as the rest of the registry uses them. Nothing here tells whether an address is known. */
import { LoraError } from "@lora/client/errors";
import { eq, sql } from "drizzle-orm";
import { ACTIONS, type Caller } from "../auth/index.ts";
import { type Database, tables } from "../database/index.ts";
import { parseAccountName } from "./account-name.ts";
import { asLoraError, isOwnFailure } from "./auth-errors.ts";
import { type BetterAuth, DEVICE_CLIENT, makeBetterAuth } from "./better-auth.ts";

/** Whoever is signed in with a browser. */
export interface Viewer {
  userId: string;
  name: string;
  email: string;
  isOperator: boolean;
}

export interface NewAccount {
  name: string;
  email: string;
  password: string;
  isOperator?: boolean;
}

export interface DeviceLogin {
  status: "pending" | "approved" | "denied";
  /** What asks, in its own words. */
  label: string;
}

export interface Accounts {
  isSignUpOpen: boolean;
  /** better-auth's own endpoints. @throws LoraError */
  handle(request: Request): Promise<Response>;
  /** By the session's cookie; undefined for somebody who is not signed in. */
  viewer(headers: Headers): Promise<Viewer | undefined>;
  /** @returns the cookies to set @throws LoraError UNAUTHENTICATED, the same for an unknown address and a wrong password */
  signIn(email: string, password: string, headers: Headers): Promise<string[]>;
  /** @returns the cookies to set */
  signOut(headers: Headers): Promise<string[]>;
  /** @throws LoraError FORBIDDEN where sign-up is closed, USAGE, NAME_INVALID, NAME_TAKEN; never whether the address is known */
  signUp(account: NewAccount, headers: Headers): Promise<void>;
  /** The operator's way, also where sign-up is closed. @throws LoraError NAME_TAKEN, for an address that is known too */
  createAccount(account: NewAccount): Promise<{ userId: string }>;
  setPassword(name: string, password: string): Promise<void>;
  startDeviceLogin(label: string): Promise<StartedLogin>;
  /** Looking at a code while signed in binds it to the account. Undefined for an unknown or expired one. */
  findDeviceLogin(userCode: string, headers: Headers): Promise<DeviceLogin | undefined>;
  /** @throws LoraError LOGIN_REFUSED, UNAUTHENTICATED */
  decideDeviceLogin(userCode: string, approve: boolean, headers: Headers): Promise<void>;
  /** Once. Undefined while nobody has decided. @throws LoraError LOGIN_REFUSED */
  redeemDeviceLogin(deviceCode: string): Promise<{ userId: string; label: string } | undefined>;
}

export interface StartedLogin {
  deviceCode: string;
  userCode: string;
  verificationUrl: string;
  verificationUrlComplete: string;
  expiresInSeconds: number;
  intervalSeconds: number;
}

/** As people type it, with or without its hyphen. */
const USER_CODE = /^[A-Za-z0-9-]{1,40}$/;

/** What a session may do: all that its account may. */
export function callerOf({ userId, name, isOperator }: Viewer): Caller {
  return {
    tokenId: undefined,
    name: `session of ${name}`,
    holder: { kind: isOperator ? "operator" : "user", userId },
    actions: ACTIONS,
    packages: null,
    networks: null,
  };
}

/** @param limitSignIns takes a try to sign in with an address, or throws */
export function openAccounts(
  db: Database,
  origin: string,
  signUp: "open" | "closed",
  limitSignIns: (email: string) => Promise<void> = async () => {},
): Accounts {
  const { deviceCodes, sessions, users } = tables;
  let opening: Promise<BetterAuth> | undefined;
  const open = () => {
    opening ??= makeBetterAuth(db, origin, signUp === "closed", limitSignIns).catch((error: unknown) => {
      // The database may have been away: the next request tries again.
      opening = undefined;
      throw error;
    });
    return opening;
  };
  /** better-auth keeps to itself what its failures come from; mostly the database is away. @throws what the driver throws */
  const assertDatabaseThere = () => db.execute(sql`select 1`);
  /** @throws LoraError in place of better-auth's own errors */
  const ask = async <Result>(question: (auth: BetterAuth) => Promise<Result>): Promise<Result> => {
    const auth = await open();
    return question(auth).catch(async (error: unknown) => {
      if (isOwnFailure(error)) await assertDatabaseThere();
      throw asLoraError(error);
    });
  };
  const cookiesOf = ({ headers }: { headers: Headers }) => headers.getSetCookie();

  return {
    isSignUpOpen: signUp === "open",
    handle: async (request) => {
      const answer = await ask((auth) => auth.handler(request));
      if (answer.status >= 500) await assertDatabaseThere();
      return answer;
    },

    async viewer(headers) {
      // Nobody's session needs better-auth to be loaded.
      if (!/(?:^|; ?)(?:__Secure-)?lora\.session_token=/.test(headers.get("cookie") ?? "")) return undefined;
      const session = await ask((auth) => auth.api.getSession({ headers }));
      if (session === null) return undefined;
      const [user] = await db.select().from(users).where(eq(users.id, session.user.id));
      if (user === undefined) return undefined;
      return { userId: user.id, name: user.name, email: user.email, isOperator: user.isOperator };
    },

    signIn: async (email, password, headers) =>
      cookiesOf(
        await ask((auth) =>
          auth.api.signInEmail({ body: { email, password }, headers, returnHeaders: true }),
        ),
      ),
    signOut: async (headers) =>
      cookiesOf(await ask((auth) => auth.api.signOut({ headers, returnHeaders: true }))),
    async signUp({ name, email, password }, headers) {
      if (signUp === "closed") throw signUpClosed();
      await ask((auth) => auth.api.signUpEmail({ body: { name, email, password }, headers }));
    },

    async createAccount({ name, email, password, isOperator = false }) {
      parseAccountName(name);
      const auth = await open();
      const { internalAdapter, password: passwords } = await auth.$context;
      assertPassword(password, passwords.config.minPasswordLength);
      const hash = await passwords.hash(password);
      const user = await internalAdapter
        .createUser({ name, email: email.toLowerCase(), emailVerified: false }, { method: "email-password" })
        .catch((cause: unknown) => {
          throw new LoraError("NAME_TAKEN", "there is an account of this name or address already", { cause });
        });
      await internalAdapter.linkAccount({
        userId: user.id,
        providerId: "credential",
        accountId: user.id,
        password: hash,
      });
      if (isOperator) await db.update(users).set({ isOperator }).where(eq(users.id, user.id));
      return { userId: user.id };
    },

    async setPassword(name, password) {
      const auth = await open();
      const { internalAdapter, password: passwords } = await auth.$context;
      assertPassword(password, passwords.config.minPasswordLength);
      const [user] = await db.select({ id: users.id }).from(users).where(eq(users.name, name));
      if (user === undefined) throw new LoraError("ACCOUNT_NOT_FOUND", `there is no account ${name}`);
      await internalAdapter.updatePassword(user.id, await passwords.hash(password));
      await db.delete(sessions).where(eq(sessions.userId, user.id));
    },

    async startDeviceLogin(label) {
      const body = { client_id: DEVICE_CLIENT, scope: label };
      const started = await ask((auth) => auth.api.deviceCode({ body }));
      return {
        deviceCode: started.device_code,
        userCode: started.user_code.replace(/^(.{4})(.{4})$/, "$1-$2"),
        verificationUrl: started.verification_uri,
        verificationUrlComplete: started.verification_uri_complete,
        expiresInSeconds: started.expires_in,
        intervalSeconds: started.interval,
      };
    },

    async findDeviceLogin(userCode, headers) {
      if (!USER_CODE.test(userCode)) return undefined;
      const found = await ask((auth) =>
        auth.api.deviceVerify({ query: { user_code: userCode }, headers }),
      ).catch((error: unknown) => {
        if (error instanceof LoraError && error.kind.httpStatus < 500) return undefined;
        throw error;
      });
      if (found === undefined) return undefined;
      return { status: found.status as DeviceLogin["status"], label: found.scope ?? "" };
    },

    async decideDeviceLogin(userCode, approve, headers) {
      if (!USER_CODE.test(userCode))
        throw new LoraError("LOGIN_REFUSED", "the registry does not know this code");
      await ask(async ({ api }) => {
        await api.deviceVerify({ query: { user_code: userCode }, headers });
        await (approve ? api.deviceApprove : api.deviceDeny)({ body: { userCode }, headers });
      });
    },

    async redeemDeviceLogin(deviceCode) {
      const [row] = await db
        .select({ label: deviceCodes.scope })
        .from(deviceCodes)
        .where(eq(deviceCodes.deviceCode, deviceCode));
      const body = {
        grant_type: "urn:ietf:params:oauth:grant-type:device_code",
        device_code: deviceCode,
        client_id: DEVICE_CLIENT,
      } as const;
      const redeemed = await ask((auth) => auth.api.deviceToken({ body })).catch((error: unknown) => {
        const reason = error instanceof LoraError ? error.details?.reason : undefined;
        if (reason === "authorization_pending" || reason === "slow_down") return undefined;
        throw error;
      });
      if (redeemed === undefined) return undefined;
      // It came as a browser's session; what the command line gets is a token of its own.
      const [session] = await db
        .delete(sessions)
        .where(eq(sessions.token, redeemed.access_token))
        .returning({ userId: sessions.userId });
      if (session === undefined) throw new Error("a redeemed login has no session");
      return { userId: session.userId, label: row?.label ?? "" };
    },
  };
}

function assertPassword(password: string, minLength: number): void {
  if (password.length >= minLength && password.length <= 128) return;
  throw new LoraError("USAGE", `a password has ${minLength} to 128 characters`);
}

function signUpClosed(): LoraError {
  return new LoraError("FORBIDDEN", "this registry does not take new accounts", {
    hint: "ask its operator for one",
  });
}
