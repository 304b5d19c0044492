/**
 * Node's HTTP module. An import would read all that it exports, and for some of that Node 24 loads undici, which takes ten
 * times as long as this.
 */
export const http: typeof import("node:http") = process.getBuiltinModule("node:http");
