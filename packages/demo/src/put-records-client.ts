import { Agent, type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import {
  MAX_CONNECTIONS,
  type PutRecordsEntry,
  type PutRecordsReply,
  type PutRecordsResult,
} from "./put-records.ts";

/** The KPL's `requestTimeout`. */
const REQUEST_TIMEOUT_MS = 6_000;

/** Sends PutRecords requests over HTTP connections that are kept alive. */
export class PutRecordsClient {
  readonly #url: string;
  readonly #stream: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });

  constructor(url: string, stream: string) {
    this.#url = url;
    this.#stream = stream;
  }

  /** Sends one request. Never rejects: an error becomes the `code` of the reply. May run concurrently. */
  readonly putRecords = async (entries: readonly PutRecordsEntry[]): Promise<PutRecordsReply> => {
    const body = JSON.stringify({
      StreamName: this.#stream,
      Records: entries.map(({ partitionKey, data }) => ({
        PartitionKey: partitionKey,
        Data: data.toString("base64"),
      })),
    });
    try {
      const { status, answer } = await this.#post(body);
      return readAnswer(status, answer);
    } catch (error) {
      return { kind: "failed", code: networkErrorCode(error) };
    }
  };

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #post(body: string): Promise<{ status: number; answer: unknown }> {
    const outgoing = request(this.#url, {
      method: "POST",
      agent: this.#agent,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "content-length": Buffer.byteLength(body),
        "x-amz-target": "Kinesis_20131202.PutRecords",
      },
    });
    outgoing.end(body);
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on("response", resolve);
      outgoing.on("error", reject);
    });
    return { status: incoming.statusCode ?? 0, answer: await json(incoming) };
  }
}

function readAnswer(status: number, answer: unknown): PutRecordsReply {
  if (status === 200 && hasRecords(answer))
    return { kind: "answered", results: answer.Records.map(readResult) };
  const code =
    isObject(answer) && typeof answer["__type"] === "string" ? answer["__type"] : `HTTP ${status}`;
  return { kind: "failed", code };
}

function readResult(record: unknown): PutRecordsResult {
  if (isObject(record)) {
    if (typeof record["ErrorCode"] === "string")
      return { kind: "failed", code: record["ErrorCode"] };
    if (typeof record["ShardId"] === "string")
      return { kind: "stored", shardId: record["ShardId"] };
  }
  return { kind: "failed", code: "Unreadable Result" };
}

function hasRecords(answer: unknown): answer is { readonly Records: readonly unknown[] } {
  return isObject(answer) && Array.isArray(answer["Records"]);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** The error's code, such as `ECONNRESET`, or else the name of its class, such as `SyntaxError`. */
function networkErrorCode(error: unknown): string {
  if (!(error instanceof Error)) return "Unknown";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
