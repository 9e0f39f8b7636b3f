/** The window, in ms, in which candidates try for a lock that comes free, as long as none has lost. */
export const SMALL_FLEET_MS = 15;

/** The share of candidates that then try at once; the others do so late in that window. */
export const TRY_AT_ONCE = 0.7;
