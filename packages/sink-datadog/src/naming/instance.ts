import cluster from "node:cluster";
import { isMainThread, threadId } from "node:worker_threads";

/**
 * What tells this process from others on its host, where it is known to be one of several: PM2's
 * instance, the cluster's worker, the Lambda function's sandbox, the thread.
 */
export function instanceOf(env: NodeJS.ProcessEnv): string | undefined {
  const thread = isMainThread ? undefined : `thread-${threadId}`;
  return [processOf(env), thread].filter(Boolean).join("-") || undefined;
}

function processOf(env: NodeJS.ProcessEnv): string | undefined {
  // Of several programs under one PM2 each counts NODE_APP_INSTANCE from 0.
  const pm2 = env["pm_id"] || env["NODE_APP_INSTANCE"];
  if (pm2) return pm2;
  if (cluster.isWorker) return `worker-${cluster.worker?.id ?? process.pid}`;
  // Such as 2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef
  return env["AWS_LAMBDA_LOG_STREAM_NAME"]?.split("]").at(-1)?.slice(0, 12);
}
