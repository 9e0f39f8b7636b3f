type Evidence = typeof import('./evidence/pod-evidence.js');

let loaded: Promise<Evidence> | null = null;

/** What tells of the death of holders, for whoever wants to know. */
export function loadEvidence(): Promise<Evidence> {
  return (loaded ??= import('./evidence/pod-evidence.js'));
}
