import { describe, expect, it } from 'vitest';
import {
  endRequested,
  preferredHolder,
  STEP_DOWN_ANNOTATION,
  stepDownRequested,
  stepDownValue,
} from '../../../src/lock/step-down.js';
import { record } from '../../support/controllable-lock.js';

const held = record({ holderIdentity: 'pod-1_uuid' });
const asking = (value: unknown) => ({
  metadata: { annotations: { [STEP_DOWN_ANNOTATION]: value, other: 'x' } },
});

describe('the request to step down', () => {
  it('names the term: when it was acquired, and by whom', () => {
    expect(STEP_DOWN_ANNOTATION).toBe('k8s-leader-election/step-down');
    expect(stepDownValue(held)).toBe('2026-01-01T00:00:00.000000Z pod-1_uuid');
    expect(stepDownRequested(asking(stepDownValue(held)), held)).toBe(true);
  });

  it('is the same for every renewal of the term, and void for any other', () => {
    const asked = asking(stepDownValue(held));
    const renewed = record({ ...held, renewTime: '2026-01-01T00:05:00.000000Z' });
    expect(stepDownRequested(asked, renewed)).toBe(true);
    const later = record({ ...held, acquireTime: '2026-01-01T00:05:00.000000Z' });
    expect(stepDownRequested(asked, later)).toBe(false);
    expect(stepDownRequested(asked, record({ ...held, holderIdentity: 'pod-2' }))).toBe(false);
  });

  it.each([
    ['an empty value', asking('')],
    ['"true"', asking('true')],
    ['a value of another kind', asking(true)],
    ['no such annotation', { metadata: { annotations: {} } }],
    ['no annotations', { metadata: {} }],
    ['annotations that are none', { metadata: { annotations: null } }],
    ['no metadata', {}],
    ['no object', null],
    ['an object that is none', 'text'],
  ])('is not made by %s', (_, object) => {
    expect(stepDownRequested(object, held)).toBe(false);
  });
});

describe('a preferred holder', () => {
  const preferring = (preferredHolder: unknown) => ({ spec: { preferredHolder } });

  it.each([
    ['another', preferring('pod-2'), null, true],
    ['another than before', preferring('pod-2'), 'pod-3', true],
    ['the same as when the term began', preferring('pod-2'), 'pod-2', false],
    ['the holder itself', preferring('pod-1_uuid'), null, false],
    ['nobody', preferring(''), null, false],
    ['what is no text', preferring(7), null, false],
    ['nothing', { spec: {} }, null, false],
  ] as const)('asks for the end of the term if it is %s', (_, object, atFirst, asks) => {
    expect(endRequested(object, held, atFirst)).toBe(asks);
  });

  it('is read from a Lease alone', () => {
    expect(preferredHolder(preferring('pod-2'))).toBe('pod-2');
    expect(preferredHolder({ metadata: {} })).toBeNull();
    expect(preferredHolder(null)).toBeNull();
  });
});
