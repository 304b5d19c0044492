import { setTimeout as sleep } from "node:timers/promises";
import { type IntakeRequest, startIntakeServer } from "@aiokpl/sink-testkit";
import type { Chance } from "./chance.ts";
import { answerWith, drawFault, isStored } from "./fault.ts";
import { REQUEST_ID } from "./posting-sink.ts";
import { Totals } from "./totals.ts";
import { readPoints, type WireAnswer, type WirePoint } from "./wire-form.ts";

/** A vendor on 127.0.0.1 that counts what it stores. */
export interface Vendor {
  readonly url: string;
  /** What it has stored, by request, whatever it answered. */
  readonly stored: ReadonlyMap<string, Totals>;
  readonly requests: number;
  readonly faults: number;
  close(): Promise<void>;
}

const LONGEST_OUTAGE_MS = 300;

/** The share of accepted requests that are accepted only in part, and the share of their points that are refused, for now or for good. */
const PARTIAL = 0.2;
const UNWANTED = 0.1;

/** Starts a vendor that misbehaves in a third of its answers. */
export async function startVendor(chance: Chance): Promise<Vendor> {
  const stored = new Map<string, Totals>();
  let requests = 0;
  let faults = 0;
  let isClosed = false;
  let outage: Promise<void> | undefined;
  const intake = await startIntakeServer({
    script: (request) => {
      requests++;
      const fault = drawFault(chance);
      if (fault !== undefined) faults++;
      if (fault === "refuse") outage ??= refuse(chance.whole(20, LONGEST_OUTAGE_MS));
      const points = readPoints(request.text);
      const answer = judge(points, chance);
      if (isStored(fault, chance)) store(request, points, answer);
      return answerWith(fault, JSON.stringify(answer), chance);
    },
  });

  function store(
    { headers }: IntakeRequest,
    points: readonly WirePoint[],
    { accepted }: WireAnswer,
  ): void {
    const totals = new Totals();
    const taken = new Set(accepted);
    totals.addAll(points.filter((_, index) => taken.has(index)));
    stored.set(String(headers[REQUEST_ID]), totals);
  }

  async function refuse(forMs: number): Promise<void> {
    await intake.refuseConnections();
    await sleep(forMs);
    if (!isClosed) await intake.acceptConnections();
    outage = undefined;
  }

  return {
    url: intake.url,
    stored,
    get requests() {
      return requests;
    },
    get faults() {
      return faults;
    },
    async close() {
      isClosed = true;
      await outage;
      await intake.close();
    },
  };
}

/** Decides which points of a request the vendor accepts. */
function judge(points: readonly WirePoint[], chance: Chance): WireAnswer {
  const unwanted = chance.is(PARTIAL) ? UNWANTED : 0;
  const accepted: number[] = [];
  const rejected: { index: number; reason: string }[] = [];
  for (const index of points.keys()) {
    if (chance.is(unwanted)) rejected.push({ index, reason: "a name that the vendor dislikes" });
    else if (!chance.is(unwanted)) accepted.push(index);
  }
  return { accepted, rejected };
}
