/* How candidates spread their tries when the lock comes free: see `contentionDelay`. */

/** The window, in ms, in which candidates try as long as they have seen no other be faster. */
export const SMALL_FLEET_MS = 32;

/**
 * The share of them that try at once where the lock has not changed hands before; the others do so
 * late in that window.
 */
export const TRY_AT_ONCE = 0.68;

/** From here on: by then the news of the first to try has been heard. */
export const LATE_FROM_MS = 18;

/** The window of those who were not the first to try: there may be a crowd. */
export const CROWD_MS = 200;

/** Right for crowds of about 200: the logarithm of their number, and 1. */
export const CROWD_STEEPNESS = 6.3;
