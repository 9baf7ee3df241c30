// SPDX-License-Identifier: Apache-2.0
import type { Deps } from "../../deps.ts";
import type { RequestContext } from "../../http/context.ts";

/** For a person who opens the registry in a browser. */
export function getHome({ origin }: Deps) {
  return (c: RequestContext) => {
    c.header(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    c.header("cache-control", "public, max-age=300");
    const page = (
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>lora registry</title>
          <style>
            {"body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}"}
          </style>
        </head>
        <body>
          <h1>lora registry</h1>
          <p>
            This is <code>{origin}</code>, a registry of abilities: LoRA adapters that are installed onto a
            model on your own disk.
          </p>
          <p>Use it from a project:</p>
          <pre>
            <code>{`export LORA_REGISTRY=${origin}\nlora init --model model.gguf\nlora install @scope/name`}</code>
          </pre>
          <p>
            Programs read <a href="/registry.json">/registry.json</a>; the API is described at{" "}
            <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>, the manifest at{" "}
            <a href="/schema/lora.json">/schema/lora.json</a>.
          </p>
        </body>
      </html>
    );
    return c.html(`<!DOCTYPE html>${page}`);
  };
}
