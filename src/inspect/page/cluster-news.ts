import type { NewsView } from '../wire.js';
import type { Tone } from './words.js';

/** What the cluster tells of a candidate, in plain words; null for news of the candidate's own. */
export function clusterNews({
  type,
  details,
}: NewsView): { readonly text: string; readonly tone: Tone } | null {
  switch (type) {
    case 'foundHolding':
      return { text: `Holds the lock, transitions ${details['transitions']}`, tone: 'plain' };
    case 'tookLock':
      return { text: `Holds the lock now, transitions ${details['transitions']}`, tone: 'good' };
    case 'lapsed':
      return { text: 'Its lease has run out, and nobody has taken over', tone: 'bad' };
    case 'replaced':
      return { text: `Another holds the lock now: ${details['identity']}`, tone: 'plain' };
    case 'unheld':
      return { text: 'Its record is not in the lock any more', tone: 'bad' };
    case 'ownWord':
      return { text: `Says in an Event: ${details['what']}`, tone: 'plain' };
    case 'pod':
      return { text: `Its pod ${details['name']}: ${details['phase']}`, tone: 'plain' };
    case 'podGone':
      return { text: 'Its pod is gone', tone: 'plain' };
    case 'sightFailed':
      return { text: `The lock cannot be read: ${details['error']}`, tone: 'bad' };
    case 'sightBack':
      return { text: 'The lock can be read again', tone: 'good' };
    default:
      return null;
  }
}
