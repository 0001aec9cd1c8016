import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const DIRECTORIES = 100;
const FILES_EACH = 100;
const BYTES_EACH = 2048;

/** Writes the context that every peer builds: a Dockerfile and 10,000 small files. Gives its path. */
export function writeContext(directory: string, base: string): string {
  for (let d = 0; d < DIRECTORIES; d += 1) {
    mkdirSync(join(directory, `files/${d}`), { recursive: true });
    for (let f = 0; f < FILES_EACH; f += 1)
      writeFileSync(join(directory, `files/${d}/${f}.txt`), contentOf(`${d}/${f}`));
  }
  writeFileSync(join(directory, "Dockerfile"), dockerfile(base));
  return directory;
}

/** Gives one file of the context a content that it never had. */
export function changeOneFile(directory: string): void {
  changes += 1;
  writeFileSync(join(directory, "files/50/50.txt"), contentOf(`change ${changes} of ${process.pid}`));
}

let changes = 0;

function contentOf(name: string): string {
  return `${name}\n`.padEnd(BYTES_EACH, `${name} is neither all alike nor random. `);
}

function dockerfile(base: string): string {
  return `FROM ${base}
ENV LANG=C.UTF-8
LABEL org.opencontainers.image.title=bench
WORKDIR /app
COPY files /app/files
RUN echo one > /app/one
RUN cat /app/one /app/one > /app/two
RUN useradd --create-home app
RUN find /app/files -type f | wc -l > /app/count
EXPOSE 8080
CMD ["cat", "/app/count"]
`;
}
