import { spawn } from "node:child_process";
import { createGunzip } from "node:zlib";
import { startWebServer, type WebServer } from "./web-server.ts";
import type { Lifetime } from "./temporary.ts";

/**
 * Serves the repositories below a directory over http, by git's own CGI program.
 * @param authorization what a request must bring as the header of this name
 */
export function startGitServer(t: Lifetime, root: string, authorization?: string): Promise<WebServer> {
  return startWebServer(t, (request, response) => {
    if (authorization !== undefined && request.headers.authorization !== authorization)
      return void response.writeHead(401, { "www-authenticate": "Basic" }).end();
    const { pathname, search } = new URL(request.url ?? "", "http://localhost");
    const child = spawn("git", ["http-backend"], {
      stdio: ["pipe", "pipe", "ignore"],
      env: {
        PATH: process.env["PATH"],
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: "1",
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: "safe.directory",
        GIT_CONFIG_VALUE_0: "*",
        PATH_INFO: decodeURIComponent(pathname),
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        ...(request.headers["git-protocol"] === undefined
          ? {}
          : { GIT_PROTOCOL: String(request.headers["git-protocol"]) }),
      },
    });
    const body = request.headers["content-encoding"] === "gzip" ? request.pipe(createGunzip()) : request;
    body.pipe(child.stdin).on("error", () => undefined);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", () => {
      const answer = Buffer.concat(chunks);
      const end = answer.indexOf("\r\n\r\n");
      let status = 200;
      for (const line of answer.subarray(0, end).toString().split("\r\n")) {
        const [name = "", value = ""] = line.split(/: (.*)/);
        if (name.toLowerCase() === "status") status = Number(value.slice(0, 3));
        else response.setHeader(name, value);
      }
      response.writeHead(status).end(answer.subarray(end + 4));
    });
  });
}
