// SPDX-License-Identifier: Apache-2.0
/** Opening a page in the user's browser, where there is one to open. */
import { spawn } from "node:child_process";

/** Whether a window is likely to appear where the user sits. */
function hasBrowser(env: NodeJS.ProcessEnv): boolean {
  if (env.SSH_CONNECTION || env.CI || !process.stderr.isTTY) return false;
  return process.platform !== "linux" || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

/** @param url controlled by the registry: only a web address is opened, and no shell sees it */
export function openBrowser(url: string, env: NodeJS.ProcessEnv = process.env): void {
  if (!hasBrowser(env) || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return;
  const [program, ...args] =
    process.platform === "win32"
      ? ["rundll32", "url.dll,FileProtocolHandler"]
      : [process.platform === "darwin" ? "open" : "xdg-open"];
  const child = spawn(program as string, [...args, new URL(url).href], { stdio: "ignore", detached: true });
  // Whoever has no such program reads the address in the terminal.
  child.on("error", () => {});
  child.unref();
}
