import { betweenBugs } from './between.js';
import { deadlineBugs } from './deadlines.js';
import { endingBugs } from './ending.js';
import { evidenceBugs } from './evidence.js';
import { takingBugs } from './taking.js';
import type { SeededBug } from './tools.js';
import { watchingBugs } from './watching.js';

/** Every seeded error. A verifier that does not find one of them proves nothing by finding none. */
export const SEEDED_BUGS: readonly SeededBug[] = [
  ...deadlineBugs,
  ...takingBugs,
  ...watchingBugs,
  ...endingBugs,
  ...betweenBugs,
  ...evidenceBugs,
];

export type { SeededBug } from './tools.js';
