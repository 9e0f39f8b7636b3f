export interface Summary {
  readonly rounds: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws Error for no samples: there is nothing to say of them */
export function summaryOf(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new Error('No samples');
  return {
    rounds: samples.length,
    median: medianOf(samples),
    min: Math.min(...samples),
    max: Math.max(...samples),
  };
}

export function medianOf(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? sorted[Math.floor(middle)]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Samples with their summary, rounded to a thousandth. */
export interface Distribution extends Summary {
  readonly samples: readonly number[];
}

export function distributionOf(samples: readonly number[]): Distribution {
  const rounded = samples.map((sample) => Math.round(sample * 1e3) / 1e3);
  return { ...summaryOf(rounded), samples: rounded };
}
