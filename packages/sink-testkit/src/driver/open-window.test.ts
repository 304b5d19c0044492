import { expect, it } from "vitest";
import { exampleSnapshots } from "../examples/example-snapshots.ts";
import { OpenWindow } from "./open-window.ts";

it("shows what was recorded and not yet given to prepare", () => {
  const window = exampleSnapshots();
  const open = new OpenWindow();
  open.show(window);
  open.give(1);
  expect(open.snapshots()).toEqual(window.slice(1));
  expect([...open.series()]).toEqual(window.slice(1));
  open.give(3);
  expect([...open.series(), ...open.snapshots()]).toEqual([]);
});

it("does not show a series that prepare has got while others were read", () => {
  const [first, second, third, fourth] = exampleSnapshots();
  const open = new OpenWindow();
  open.show(exampleSnapshots());
  const series = open.series();
  expect(series.next().value).toEqual(first);
  expect(series.next().value).toEqual(second);
  open.give(3);
  expect(series.next().value).toEqual(fourth);
  expect(third).toBeDefined();
  expect(series.next().done).toBe(true);
});

it("ends the reading of a window when another one is shown", () => {
  const open = new OpenWindow();
  open.show(exampleSnapshots());
  const series = open.series();
  series.next();
  open.show(exampleSnapshots());
  expect(series.next().done).toBe(true);
  expect(open.snapshots()).toHaveLength(4);
});
