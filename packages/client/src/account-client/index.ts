// SPDX-License-Identifier: Apache-2.0
export { type AccountClient, createAccountClient } from "./account-client.ts";
export { hasCiIdentity, readCiIdentity } from "./ci-identity.ts";
export { waitForLogin } from "./login.ts";
