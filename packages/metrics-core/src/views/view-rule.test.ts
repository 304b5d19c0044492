import { describe, expect, test } from "vitest";
import { NullSink } from "../sinks/null-sink.ts";
import type { ViewRule } from "./view-rule.ts";
import { withView } from "./with-view.ts";

describe("a wrong rule is refused at construction, with its place, its value and what is allowed", () => {
  test.each<[unknown, string]>([
    [undefined, "the rules of a view are undefined, must be an array"],
    [{ match: "a" }, "the rules of a view are an object, must be an array"],
    [[null], "rules[0] is null, must be an object such as"],
    [[{ match: "a" }, "b"], 'rules[1] is "b", must be an object such as'],
    [[{}], "rules[0].match is undefined, must be a string that is not empty"],
    [[{ match: "" }], 'rules[0].match is "", must be a string that is not empty'],
    [[{ match: "a", rename: 7 }], "rules[0].rename is 7, must be a string that is not empty"],
    [[{ match: "a", drop: false }], "rules[0].drop is false, must be true or left out"],
    [[{ match: "a", drop: true, rename: "b" }], "rules[0] drops the metrics, so it can't rename"],
    [[{ match: "a", drop: true, keepDimensions: [] }], "rules[0] drops the metrics"],
    [
      [{ match: "a", keepDimensions: [], dropDimensions: [] }],
      "rules[0] has keepDimensions and dropDimensions, must have one of them",
    ],
    [[{ match: "a", keepDimensions: "x" }], 'rules[0].keepDimensions is "x", must be an array'],
    [
      [{ match: "a", dropDimensions: ["x", ""] }],
      'rules[0].dropDimensions[1] is "", must be a string that is not empty',
    ],
    [[{ match: "a", keep: ["x"] }], "rules[0].keep does not exist; a rule has match, drop"],
  ])("%j", (rules, message) => {
    const build = (): unknown => withView(new NullSink(), rules as readonly ViewRule[]);
    expect(build).toThrow(TypeError);
    expect(build).toThrow(message);
  });

  test("a sink that is none", () => {
    expect(() => withView({} as never, [])).toThrow(
      /sink is an object, must be an object with the method export/,
    );
  });
});

test("members may be undefined, and a rule may only match", () => {
  const rule = {
    match: "a",
    drop: undefined,
    rename: undefined,
    keepDimensions: undefined,
    dropDimensions: undefined,
  };
  expect(() => withView(new NullSink(), [rule])).not.toThrow();
});
