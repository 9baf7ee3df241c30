// SPDX-License-Identifier: Apache-2.0
/** What a token may be allowed to do. `owners`: make scopes and say who may publish to them. */
export const ACTIONS = ["publish-new", "publish-update", "yank", "owners"] as const;
export type Action = (typeof ACTIONS)[number];
