/* How candidates spread their tries when the lock comes free: see `herdDelay`. */

/** The window, in ms, in which candidates try as long as none has lost a race. */
export const SMALL_FLEET_MS = 15;

/** The share of candidates that then try at once; the others do so late in that window. */
export const TRY_AT_ONCE = 0.7;

/** The longest window, in ms, however great the crowd. */
export const WIDEST_CROWD_MS = 200;

/** Right for crowds of about 200: the logarithm of their number, and 1. */
export const CROWD_STEEPNESS = 6.3;
