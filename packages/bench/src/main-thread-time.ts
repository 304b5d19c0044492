/**
 * Milliseconds that the main thread has run so far. Unlike wall time it leaves out the time of other
 * processes. It also leaves out the threads that help to collect garbage, which favours contenders that create much of it.
 */
export function mainThreadMs(): number {
  // On Linux a thread's time is some milliseconds old, unless the time of the process is read first.
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
