/* For a process whose end may take as long as a busy machine needs: what is looked at then is what it does. */
import { exitLimit } from '../../../../src/election/release-at-exit.js';

exitLimit.ms = 60_000;
