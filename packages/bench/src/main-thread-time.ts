/**
 * Milliseconds that the main thread has run so far. Unlike wall time it does not count the turns of other
 * processes; it does not count threads that help to collect garbage either, which favours contenders that make much.
 */
export function mainThreadMs(): number {
  // On Linux a thread's time is as old as the last tick of the scheduler, some milliseconds, unless the process's is read first.
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
