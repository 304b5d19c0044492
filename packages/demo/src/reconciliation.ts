import type { EndpointCounts } from "./loopback-endpoint.ts";
import type { ProducerCounts } from "./producer.ts";
import type { ExportedTotal } from "./exported-totals.ts";
import type { ReadCounts } from "./read-records.ts";

/** The counts of a finished run. Each part of the program has counted for itself. */
export interface Ledgers {
  readonly read: ReadCounts;
  readonly producer: ProducerCounts;
  readonly endpoint: EndpointCounts;
  readonly exported: {
    readonly windows: number;
    readonly userRecordsReceived: ExportedTotal;
    readonly userRecordsPut: ExportedTotal;
  };
  /** Snapshots that are pending or rejected at any sink. */
  readonly undelivered: number;
  /** Snapshots that the vendor has accepted; undefined if the sink has no vendor. */
  readonly delivered: { readonly vendor: string; readonly snapshots: number } | undefined;
}

/** Whether the counts agree, and the table that shows it. */
export interface Reconciliation {
  readonly isEqual: boolean;
  readonly table: string;
}

const LABEL_WIDTH = 38;
const NUMBER_WIDTH = 11;

/** Compares the records that were read and stored with what the exported metrics say. */
export function reconcile({
  read,
  producer,
  endpoint,
  exported,
  undelivered,
  delivered,
}: Ledgers): Reconciliation {
  const checks: boolean[] = [];
  const row = (label: string, value: number): string =>
    `  ${label.padEnd(LABEL_WIDTH)}${value.toLocaleString("en-US").padStart(NUMBER_WIDTH)}`;
  const check = (label: string, value: number, is: boolean, claim: string): string => {
    checks.push(is);
    return `${row(label, value)}   ${is ? "=" : "≠"} ${claim}`;
  };
  const optional = (label: string, value: number): string[] =>
    value === 0 ? [] : [row(label, value)];
  const lines = [
    "Reconciliation",
    row("lines read", read.lines),
    ...optional("  empty, skipped", read.empty),
    ...optional("  too long for a record, refused", read.oversize),
    row("records read", read.records),
    check(
      "  put",
      producer.put,
      producer.put + producer.expired + producer.failed === read.records,
      "read − expired − failed",
    ),
    row("  expired before they could be put", producer.expired),
    row("  failed for good", producer.failed),
    check(
      "user records stored by the endpoint",
      endpoint.userRecords,
      endpoint.userRecords >= producer.put,
      endpoint.userRecords > producer.put ? "put, or more: some were stored twice" : "put",
    ),
    `According to the metrics, exported in ${exported.windows} ${exported.windows === 1 ? "window" : "windows"}`,
    check(
      "  sum of UserRecordsReceived",
      exported.userRecordsReceived.sum,
      exported.userRecordsReceived.sum === read.records,
      "records read",
    ),
    check(
      "  count of UserRecordsPut",
      exported.userRecordsPut.count,
      exported.userRecordsPut.count === read.records,
      "records read",
    ),
    check(
      "  sum of UserRecordsPut",
      exported.userRecordsPut.sum,
      exported.userRecordsPut.sum === producer.put,
      "put",
    ),
  ];
  if (delivered !== undefined)
    lines.push(row(`  snapshots delivered to ${delivered.vendor}`, delivered.snapshots));
  if (undelivered > 0) lines.push(check("  snapshots not delivered", undelivered, false, "0"));
  const isEqual = checks.every(Boolean);
  return {
    isEqual,
    table: [...lines, "", isEqual ? "All numbers agree." : "Some numbers do NOT agree."].join("\n"),
  };
}
