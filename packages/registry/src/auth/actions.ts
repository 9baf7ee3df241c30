// SPDX-License-Identifier: Apache-2.0
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
export const ACTIONS = ["read", "publish-new", "publish-update", "yank", "owners", "tokens"] as const;
export type Action = (typeof ACTIONS)[number];
