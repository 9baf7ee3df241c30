// SPDX-License-Identifier: Apache-2.0
export const accountPath = "/account";

export function ownScopePath(scope: string): string {
  return `/account/scopes/${scope}`;
}

export function organisationPath(name: string): string {
  return `/account/organisations/${name}`;
}
