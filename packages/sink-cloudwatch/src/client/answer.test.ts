import { describe, expect, test } from "vitest";
import { type Answer, answerIn, describeAnswer, readAnswer, statedError } from "./answer.ts";

function answer(more: Partial<Answer> = {}): Answer {
  return { host: "h:1", status: 400, headers: {}, body: "", ...more };
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
  ])("is read from %s", (_, body, headers, code, message) => {
    expect(statedError(answer({ body, headers }))).toEqual({ code, message });
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
    });
  });

  test("of a failed request leaves the body for the SDK", async () => {
    const response = { statusCode: 400, headers: {}, body: chunks("a", "b") };
    expect(await readAnswer({}, response)).toMatchObject({ body: "ab" });
    expect(response.body).toEqual(Buffer.from("ab"));
  });

  test("of success leaves its body unread", async () => {
    const body = chunks("a");
    const response = { statusCode: 200, headers: {}, body };
    expect(await readAnswer({}, response)).toMatchObject({ body: "" });
    expect(response.body).toBe(body);
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
    });
  });
});
