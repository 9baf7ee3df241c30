// SPDX-License-Identifier: Apache-2.0
export { type Divergence, divergenceOf } from "./divergence.ts";
export {
  type AbilityReport,
  type AbilityUnderTest,
  type Example,
  type ExampleReport,
  testAbility,
  type Verdict,
} from "./test-ability.ts";
export { type DraftReport, testDraft } from "./test-draft.ts";
export { type TestProjectOptions, testProject } from "./test-project.ts";
