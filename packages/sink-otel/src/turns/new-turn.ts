import { WorkTurn } from "@aiokpl/metrics-core/sink";
import { ONE_TURN, type Turn } from "./in-turns.ts";

/** So few series are sorted, and made points of, in a millisecond; with 160 buckets in four. */
const FEW_SERIES = 500;

/**
 * Returns a turn that is over after some milliseconds of work.
 *
 * @param series how many series there are, if it is known: little work takes one turn, however busy the machine is
 */
export function newTurn(series: number = Infinity): Turn {
  return series > FEW_SERIES ? new WorkTurn() : ONE_TURN;
}
