import { maskSecrets, type SecretMask } from "@aiokpl/metrics-core/sink";
import { readBody } from "./read-body.ts";
import { secretsOfRequest } from "./secrets.ts";

/** What an endpoint answered to one request. */
export interface Answer {
  /** The endpoint's host, with its port unless that is the usual one; undefined where it is not known. */
  readonly host: string | undefined;
  /** The HTTP status. */
  readonly status: number;
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Its beginning, without secrets; empty before it is read. */
  readonly body: string;
  /** True where there was more of the body than is read. */
  readonly isCut: boolean;
}

/** An error in AWS's form; either part may be missing. */
export interface StatedError {
  /** AWS's name for it, such as `Throttling`. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** How {@link readAnswer} reads. */
export interface ReadAnswerOptions {
  /** Longest that the body may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Called with each answer before its body is read, since reading may fail. */
  readonly onHead: (answer: Answer) => void;
}

/**
 * Reads the SDK's request and response, with as much of the body as may be read, and leaves the body
 * in the response in a form that the SDK can read again: the SDK would read all of it, and some
 * releases can't make an error of it. What the endpoint repeats of the request's credentials is
 * masked. Undefined where the response is none of HTTP.
 *
 * @throws what reading the body failed with
 */
export async function readAnswer(
  request: unknown,
  response: unknown,
  { timeoutMs, onHead }: ReadAnswerOptions,
): Promise<Answer | undefined> {
  if (!isRecord(response) || typeof response["statusCode"] !== "number") return undefined;
  const mask = maskSecrets(secretsOfRequest(request));
  const head: Answer = {
    host: hostOf(request),
    status: response["statusCode"],
    headers: textsOf(response["headers"], mask),
    body: "",
    isCut: false,
  };
  onHead(head);
  const read = await readBody(response["body"], timeoutMs);
  if (read === undefined) return head;
  const { bytes, isCut } = read;
  const text = bytes.toString("utf8");
  const body = mask.mask(text);
  // As bytes where nothing is masked, since it may be no text.
  response["body"] = body === text ? bytes : Buffer.from(body);
  return { ...head, body, isCut };
}

/** The answer that an error of the SDK still has; undefined where it has none. */
export function answerIn(error: unknown): Answer | undefined {
  const { $metadata, $response } = isRecord(error) ? error : {};
  const response = isRecord($response) ? $response : {};
  const metadata = isRecord($metadata) ? $metadata : {};
  const status = response["statusCode"] ?? metadata["httpStatusCode"];
  if (typeof status !== "number") return undefined;
  const body = typeof response["body"] === "string" ? response["body"] : "";
  return { host: undefined, status, headers: textsOf(response["headers"]), body, isCut: false };
}

/** The error that an answer states in AWS's JSON or XML. Both parts are undefined where it states none. */
export function statedError({ headers, body, isCut }: Answer): StatedError {
  const json = parsed(body) ?? (isCut ? parsed(completed(body)) : undefined);
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

/** Each is masked when it is read, since that takes a while, and most are never read. */
function textsOf(
  headers: unknown,
  mask: SecretMask = maskSecrets([]),
): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(isRecord(headers) ? headers : {}))
    Object.defineProperty(texts, name.toLowerCase(), {
      enumerable: true,
      configurable: true,
      get: () => mask.mask(String(value)),
    });
  return texts;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** A JSON object that was cut within its last string, as a long message is, with its end put back. */
function completed(body: string): string {
  const escape = body.lastIndexOf("\\");
  // An escape has up to six characters, and may have been cut.
  return `${escape >= body.length - 6 ? body.slice(0, escape) : body}"}`;
}

/** Without the namespace before `#` and the URL after `:`. */
function shortName(type: unknown): string | undefined {
  const name = textOr(type);
  return textOr(name?.slice(name.lastIndexOf("#") + 1).split(":", 1)[0]);
}

/** The text of an element of XML; the last one may have no end, where the answer was cut. */
function elementOf(xml: string, name: string): string | undefined {
  const tag = `<${name}>`;
  const start = xml.indexOf(tag);
  if (start < 0) return undefined;
  const text = xml.slice(start + tag.length).split("<", 1)[0];
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
