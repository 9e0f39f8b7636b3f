/** By which a command is told to end: by a key, by the system, or as its terminal closes. */
export const TO_END = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Catches these signals. Returns how to leave them alone again. */
export function catchThese(
  signals: readonly NodeJS.Signals[],
  take: (signal: NodeJS.Signals) => void,
): () => void {
  for (const signal of signals) process.on(signal, take);
  return () => {
    for (const signal of signals) process.off(signal, take);
  };
}
