// SPDX-License-Identifier: Apache-2.0
import { describeAnswers } from "../support/answers-suite.ts";

await describeAnswers("embedded");
