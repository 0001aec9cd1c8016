import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Test } from "tap";

/** PEM texts. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A fresh self-signed certificate for a name, e.g. `IP:127.0.0.1` or `DNS:localhost`. */
export async function makeCertificate(t: Test, name: string): Promise<Certificate> {
  const directory = t.testdir();
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const subject = ["-subj", "/CN=test", "-addext", `subjectAltName=${name}`];
  await promisify(execFile)("openssl", [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "2",
    "-keyout",
    key,
    "-out",
    cert,
    ...subject,
  ]);
  return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
}
