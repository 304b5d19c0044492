import { show } from "../problems/show.ts";

/** What a view makes of the metrics whose names match. */
export interface ViewRule {
  /**
   * The names that the rule is for, such as `"http.*"`. `*` stands for any characters, also none, and `?`
   * for one. Everything else stands for itself.
   */
  readonly match: string;
  /** Leaves the metrics out. Can't be combined with anything else. */
  readonly drop?: true | undefined;
  /** The name that all of these metrics get. */
  readonly rename?: string | undefined;
  /** The only dimensions that are kept, by name. `[]` keeps none. Can't be combined with `dropDimensions`. */
  readonly keepDimensions?: readonly string[] | undefined;
  /** The dimensions that are left out, by name. */
  readonly dropDimensions?: readonly string[] | undefined;
}

const MEMBERS = ["match", "drop", "rename", "keepDimensions", "dropDimensions"];

/**
 * Checks the rules of a view.
 *
 * @throws TypeError for a wrong rule. The message names the rule, the value and what is allowed.
 */
export function checkRules(rules: readonly ViewRule[]): void {
  if (!Array.isArray(rules))
    throw new TypeError(`the rules of a view are ${show(rules)}, must be an array`);
  for (const [position, rule] of rules.entries()) checkRule(`rules[${position}]`, rule);
}

function checkRule(path: string, rule: unknown): void {
  if (typeof rule !== "object" || rule === null || Array.isArray(rule))
    throw new TypeError(
      `${path} is ${show(rule)}, must be an object such as { match: "http.*", drop: true }`,
    );
  const { match, drop, rename, keepDimensions, dropDimensions } = rule as Record<string, unknown>;
  const unknown = Object.keys(rule).find((key) => !MEMBERS.includes(key));
  if (unknown !== undefined)
    throw new TypeError(`${path}.${unknown} does not exist; a rule has ${MEMBERS.join(", ")}`);
  if (!isName(match)) throw wrongName(`${path}.match`, match);
  if (rename !== undefined && !isName(rename)) throw wrongName(`${path}.rename`, rename);
  if (drop !== undefined && drop !== true)
    throw new TypeError(`${path}.drop is ${show(drop)}, must be true or left out`);
  const others = [rename, keepDimensions, dropDimensions];
  if (drop === true && others.some((each) => each !== undefined))
    throw new TypeError(
      `${path} drops the metrics, so it can't rename them or change their dimensions`,
    );
  if (keepDimensions !== undefined && dropDimensions !== undefined)
    throw new TypeError(`${path} has keepDimensions and dropDimensions, must have one of them`);
  checkNames(`${path}.keepDimensions`, keepDimensions);
  checkNames(`${path}.dropDimensions`, dropDimensions);
}

function checkNames(path: string, names: unknown): void {
  if (names === undefined) return;
  if (!Array.isArray(names))
    throw new TypeError(`${path} is ${show(names)}, must be an array of names of dimensions`);
  for (const [position, name] of names.entries())
    if (!isName(name)) throw wrongName(`${path}[${position}]`, name);
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function wrongName(path: string, value: unknown): TypeError {
  return new TypeError(`${path} is ${show(value)}, must be a string that is not empty`);
}
