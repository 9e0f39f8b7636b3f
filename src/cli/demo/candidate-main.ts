import { runCandidate } from './candidate.js';

runCandidate();
