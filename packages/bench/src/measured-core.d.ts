/** The part of measured-core, which has no types, that is used here. */
declare module "measured-core" {
  export class Counter {
    inc(n?: number): void;
    toJSON(): number;
  }
}
