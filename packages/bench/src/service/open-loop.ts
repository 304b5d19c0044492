import { Agent, request } from "node:http";
import { quantileOf } from "../statistics.ts";
import type { Load, LoadResult } from "./outside-messages.ts";
import { pathOf } from "./traffic.ts";

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/**
 * Makes requests at a fixed rate, whether those before were answered or not, as users do. A request's time
 * begins when it was due. So a service that stands still for 100 ms is seen to be slow by every request
 * that was due meanwhile; a client that waits for each answer would see one slow request.
 */
export async function openLoop({ port, perSecond, requests, from }: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  const answers: Promise<void>[] = [];
  const start = performance.now();
  const dueAt = (i: number): number => start + (i * 1_000) / perSecond;
  for (let sent = 0; sent < requests;) {
    for (; sent < requests && dueAt(sent) <= performance.now(); sent++) {
      const due = dueAt(sent);
      const answer = answered(port, pathOf(from + sent));
      answers.push(answer.then(() => void latencies.push(performance.now() - due)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(answers);
  return {
    p50: quantileOf(latencies, 0.5),
    p99: quantileOf(latencies, 0.99),
    answered: latencies.length,
  };
}

function answered(port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path, agent }, (response) => {
      response.resume();
      response.on("end", resolve);
      response.on("error", reject);
    })
      .on("error", reject)
      .end();
  });
}
