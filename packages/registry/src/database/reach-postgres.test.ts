// SPDX-License-Identifier: Apache-2.0
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { assertReachable } from "./reach-postgres.ts";

let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** Something that listens and answers so, whatever is said to it. */
async function listen(answer: (socket: Socket) => void): Promise<string> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", () => answer(socket));
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `postgres://lora:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}/lora`;
}

/** As PostgreSQL says that it takes nobody: https://www.postgresql.org/docs/current/protocol-error-fields.html */
function refusal(code: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0Mno "hunter2"\0\0`);
  const head = Buffer.from("E\0\0\0\0");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

describe("a database that cannot be used", () => {
  it.each(["garbage", "mysql://lora@127.0.0.1/lora", "postgres://[::1/lora", "127.0.0.1:5432"])(
    "%s is no address of one",
    async (url) => {
      await expect(assertReachable(url)).rejects.toMatchObject({
        code: "USAGE",
        message: "DATABASE_URL is not the address of a PostgreSQL",
      });
    },
  );

  it.each([
    ["28P01", "USAGE", "PostgreSQL refuses DATABASE_URL: the password is wrong"],
    ["3D000", "USAGE", "PostgreSQL refuses DATABASE_URL: it has no such database"],
    ["57P03", "SERVICE_UNAVAILABLE", "the database of DATABASE_URL cannot be reached"],
  ])("and says %s is told as %s", async (state, code, message) => {
    const url = await listen((socket) => socket.end(refusal(state)));
    await expect(assertReachable(url, 3000)).rejects.toMatchObject({ code, message });
  });

  it.each<[string, (socket: Socket) => void]>([
    ["is a web server", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["says nothing", () => {}],
    ["hangs up", (socket) => socket.destroy()],
  ])("and %s is given up", async (_what, answer) => {
    const url = await listen(answer);
    await expect(assertReachable(url, 1000)).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });
});
