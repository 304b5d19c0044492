import { expect, test } from "vitest";
import { metricName } from "./metric-name.ts";

/** Name, unit, kind, and what Prometheus' OTLP endpoint makes of them; the last column by otlptranslator v1.0.0. */
test.each([
  ["orders", "1", "counter", "orders_total"],
  ["orders.total", "{order}", "counter", "orders_total"],
  ["total.orders", "1", "counter", "orders_total"],
  ["http.server.request.duration", "s", "distribution", "http_server_request_duration_seconds"],
  ["latency_seconds", "s", "distribution", "latency_seconds"],
  ["bytes_sent", "By", "counter", "bytes_sent_total"],
  ["sent", "By", "counter", "sent_bytes_total"],
  ["rate", "By/s", "gauge", "rate_bytes_per_second"],
  ["rate", "1/s", "gauge", "rate_per_second"],
  ["rate", "{request}/m", "gauge", "rate_per_minute"],
  ["load", "%", "gauge", "load_percent"],
  ["load", "1", "gauge", "load"],
  ["speed", "furlong/fortnight", "gauge", "speed_furlong_per_fortnight"],
  ["a..b__c  d", "1", "gauge", "a_b_c_d"],
  ["_leading_", "1", "gauge", "leading"],
  ["1st", "1", "gauge", "_1st"],
  ["größe", "1", "gauge", "gr_e"],
  ["a:b", "1", "gauge", "a:b"],
  ["UserRecordsPut", "{record}", "counter", "UserRecordsPut_total"],
  ["x", "constructor", "gauge", "x_constructor"],
] as const)("%s in %s, a %s, is %s", (name, unit, kind, expected) => {
  expect(metricName(name, unit, kind)?.name).toBe(expected);
});

test("a counter that is only called total keeps a word before its ending", () => {
  expect(metricName("total", "1", "counter")?.name).toBe("total_total");
});

test("nothing is left of a name without ASCII letters and digits", () => {
  expect(metricName("メトリクス", "1", "gauge")).toBeUndefined();
});

test.each([
  ["http.requests", "1", "counter", "http.requests_total"],
  ["http.requests.total", "1", "counter", "http.requests_total"],
  ["größe", "By", "gauge", "größe_bytes"],
  ["lone\ud800", "1", "gauge", "lone\ufffd"],
] as const)("in UTF-8, %s in %s, a %s, is %s", (name, unit, kind, expected) => {
  expect(metricName(name, unit, kind)?.utf8Name).toBe(expected);
});

test("the unit's words are given only where the name ends with them", () => {
  expect(metricName("sent", "By", "counter")?.unit).toBe("bytes");
  expect(metricName("bytes_sent", "By", "counter")?.unit).toBe("");
  expect(metricName("rate", "By/s", "gauge")?.unit).toBe("bytes_per_second");
  expect(metricName("a", "1", "gauge")?.unit).toBe("");
});
