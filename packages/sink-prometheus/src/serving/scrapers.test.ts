import { expect, test } from "vitest";
import { Scrapers } from "./scrapers.ts";

const never = new AbortController().signal;

/** Whether a promise is settled once all microtasks have run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

test("each scraper that was seen is waited for, until it has had an answer that it asked for afterwards", async () => {
  const scrapers = new Scrapers();
  scrapers.begins("a")();
  const underWay = scrapers.begins("b");
  const wait = scrapers.untilAnswered(never);
  underWay();
  scrapers.begins("a")();
  expect(await isSettled(wait)).toBe(false);
  scrapers.begins("c")();
  const last = scrapers.begins("b");
  expect(await isSettled(wait)).toBe(false);
  last();
  expect(await isSettled(wait)).toBe(true);
});

test("if nobody was seen, the first one is waited for", async () => {
  const scrapers = new Scrapers();
  const wait = scrapers.untilAnswered(never);
  expect(await isSettled(wait)).toBe(false);
  scrapers.begins("a")();
  expect(await isSettled(wait)).toBe(true);
});

test("nobody is waited for longer than the signal allows", async () => {
  const scrapers = new Scrapers();
  scrapers.begins("a")();
  const deadline = new AbortController();
  const wait = scrapers.untilAnswered(deadline.signal);
  expect(await isSettled(wait)).toBe(false);
  deadline.abort();
  expect(await isSettled(wait)).toBe(true);
});

test("of many who pose as scrapers, the newest sixteen are waited for", async () => {
  const scrapers = new Scrapers();
  for (let i = 0; i < 100; i++) scrapers.begins(`${i}`)();
  const wait = scrapers.untilAnswered(never);
  for (let i = 84; i < 100; i++) scrapers.begins(`${i}`)();
  expect(await isSettled(wait)).toBe(true);
});
