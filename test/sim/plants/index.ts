import { betweenPlants } from './between.js';
import { deadlinePlants } from './deadlines.js';
import { endingPlants } from './ending.js';
import { takingPlants } from './taking.js';
import type { Plant } from './tools.js';
import { watchingPlants } from './watching.js';

/** Every planted error. A verifier that does not find one of them proves nothing by finding none. */
export const PLANTS: readonly Plant[] = [
  ...deadlinePlants,
  ...takingPlants,
  ...watchingPlants,
  ...endingPlants,
  ...betweenPlants,
];

export type { Plant } from './tools.js';
