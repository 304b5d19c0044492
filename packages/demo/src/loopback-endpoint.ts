import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import { json } from "node:stream/consumers";
import { countUserRecords } from "./aggregated-record.ts";
import type { Fate } from "./fault-script.ts";
import { shardIdOf, shardIndexOf } from "./partition.ts";

const THROTTLED = "ProvisionedThroughputExceededException";

/** What the endpoint has counted, independently of the producer. */
export interface EndpointCounts {
  readonly requests: number;
  /** Requests that it failed with HTTP 500. */
  readonly failed: number;
  /** Requests whose connection it reset. */
  readonly reset: number;
  /** Kinesis records that it refused in requests that it answered. */
  readonly throttled: number;
  readonly kinesisRecords: number;
  readonly userRecords: number;
}

interface Entry {
  readonly PartitionKey: string;
  readonly Data: string;
}

/** Simulates Kinesis on 127.0.0.1: answers PutRecords as its script says, and keeps only counts. */
export class LoopbackEndpoint {
  readonly #server: Server;
  readonly #script: Iterator<Fate, never>;
  readonly #shards: number;
  readonly #counts = {
    requests: 0,
    failed: 0,
    reset: 0,
    throttled: 0,
    kinesisRecords: 0,
    userRecords: 0,
  };

  /** Starts one on a free port. */
  static async start(script: Iterator<Fate, never>, shards: number): Promise<LoopbackEndpoint> {
    const endpoint = new LoopbackEndpoint(script, shards);
    endpoint.#server.listen(0, "127.0.0.1");
    await once(endpoint.#server, "listening");
    return endpoint;
  }

  private constructor(script: Iterator<Fate, never>, shards: number) {
    this.#script = script;
    this.#shards = shards;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  get url(): string {
    const address = this.#server.address();
    return typeof address === "object" && address !== null
      ? `http://127.0.0.1:${address.port}`
      : "";
  }

  /** A copy of the counts as they are now. */
  get counts(): EndpointCounts {
    return { ...this.#counts };
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fate = this.#script.next().value;
    this.#counts.requests++;
    const body: unknown = await json(request);
    await new Promise((resolve) => setTimeout(resolve, fate.latencyMs));
    if (fate.kind === "reset") {
      this.#counts.reset++;
      request.socket.resetAndDestroy();
    } else if (fate.kind === "fail") {
      this.#counts.failed++;
      respond(response, 500, { __type: "InternalFailure" });
    } else if (isPutRecords(body)) {
      const results = body.Records.map((entry) => this.#store(entry, fate));
      const FailedRecordCount = results.filter((result) => "ErrorCode" in result).length;
      respond(response, 200, { FailedRecordCount, Records: results });
    } else {
      respond(response, 400, { __type: "SerializationException" });
    }
  }

  #store({ PartitionKey, Data }: Entry, fate: Fate): Readonly<Record<string, string>> {
    const shard = shardIndexOf(PartitionKey, this.#shards);
    if (fate.throttledShards.has(shard)) {
      this.#counts.throttled++;
      return { ErrorCode: THROTTLED, ErrorMessage: `Rate exceeded for ${shardIdOf(shard)}` };
    }
    this.#counts.kinesisRecords++;
    this.#counts.userRecords += countUserRecords(Buffer.from(Data, "base64"));
    return {
      ShardId: shardIdOf(shard),
      SequenceNumber: String(this.#counts.kinesisRecords).padStart(56, "0"),
    };
  }
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { "content-type": "application/x-amz-json-1.1" })
    .end(JSON.stringify(body));
}

function isPutRecords(body: unknown): body is { readonly Records: readonly Entry[] } {
  if (
    typeof body !== "object" ||
    body === null ||
    !("Records" in body) ||
    !Array.isArray(body.Records)
  )
    return false;
  return body.Records.every((entry: unknown) => {
    if (
      typeof entry !== "object" ||
      entry === null ||
      !("PartitionKey" in entry) ||
      !("Data" in entry)
    )
      return false;
    return typeof entry.PartitionKey === "string" && typeof entry.Data === "string";
  });
}
