// SPDX-License-Identifier: Apache-2.0
import { type ErrorCode, LoraError } from "@lora/client/errors";

/** What better-auth throws, as far as it is read here; `body` has one form for accounts, the other for device logins. */
export interface AuthError {
  statusCode: number;
  body?: { code?: string; message?: string; error?: string; error_description?: string };
}

const CODE_OF_STATUS: Record<number, ErrorCode> = {
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  409: "NAME_TAKEN",
};

/** better-auth's codes that deserve more than their status. */
const KNOWN: Record<string, [ErrorCode, string]> = {
  INVALID_EMAIL_OR_PASSWORD: ["UNAUTHENTICATED", "the address or the password is wrong"],
  EMAIL_PASSWORD_SIGN_UP_DISABLED: ["FORBIDDEN", "this registry does not take new accounts"],
  NAME_TAKEN: ["NAME_TAKEN", "an account has this name already"],
  FAILED_TO_CREATE_USER: ["NAME_TAKEN", "an account has this name already"],
  access_denied: ["LOGIN_REFUSED", "the login was refused"],
  expired_token: ["LOGIN_REFUSED", "nobody approved the login in time"],
  invalid_grant: ["LOGIN_REFUSED", "the registry does not know this login"],
  invalid_request: ["LOGIN_REFUSED", "the registry does not know this code, or it was used already"],
};

/** Anything else is returned as it came. */
export function asLoraError(error: unknown): unknown {
  if (error instanceof LoraError || !isAuthError(error)) return error;
  return error.statusCode >= 500 ? error : refusalOf(error);
}

/** What a refusal of better-auth's is in the registry's words. */
export function refusalOf(error: AuthError): LoraError {
  const reason = error.body?.code ?? error.body?.error ?? "";
  const details = reason === "" ? {} : { details: { reason } };
  const known = KNOWN[reason];
  if (known !== undefined) return new LoraError(known[0], known[1], { ...details, cause: error });
  const message = error.body?.message ?? error.body?.error_description ?? "the request was refused";
  const code = CODE_OF_STATUS[error.statusCode] ?? "USAGE";
  return new LoraError(code, message, { ...details, cause: error });
}

/** Whether better-auth itself failed, and did not refuse. */
export function isOwnFailure(error: unknown): boolean {
  return isAuthError(error) && error.statusCode >= 500;
}

function isAuthError(error: unknown): error is AuthError {
  return error instanceof Error && error.name === "APIError" && "statusCode" in error;
}
