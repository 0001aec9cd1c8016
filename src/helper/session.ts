import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { OciBuildError, messageOf } from "../errors.ts";
import { span } from "../progress/span.ts";
import { decodeObject, decodeOptional, decodeString } from "./decode.ts";
import { encodeFrame, type Frame, FrameKind, FrameReader } from "./frames.ts";
import { decoders, type HelloResult, type Method, PROTOCOL_VERSION, type Requests } from "./messages.ts";

export interface SessionOptions {
  /** Path of the helper program. */
  readonly helper: string;
  /** False for commands that only need locks: the helper then enters no namespace. */
  readonly namespace: boolean;
  /** Which of this process's standard streams the helper, and what runs in it, gets. */
  readonly stdio: SessionStdio;
}

export type SessionStdio = "none" | "output" | "all";

export interface CallHandlers<M extends Method> {
  readonly onEvent?: (event: Requests[M]["event"]) => void;
  readonly onOutput?: (stream: "stdout" | "stderr", chunk: Buffer) => void;
}

/** A request under way. */
export interface Call<M extends Method> {
  readonly result: Promise<Requests[M]["result"]>;
  /** Tells the helper something about this request. Ignored once the request has ended. */
  notify(notice: Requests[M]["notice"]): void;
}

interface Pending {
  readonly settle: (frame: Frame) => void;
  readonly fail: (error: OciBuildError) => void;
  readonly event: (value: unknown) => void;
  readonly output: (stream: "stdout" | "stderr", chunk: Buffer) => void;
}

/** Starts the helper and agrees on the protocol. @throws OciBuildError `helper-missing`, `helper-version`, `helper-died` */
export async function openSession(options: SessionOptions): Promise<HelperSession> {
  const session = new HelperSession(options);
  try {
    const hello = await session.call("hello", { protocol: PROTOCOL_VERSION });
    if (hello.protocol !== PROTOCOL_VERSION)
      throw new OciBuildError(
        "helper-version",
        `${options.helper} speaks protocol ${hello.protocol}, this oci-build speaks ${PROTOCOL_VERSION}`,
        { hint: "rebuild it with `npm run build`, or install the same version of both packages" },
      );
    session.hello = hello;
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * One helper process and the requests that run in it. Requests run side by side. When the helper dies every request
 * fails with `helper-died`; when this process dies the helper ends itself and all that it started.
 */
export class HelperSession {
  hello: HelloResult | undefined;
  readonly #process: ChildProcess;
  readonly #socket: Duplex;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  readonly #helper: string;
  #nextRequest = 1;
  #ended: OciBuildError | undefined;
  #complaints = "";

  constructor(options: SessionOptions) {
    this.#helper = options.helper;
    const input = options.stdio === "all" ? "inherit" : "ignore";
    const output = options.stdio === "none" ? "ignore" : "inherit";
    this.#process = spawn(options.helper, ["session", "--fd", "3", ...(options.namespace ? [] : ["--no-namespace"])], {
      stdio: [input, output, options.stdio === "none" ? "pipe" : "inherit", "pipe"],
    });
    this.#socket = this.#process.stdio[3] as Duplex;
    this.#process.stderr?.on("data", (chunk: Buffer) => {
      this.#complaints = (this.#complaints + chunk.toString()).slice(-4096);
    });
    const reader = new FrameReader();
    this.#socket.on("data", (chunk: Buffer) => this.#receive(reader, chunk));
    this.#socket.on("error", (error) => this.#end(`the connection to it broke: ${error.message}`));
    this.#exited = new Promise((resolve) => {
      this.#process.on("error", (error) => {
        this.#end(messageOf(error));
        resolve();
      });
      this.#process.on("close", (code, signal) => {
        this.#end(signal === null ? `exit code ${code}` : `killed by ${signal}`);
        resolve();
      });
    });
  }

  /** Sends a request and waits for its result. @throws OciBuildError with the helper's code */
  call<M extends Method>(method: M, params: Requests[M]["params"]): Promise<Requests[M]["result"]> {
    return this.start(method, params).result;
  }

  /** Sends a request that says more than its result: events, output, and notices to it. */
  start<M extends Method>(method: M, params: Requests[M]["params"], handlers: CallHandlers<M> = {}): Call<M> {
    const request = this.#nextRequest;
    this.#nextRequest += 1;
    const begin = (): Promise<Requests[M]["result"]> =>
      new Promise((resolve, reject) => {
        if (this.#ended !== undefined) {
          reject(this.#ended);
          return;
        }
        this.#pending.set(request, {
          fail: reject,
          settle: (frame) => {
            const value: unknown = JSON.parse(frame.payload.toString());
            if (frame.kind === FrameKind.failure) reject(decodeFailure(value));
            else resolve(decoders[method].result(value));
          },
          event: (value) => handlers.onEvent?.(decoders[method].event(value)),
          output: (stream, chunk) => handlers.onOutput?.(stream, chunk),
        });
        this.#socket.write(encodeFrame(FrameKind.request, request, JSON.stringify({ method, params })));
      });
    return {
      result: span("helper", method, begin),
      notify: (notice) => {
        if (this.#pending.has(request))
          this.#socket.write(encodeFrame(FrameKind.notice, request, JSON.stringify(notice)));
      },
    };
  }

  /** Ends the helper, and with it everything that still runs in it. */
  async close(): Promise<void> {
    this.#ended ??= new OciBuildError("helper-closed", "the helper session was closed");
    this.#failPending(this.#ended);
    this.#socket.end();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 2000);
    await this.#exited;
    clearTimeout(timer);
    this.#socket.destroy();
  }

  #receive(reader: FrameReader, chunk: Buffer): void {
    try {
      for (const frame of reader.push(chunk)) this.#dispatch(frame);
    } catch (error) {
      this.#end(`it answered nonsense: ${messageOf(error)}`);
      this.#process.kill("SIGKILL");
    }
  }

  #dispatch(frame: Frame): void {
    const pending = this.#pending.get(frame.request);
    if (pending === undefined) return;
    switch (frame.kind) {
      case FrameKind.result:
      case FrameKind.failure:
        this.#pending.delete(frame.request);
        try {
          pending.settle(frame);
        } catch (error) {
          pending.fail(this.#death(`it answered nonsense: ${messageOf(error)}`));
        }
        return;
      case FrameKind.event:
        pending.event(JSON.parse(frame.payload.toString()));
        return;
      case FrameKind.stdout:
        pending.output("stdout", frame.payload);
        return;
      case FrameKind.stderr:
        pending.output("stderr", frame.payload);
        return;
      default:
        throw new RangeError(`a frame of kind ${frame.kind}`);
    }
  }

  #end(reason: string): void {
    this.#ended ??= this.#death(reason);
    this.#failPending(this.#ended);
  }

  #failPending(error: OciBuildError): void {
    for (const [request, pending] of this.#pending) {
      this.#pending.delete(request);
      pending.fail(error);
    }
  }

  #death(reason: string): OciBuildError {
    const said = this.#complaints.trim();
    return new OciBuildError("helper-died", `the helper ${this.#helper} ended unexpectedly: ${reason}`, {
      hint: said === "" ? undefined : `it said: ${said}`,
    });
  }
}

function decodeFailure(value: unknown): OciBuildError {
  const failure = decodeObject(value, "failure");
  return new OciBuildError(decodeString(failure["code"], "code"), decodeString(failure["message"], "message"), {
    hint: decodeOptional(failure["hint"], (v) => decodeString(v, "hint")),
  });
}
