// SPDX-License-Identifier: Apache-2.0
import type { LoraError } from "@lora/client/errors";

/** The form in which OpenAI's clients expect an error. */
export function errorBody({ code, message, hint, kind }: LoraError) {
  const isModel = code === "NOT_FOUND" && message.includes("no model");
  return {
    error: {
      message: hint === undefined ? message : `${message} (${hint})`,
      type: kind.httpStatus < 500 ? "invalid_request_error" : "server_error",
      param: isModel ? "model" : null,
      code: isModel ? "model_not_found" : code.toLowerCase(),
    },
  };
}
