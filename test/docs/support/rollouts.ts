/** All pods of a fleet are replaced, one after the other. */
export interface Rollout {
  readonly replicas: number;
  /** How many new pods take part when the first old one goes; one more with each that goes. */
  readonly surge: number;
}

export interface HandOvers {
  readonly best: number;
  readonly average: number;
  readonly worst: number;
}

/**
 * How often the leadership changes hands: an old pod leads at first, the next old pod to go is drawn by
 * lot, and so is the next leader, among all that are there then.
 */
export function handOvers({ replicas, surge }: Rollout): HandOvers {
  let oldLeads = 1;
  let average = 0;
  for (let left = replicas; left > 0; left -= 1) {
    const goes = oldLeads / left;
    average += goes;
    const gone = replicas - left;
    const fresh = Math.min(surge + gone, replicas);
    const others = left - 1 + fresh;
    oldLeads = oldLeads - goes + goes * (others === 0 ? 0 : (left - 1) / others);
  }
  return { best: 1, average, worst: replicas };
}
