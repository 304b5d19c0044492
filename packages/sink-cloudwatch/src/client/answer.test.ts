import { describe, expect, test } from "vitest";
import {
  type Answer,
  answerIn,
  describeAnswer,
  readAnswer as readAnswerWithin,
  statedError,
} from "./answer.ts";

const readAnswer = (
  request: unknown,
  response: unknown,
  onHead: (head: Answer) => void = () => {},
) => readAnswerWithin(request, response, { timeoutMs: 1_000, onHead });

function answer(more: Partial<Answer> = {}): Answer {
  return { host: "h:1", status: 400, headers: {}, body: "", isCut: false, ...more };
}

async function* chunks(...texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text);
}

describe("the error that an answer states", () => {
  test.each([
    ["the JSON protocol", '{"__type":"com.a#Throttling","message":"no"}', {}, "Throttling", "no"],
    [
      "a header",
      '{"Message":"no"}',
      { "x-amzn-errortype": "Throttling:http://a" },
      "Throttling",
      "no",
    ],
    ["a code in JSON", '{"code":"Throttling"}', {}, "Throttling", undefined],
    ["a message alone", '{"message":"Forbidden"}', {}, undefined, "Forbidden"],
    [
      "the Query protocol",
      "<?xml version='1.0'?>\n<ErrorResponse><Error><Code>Throttling</Code><Message>a &lt; b &amp;lt;</Message></Error></ErrorResponse>",
      {},
      "Throttling",
      "a < b &lt;",
    ],
    ["nothing", "", {}, undefined, undefined],
    ["null", "null", {}, undefined, undefined],
    ["a string", '"x"', {}, undefined, undefined],
    ["a page that mentions codes", "<html><Code>x</Code>", {}, undefined, undefined],
    ["a number as its type", '{"__type":5}', {}, undefined, undefined],
    ["JSON that was cut", '{"__type":"a#Throttling","message":"no', {}, "Throttling", "no", true],
    [
      "JSON that was cut in an escape",
      '{"__type":"Throttling","message":"no\\u00',
      {},
      "Throttling",
      "no",
      true,
    ],
    [
      "XML that was cut",
      "<ErrorResponse><Error><Code>Throttling</Code><Message>a",
      {},
      "Throttling",
      "a",
      true,
    ],
  ])("is read from %s", (_, body, headers, code, message, isCut = false) => {
    expect(statedError(answer({ body, headers, isCut }))).toEqual({ code, message });
  });
});

describe("an answer in words", () => {
  test.each([
    [{}, "h:1 answered 400 with an empty body"],
    [{ host: undefined }, "the endpoint answered 400 with an empty body"],
    [{ body: "<html>" }, "h:1 answered 400 with something that is not CloudWatch's"],
    [
      { status: 301, headers: { location: "https://me:secret@a.example/b?c=secret" } },
      "h:1 answered 301, a redirect to a.example, which",
    ],
    [
      { status: 308, headers: { location: "/b" } },
      "h:1 answered 308, a redirect to another path, which",
    ],
    [{ status: 301 }, "h:1 answered 301 with an empty body"],
  ])("of %j", (more, words) => {
    const said = describeAnswer(answer(more), undefined);
    expect(said).toContain(words);
    expect(said).not.toContain("secret");
  });

  test("with what the endpoint said", () => {
    expect(describeAnswer(answer({ status: 403 }), "Forbidden")).toBe(
      "h:1 answered 403: Forbidden",
    );
  });
});

describe("reading an answer", () => {
  test("names the host with its port, and neither the path nor a password", async () => {
    const request = {
      hostname: "a.example",
      port: 8080,
      path: "/b",
      username: "me",
      password: "p",
    };
    const read = await readAnswer(request, { statusCode: 200, headers: { "X-A": "b" } });
    expect(read).toEqual({
      host: "a.example:8080",
      status: 200,
      headers: { "x-a": "b" },
      body: "",
      isCut: false,
    });
  });

  test("of a failed request leaves the body for the SDK", async () => {
    const response = { statusCode: 400, headers: {}, body: chunks("a", "b") };
    expect(await readAnswer({}, response)).toMatchObject({ body: "ab" });
    expect(response.body).toEqual(Buffer.from("ab"));
  });

  test("tells of its status before it reads the body, which may fail", async () => {
    const failing = async function* () {
      yield Buffer.from("a");
      throw new Error("broken");
    };
    const heads: Answer[] = [];
    const response = { statusCode: 200, headers: {}, body: failing() };
    await expect(readAnswer({}, response, (head) => heads.push(head))).rejects.toThrow("broken");
    expect(heads).toMatchObject([{ status: 200, body: "" }]);
  });

  test("reads 64 KiB of a body and no more, of success too, and ends the stream", async () => {
    for (const statusCode of [200, 400]) {
      let given = 0;
      let ended = false;
      const body = async function* () {
        try {
          for (;;) {
            given += 1_000;
            yield Buffer.alloc(1_000, "a");
          }
        } finally {
          ended = true;
        }
      };
      const response: { statusCode: number; body: unknown } = { statusCode, body: body() };
      const read = await readAnswer({}, response);
      expect(read).toMatchObject({ isCut: true, body: "a".repeat(65_536) });
      expect(response.body).toEqual(Buffer.alloc(65_536, "a"));
      expect([given, ended]).toEqual([66_000, true]);
    }
  });

  test("has none of the request's credentials, in its headers or its body, and the SDK reads none", async () => {
    const token = "IQoJb3JpZ2luX2VjEXAMPLE+/token==";
    const authorization = "AWS4-HMAC-SHA256 Credential=AKID/x, Signature=0123456789abcdef";
    const request = { headers: { authorization, "X-Amz-Security-Token": token } };
    const echo = [token, token.toUpperCase(), encodeURIComponent(token), authorization];
    echo.push(Buffer.from(`a${token}`).toString("base64"), "0123456789abcdef");
    const response = {
      statusCode: 400,
      headers: { location: `https://h/${token}` },
      body: chunks(JSON.stringify({ message: echo })),
    };
    const read = await readAnswer(request, response);
    const left: unknown = response.body;
    expect(left).toBeInstanceOf(Uint8Array);
    const all = [JSON.stringify(read), Buffer.from(left as Uint8Array).toString()].join();
    for (const each of [...echo.slice(0, 4), "0123456789abcdef"]) expect(all).not.toContain(each);
    expect(all).not.toContain(Buffer.from(token).toString("base64").slice(3, -4));
    expect(all).toContain("***");
  });

  test.each([undefined, null, "x", {}, { statusCode: "200" }])(
    "of what is no response of HTTP gives nothing: %j",
    async (response) => {
      expect(await readAnswer({}, response)).toBeUndefined();
      expect(answerIn(response)).toBeUndefined();
    },
  );

  test("of a body that can't be read gives the rest", async () => {
    expect(await readAnswer(undefined, { statusCode: 500, body: 5 })).toEqual({
      host: undefined,
      status: 500,
      headers: {},
      body: "",
      isCut: false,
    });
  });
});
