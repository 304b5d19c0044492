/**
 * What the sink needs of a client of `@aws-sdk/client-cloudwatch`: each `CloudWatchClient` from
 * 3.930.0 on has it. It is described by its shape, so that a program may pass a client of another
 * release than the one that this package depends on.
 */
export interface MetricDataClient {
  /** The client's settled configuration. All but `region` may be missing. */
  readonly config: {
    /** The AWS Region; rejects where the SDK finds none. */
    region(): Promise<string>;
    /** How often the client tries one request, the first time included. */
    maxAttempts?(): Promise<number>;
    /** Whether the Region's FIPS endpoint is used. */
    useFipsEndpoint?(): Promise<boolean>;
    /** Whether the Region's dual-stack endpoint is used. */
    useDualstackEndpoint?(): Promise<boolean>;
    /** The name of the profile in the shared configuration files. */
    readonly profile?: string | undefined;
    /** How requests are written; clients before 3.930.0 have none. */
    readonly protocol?: unknown;
    /** Whether the client ignores endpoints in the environment and in the profile. */
    readonly ignoreConfiguredEndpointUrls?: boolean | undefined;
    /** The endpoint that the program has set, as the SDK keeps it. */
    readonly endpoint?: unknown;
  };
  /** The names of what handles a request, in order. */
  readonly middlewareStack?: { identify(): readonly string[] } | undefined;
  /** Sends a command, such as PutMetricData. */
  send(command: object, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>;
}

/** A client that its user destroys when it is no longer needed. */
export interface DestroyableMetricDataClient extends MetricDataClient {
  /** Closes the client's connections. */
  destroy(): void;
}
