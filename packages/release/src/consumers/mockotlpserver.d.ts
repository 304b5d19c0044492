/** What the tests use of a package that brings no types. */
declare module "@elastic/mockotlpserver" {
  export interface OtlpMetric {
    readonly name: string;
    readonly sum?: {
      readonly dataPoints: readonly {
        readonly asDouble: number;
        readonly attributes: readonly {
          readonly key: string;
          readonly value: { readonly stringValue?: string };
        }[];
      }[];
    };
    readonly gauge?: { readonly dataPoints: readonly { readonly asDouble: number }[] };
    readonly histogram?: OtlpHistogram;
    readonly exponentialHistogram?: OtlpHistogram;
  }
  interface OtlpHistogram {
    readonly dataPoints: readonly {
      readonly count: string;
      readonly sum: number;
      readonly min: number;
      readonly max: number;
    }[];
  }
  interface ExportMetricsServiceRequest {
    readonly resourceMetrics: readonly {
      readonly scopeMetrics: readonly { readonly metrics: readonly OtlpMetric[] }[];
    }[];
  }
  export class MockOtlpServer {
    constructor(options: {
      readonly logLevel: "warn";
      readonly services: readonly "http"[];
      readonly httpHostname: string;
      readonly httpPort: number;
      readonly onMetrics: (request: ExportMetricsServiceRequest) => void;
    });
    readonly httpUrl: URL;
    start(): Promise<void>;
    close(): Promise<void>;
  }
}
