// Opening a page in the person's browser.

import { spawn } from "node:child_process";
import type { MiniflareOptions } from "../../../index.d.ts";
import { DEFAULT_PORT, isHttps } from "../server/server.ts";

/** What opens a URL, by platform. */
const OPENERS: Partial<Record<NodeJS.Platform, string[]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

const ANY_ADDRESS = new Set(["0.0.0.0", "::"]);

/** The page that a server's browser shows first. */
export function pageOf(options: MiniflareOptions, port = options.port ?? DEFAULT_PORT): string {
  const { host } = options;
  const name = host === undefined || ANY_ADDRESS.has(host) ? "localhost" : host;
  return `${isHttps(options) ? "https" : "http"}://${name.includes(":") ? `[${name}]` : name}:${port}/`;
}

/** Opens a URL; `failed` gets the reason if that cannot be done. */
export function openBrowser(url: string, failed: (reason: string) => void): void {
  const [command, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  const child = spawn(command, [...args, url], { stdio: "ignore", detached: true });
  child.once("error", ({ message }) => failed(message));
  child.once("exit", (code) => {
    if (code) failed(`${command} ended with exit code ${code}`);
  });
  child.unref();
}
