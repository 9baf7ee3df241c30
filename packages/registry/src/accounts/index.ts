// SPDX-License-Identifier: Apache-2.0
export { parseAccountName } from "./account-name.ts";
export {
  type Accounts,
  callerOf,
  type DeviceLogin,
  type NewAccount,
  openAccounts,
  type StartedLogin,
  type Viewer,
} from "./accounts.ts";
export { lockAccount } from "./lock-account.ts";
export { type AccessOptions, DEFAULT_ACCESS } from "./options.ts";
export { listPasskeys, type Passkey, removePasskey } from "./passkeys.ts";
export { sweepExpired } from "./sweep-expired.ts";
