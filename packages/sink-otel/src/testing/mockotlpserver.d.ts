/** What the tests use of a package that brings no types. */
declare module "@elastic/mockotlpserver" {
  export class MockOtlpServer {
    constructor(options: {
      readonly services: readonly "http"[];
      readonly httpHostname: string;
      readonly httpPort: number;
      readonly logLevel?: string;
      readonly onMetrics: (request: object) => unknown;
    });
    readonly httpUrl: URL;
    start(): Promise<void>;
    close(): Promise<void>;
  }
}

declare module "@elastic/mockotlpserver/lib/proto.js" {
  interface ProtoType {
    decode(bytes: Uint8Array): object;
    toObject(
      message: object,
      options: { readonly longs: typeof Number; readonly enums: typeof String },
    ): object;
  }
  export function getProtoRoot(): { lookupType(name: string): ProtoType };
}
