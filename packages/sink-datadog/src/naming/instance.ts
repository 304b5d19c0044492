import cluster from "node:cluster";
import { randomUUID } from "node:crypto";
import { isMainThread, threadId } from "node:worker_threads";

/** What tells a process from its siblings. */
export interface ProcessFacts {
  readonly env: NodeJS.ProcessEnv;
  /** The number of this worker in its cluster, or undefined outside a cluster's workers. */
  readonly workerId: number | undefined;
  /** The number of this worker thread, or undefined in the main thread. */
  readonly threadId: number | undefined;
}

/** Names a Lambda sandbox that has no log stream; the same for as long as the process lives. */
const SANDBOX = randomUUID().slice(-12);

/** Returns what {@link instanceOf} returns for the process and thread that call it. */
export function currentInstance(): string | undefined {
  return instanceOf({
    env: process.env,
    workerId: cluster.isWorker ? (cluster.worker?.id ?? process.pid) : undefined,
    threadId: isMainThread ? undefined : threadId,
  });
}

/**
 * Returns a name that no sibling of this process has, or undefined where no siblings are known. This
 * is the only place that decides whether a process is one of several: a process under PM2, a
 * cluster's worker, a Lambda sandbox and a worker thread are.
 */
export function instanceOf({ env, workerId, threadId }: ProcessFacts): string | undefined {
  const pm2 = pm2Instance(env);
  // PM2 numbers each process of its own cluster mode. A cluster that the program forks under PM2
  // inherits one number for all its workers.
  const isNumberedByPm2 = pm2 !== undefined && env["exec_mode"] === "cluster_mode";
  const names = [
    pm2 ?? lambdaInstance(env),
    workerId === undefined || isNumberedByPm2 ? undefined : `worker-${workerId}`,
    threadId === undefined ? undefined : `thread-${threadId}`,
  ];
  return names.filter((name) => name !== undefined).join("-") || undefined;
}

function pm2Instance(env: NodeJS.ProcessEnv): string | undefined {
  // Programs under one PM2 each count NODE_APP_INSTANCE from 0, so PM2's own number comes first.
  return env["pm_id"] || env["NODE_APP_INSTANCE"] || undefined;
}

function lambdaInstance(env: NodeJS.ProcessEnv): string | undefined {
  // A log stream belongs to one sandbox: 2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef
  const stream = env["AWS_LAMBDA_LOG_STREAM_NAME"]?.split("]").at(-1)?.slice(0, 12);
  if (stream) return stream;
  return env["AWS_LAMBDA_FUNCTION_NAME"] ? SANDBOX : undefined;
}
