// SPDX-License-Identifier: Apache-2.0
export {
  assertMember,
  createOrganisation,
  listMembers,
  listOrganisations,
  setMember,
} from "./organisations.ts";
