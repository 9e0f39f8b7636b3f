/** The window, in ms, in which candidates try for a lock that comes free, as long as none has lost. */
export const SMALL_FLEET_MS = 10;
