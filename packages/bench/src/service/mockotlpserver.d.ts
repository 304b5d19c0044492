/** What is used of a package that brings no types. */
declare module "@elastic/mockotlpserver/lib/proto.js" {
  interface WireData {
    readonly aggregationTemporality?: string;
    readonly dataPoints?: readonly {
      readonly attributes?: object;
      readonly asDouble?: number;
      readonly asInt?: number;
      readonly count?: number;
    }[];
  }
  interface WireRequest {
    readonly resourceMetrics?: readonly {
      readonly scopeMetrics?: readonly {
        readonly metrics?: readonly {
          readonly name: string;
          readonly sum?: WireData;
          readonly histogram?: WireData;
          readonly exponentialHistogram?: WireData;
        }[];
      }[];
    }[];
  }
  interface ProtoType {
    decode(bytes: Uint8Array): object;
    toObject(
      message: object,
      options: { readonly longs: typeof Number; readonly enums: typeof String },
    ): WireRequest;
  }
  export function getProtoRoot(): { lookupType(name: string): ProtoType };
}
