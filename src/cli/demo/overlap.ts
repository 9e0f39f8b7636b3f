/** A time in which one candidate's `isLeader()` was true, in milliseconds by `machineNow()`. */
export interface LeadingInterval {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface Overlap {
  readonly first: string;
  readonly second: string;
  readonly ms: number;
}

/** Every pair of intervals in which two candidates led at the same time. One that touches is none. */
export function overlaps(intervals: readonly LeadingInterval[]): Overlap[] {
  const sorted = [...intervals].sort((a, b) => a.from - b.from);
  return sorted.flatMap((earlier, index) =>
    sorted
      .slice(index + 1)
      .map((later) => ({
        first: earlier.name,
        second: later.name,
        ms: Math.min(earlier.to, later.to) - later.from,
      }))
      .filter(({ ms }) => ms > 0),
  );
}
