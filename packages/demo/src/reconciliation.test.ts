import { expect, test } from "vitest";
import { type Ledgers, reconcile } from "./reconciliation.ts";

const AGREED: Ledgers = {
  read: { lines: 1_020, records: 1_000, empty: 19, oversize: 1 },
  producer: { received: 1_000, put: 990, expired: 8, failed: 2, pending: 0 },
  endpoint: {
    requests: 50,
    failed: 2,
    reset: 1,
    throttled: 9,
    kinesisRecords: 150,
    userRecords: 990,
  },
  exported: {
    windows: 3,
    userRecordsReceived: { count: 1_000, sum: 1_000 },
    userRecordsPut: { count: 1_000, sum: 990 },
  },
  undelivered: 0,
  delivered: undefined,
};

test("counts that agree pass the check", () => {
  const { isEqual, table } = reconcile(AGREED);
  expect(isEqual).toBe(true);
  expect(table).not.toContain("≠");
  expect(table).toMatch(/sum of UserRecordsPut +990 {3}= put\n/);
  expect(table).toMatch(/\nAll numbers agree\.$/);
});

test.each<[string, Partial<Ledgers>]>([
  ["a record is in no outcome", { producer: { ...AGREED.producer, expired: 7 } }],
  ["the endpoint misses a record", { endpoint: { ...AGREED.endpoint, userRecords: 989 } }],
  [
    "UserRecordsReceived is short",
    { exported: { ...AGREED.exported, userRecordsReceived: { count: 999, sum: 999 } } },
  ],
  [
    "UserRecordsPut sums up to too much",
    { exported: { ...AGREED.exported, userRecordsPut: { count: 1_000, sum: 991 } } },
  ],
  [
    "UserRecordsPut lacks a zero",
    { exported: { ...AGREED.exported, userRecordsPut: { count: 999, sum: 990 } } },
  ],
  ["a snapshot was not delivered", { undelivered: 1 }],
])("the check fails if %s, and the row says so", (_, ledgers) => {
  const { isEqual, table } = reconcile({ ...AGREED, ...ledgers });
  expect(isEqual).toBe(false);
  expect(table.match(/≠/g)).toHaveLength(1);
  expect(table).toMatch(/\nSome numbers do NOT agree\.$/);
});

test("a record that was stored twice passes the check, since delivery is at least once", () => {
  expect(reconcile({ ...AGREED, endpoint: { ...AGREED.endpoint, userRecords: 995 } }).isEqual).toBe(
    true,
  );
});
