import { expect, test } from "vitest";
import { contentTypeOf } from "../exposition/format.ts";
import { acceptsGzip, negotiate } from "./negotiate.ts";

const PROTO =
  "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
const OPEN_METRICS = "application/openmetrics-text";
const PLAIN = "text/plain; version=0.0.4; charset=utf-8";

/** What servers and clients ask for, and what they get. */
test.each([
  [undefined, PLAIN],
  ["", PLAIN],
  ["*/*", PLAIN],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", PLAIN],
  ["application/json", PLAIN],
  ["text/plain", PLAIN],
  // Prometheus 2.45
  [
    `${OPEN_METRICS};version=1.0.0,${OPEN_METRICS};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
    `${OPEN_METRICS}; version=1.0.0; charset=utf-8`,
  ],
  // Prometheus 2.20
  [`${OPEN_METRICS}; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`, PLAIN],
  // Prometheus 3
  [
    `${OPEN_METRICS};version=1.0.0;escaping=allow-utf-8;q=0.6,${OPEN_METRICS};version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2`,
    `${OPEN_METRICS}; version=1.0.0; charset=utf-8; escaping=allow-utf-8`,
  ],
  // Prometheus 3 with native histograms
  [
    `${PROTO};escaping=allow-utf-8;q=0.7,${OPEN_METRICS};version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.2`,
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=allow-utf-8",
  ],
  [
    `text/plain;version=1.0.0;escaping=dots`,
    "text/plain; version=1.0.0; charset=utf-8; escaping=underscores",
  ],
  [`application/vnd.google.protobuf;encoding=text,*/*;q=0.1`, PLAIN],
  [`*/*, ${OPEN_METRICS};version=1.0.0`, `${OPEN_METRICS}; version=1.0.0; charset=utf-8`],
  [`${OPEN_METRICS};version=2.0.0`, PLAIN],
  [`${OPEN_METRICS};version=1.0.0;q=0, text/plain;q=0.1`, PLAIN],
  [`${OPEN_METRICS};version=1.0.0;q=banana`, PLAIN],
])("Accept: %s", (accept, contentType) => {
  const format = negotiate(accept);
  expect(format && contentTypeOf(format)).toBe(contentType);
});

test.each(["text/plain;q=0", "*/*;q=0", "text/plain;q=0, */*"])(
  "Accept: %s is of nothing there is",
  (accept) => {
    expect(negotiate(accept)).toBeUndefined();
  },
);

test.each([
  [undefined, false],
  ["gzip", true],
  ["deflate, gzip;q=0.5", true],
  ["gzip;q=0", false],
  ["*", true],
  ["gzip;q=0, *", false],
  ["br", false],
])("Accept-Encoding: %s", (acceptEncoding, expected) => {
  expect(acceptsGzip(acceptEncoding)).toBe(expected);
});
