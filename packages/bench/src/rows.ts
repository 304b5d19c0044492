import type { Row } from "./row.ts";
import { boundCounter } from "./row-01-bound-counter.ts";
import { keyedCounter } from "./row-02-keyed-counter.ts";
import { boundDistribution } from "./row-03-bound-distribution.ts";
import { keyedDistribution } from "./row-04-keyed-distribution.ts";
import { levelNone } from "./row-05-level-none.ts";
import { windowClose } from "./row-06-window-close.ts";
import { memory } from "./row-07-memory.ts";
import { cloudWatch } from "./row-08-cloudwatch.ts";
import { datadog } from "./row-09-datadog.ts";
import { openTelemetry } from "./row-10-opentelemetry.ts";
import { allocation } from "./row-11-allocation.ts";
import { size } from "./row-12-size.ts";
import { prometheus } from "./row-13-prometheus.ts";
import { thresholds } from "./row-19-thresholds.ts";
import { withDimensions } from "./row-20-with.ts";
import { smallExport } from "./row-21-export.ts";
import { manySeriesExport } from "./row-22-many-series.ts";
import { firstSeconds } from "./row-23-first-traffic.ts";
import { idle } from "./row-24-idle.ts";
import { service } from "./row-25-service.ts";
import { soak } from "./row-26-soak.ts";
import { seriesGrowth } from "./row-27-series.ts";
import { dimensionGrowth } from "./row-28-dimensions.ts";

/** All rows, by number. */
export const rows: readonly Row[] = [
  boundCounter,
  keyedCounter,
  boundDistribution,
  keyedDistribution,
  levelNone,
  windowClose,
  memory,
  cloudWatch,
  datadog,
  openTelemetry,
  allocation,
  size,
  prometheus,
  thresholds,
  withDimensions,
  smallExport,
  manySeriesExport,
  firstSeconds,
  idle,
  service,
  soak,
  seriesGrowth,
  dimensionGrowth,
];
