// SPDX-License-Identifier: Apache-2.0
/**
 * llama-server's endpoints, by what a gateway has to do for them. Those that are not listed are not passed on: an
 * endpoint that computes without scales in its request would silently answer as the base.
 */
export type EndpointKind =
  /** Takes the `lora` member. */
  | "generate"
  /** Computes with the server's own scales, on a server that was started for it. */
  | "embed"
  /** Says or reckons something for which abilities do not matter. */
  | "plain";

const ENDPOINTS: Readonly<Record<string, EndpointKind>> = {
  "POST /v1/chat/completions": "generate",
  "POST /chat/completions": "generate",
  "POST /v1/completions": "generate",
  "POST /completions": "generate",
  "POST /completion": "generate",
  "POST /v1/responses": "generate",
  "POST /infill": "generate",
  "POST /v1/embeddings": "embed",
  "POST /embeddings": "embed",
  "POST /embedding": "embed",
  "POST /tokenize": "plain",
  "POST /detokenize": "plain",
  "POST /apply-template": "plain",
  "GET /props": "plain",
  "GET /slots": "plain",
  "GET /metrics": "plain",
  "GET /": "plain",
};

export function endpointKind(method: string, path: string): EndpointKind | undefined {
  const key = `${method} ${path}`;
  return Object.hasOwn(ENDPOINTS, key) ? ENDPOINTS[key] : undefined;
}
