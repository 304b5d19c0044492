import { StandardUnit } from "@aws-sdk/client-cloudwatch";
import { expect, test } from "vitest";
import { toStandardUnit } from "./units.ts";

test.each([
  ["ms", "Milliseconds"],
  ["s", "Seconds"],
  ["us", "Microseconds"],
  ["By", "Bytes"],
  ["%", "Percent"],
  ["By/s", "Bytes/Second"],
  ["{record}", "Count"],
  ["{record}/s", "Count/Second"],
  ["1/s", "Count/Second"],
])("%s is %s", (ucum, unit) => {
  expect(toStandardUnit(ucum)).toBe(unit);
});

test.each(["1", "", "min", "KiBy", "toString", "{a}{b}"])(
  "CloudWatch has no unit for %j",
  (ucum) => {
    expect(toStandardUnit(ucum)).toBeUndefined();
  },
);

test("every unit of CloudWatch but None has a UCUM code", () => {
  const prefixed = ["", "k", "M", "G", "T"].flatMap((prefix) => [`${prefix}By`, `${prefix}bit`]);
  const reached = ["s", "ms", "us", "%", "{x}", ...prefixed].flatMap((each) => [
    toStandardUnit(each),
    toStandardUnit(`${each}/s`),
  ]);
  expect(new Set([...reached, "None"].filter(Boolean))).toEqual(
    new Set(Object.values(StandardUnit)),
  );
});
