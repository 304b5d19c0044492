/** What an endpoint answered to one request. */
export interface Answer {
  /** The endpoint's host, with its port unless that is the usual one; undefined where it is not known. */
  readonly host: string | undefined;
  /** The HTTP status. */
  readonly status: number;
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Only read where the status says that the request failed. */
  readonly body: string;
}

/** An error in AWS's form; either part may be missing. */
export interface StatedError {
  /** AWS's name for it, such as `Throttling`. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/**
 * Reads the SDK's request and response. Where the status says that the request failed, this also
 * reads the body, and leaves it in the response in a form that the SDK can read again: some releases
 * of the SDK can't make an error of it. Undefined where the response is none of HTTP.
 */
export async function readAnswer(request: unknown, response: unknown): Promise<Answer | undefined> {
  if (!isRecord(response) || typeof response["statusCode"] !== "number") return undefined;
  const status = response["statusCode"];
  const answer = { host: hostOf(request), status, headers: textsOf(response["headers"]) };
  if (status < 300) return { ...answer, body: "" };
  const body = await bytesOf(response["body"]);
  if (body === undefined) return { ...answer, body: "" };
  response["body"] = body;
  return { ...answer, body: Buffer.from(body).toString("utf8") };
}

/** The answer that an error of the SDK still has; undefined where it has none. */
export function answerIn(error: unknown): Answer | undefined {
  const { $metadata, $response } = isRecord(error) ? error : {};
  const response = isRecord($response) ? $response : {};
  const metadata = isRecord($metadata) ? $metadata : {};
  const status = response["statusCode"] ?? metadata["httpStatusCode"];
  if (typeof status !== "number") return undefined;
  const body = typeof response["body"] === "string" ? response["body"] : "";
  return { host: undefined, status, headers: textsOf(response["headers"]), body };
}

/** The error that an answer states in AWS's JSON or XML. Both parts are undefined where it states none. */
export function statedError({ headers, body }: Answer): StatedError {
  const json = parsed(body);
  const typed = headers["x-amzn-errortype"];
  if (isRecord(json)) {
    const type = json["__type"] ?? json["code"] ?? json["Code"] ?? typed;
    return { code: shortName(type), message: textOr(json["message"] ?? json["Message"]) };
  }
  if (!/^\s*(<\?xml[^>]*>\s*)?<(ErrorResponse|Response|Error)\b/.test(body))
    return { code: shortName(typed), message: undefined };
  return { code: elementOf(body, "Code"), message: elementOf(body, "Message") };
}

/** A sentence without an end on an answer that is not one of CloudWatch's errors: who answered, and what. */
export function describeAnswer(answer: Answer, said: string | undefined): string {
  const { host = "the endpoint", status, headers, body } = answer;
  if (said !== undefined) return `${host} answered ${status}: ${said}`;
  const { location } = headers;
  if (status >= 300 && status < 400 && location !== undefined) {
    const target = URL.canParse(location) ? new URL(location).host : "";
    const elsewhere = target === "" ? "to another path" : `to ${target}`;
    return `${host} answered ${status}, a redirect ${elsewhere}, which the sink does not follow: is the endpoint right?`;
  }
  if (status >= 300 && body.trim() === "") return `${host} answered ${status} with an empty body`;
  return `${host} answered ${status} with something that is not CloudWatch's: is the endpoint right?`;
}

function hostOf(request: unknown): string | undefined {
  if (!isRecord(request) || typeof request["hostname"] !== "string") return undefined;
  const { hostname, port } = request;
  return typeof port === "number" ? `${hostname}:${port}` : hostname;
}

function textsOf(headers: unknown): Readonly<Record<string, string>> {
  if (!isRecord(headers)) return {};
  const entries = Object.entries(headers).map(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
  return Object.fromEntries(entries);
}

async function bytesOf(body: unknown): Promise<Uint8Array | undefined> {
  if (body instanceof Uint8Array) return body;
  if (!isAsyncIterable(body)) return undefined;
  const parts: Uint8Array[] = [];
  for await (const part of body)
    parts.push(part instanceof Uint8Array ? part : Buffer.from(String(part)));
  return Buffer.concat(parts);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Without the namespace before `#` and the URL after `:`. */
function shortName(type: unknown): string | undefined {
  return textOr(textOr(type)?.replace(/^.*#/, "").replace(/:.*$/, ""));
}

function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'" };
  return textOr(
    text
      ?.replace(/&(lt|gt|quot|apos);/g, (_, entity: string) => entities[entity] ?? "")
      .replaceAll("&amp;", "&"),
  );
}

function textOr(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return isRecord(value) && typeof Reflect.get(value, Symbol.asyncIterator) === "function";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
