import type { WorkTurn } from "@aiokpl/metrics-core/sink";

/** Divides long work into turns of the event loop: after each piece of it, `if (turn.isOver) await turn.next()`. */
export type Turn = Pick<WorkTurn, "isOver" | "next">;
