// SPDX-License-Identifier: Apache-2.0
import { LoraError } from "@lora/client/errors";

/** What is to be said above a form that was refused. @throws whatever is not the visitor's to mend */
export function problemOf(error: unknown): LoraError {
  if (error instanceof LoraError && error.kind.httpStatus < 500) return error;
  throw error;
}
