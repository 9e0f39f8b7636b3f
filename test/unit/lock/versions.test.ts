import { expect, it } from 'vitest';
import { isNewer } from '../../../src/kubernetes/resource-version.js';

/* Versions are of the API server's making: numbers with more digits than a double can tell apart. */

it.each([
  ['9', '10', false],
  ['10', '9', true],
  ['10', '10', false],
  ['11', '10', true],
  ['10', '11', false],
  ['90071992547409921', '90071992547409920', true],
  ['90071992547409920', '90071992547409921', false],
])('a version %s is newer than %s: %s', (version, than, newer) => {
  expect(isNewer(version, than)).toBe(newer);
});

it('any version is newer than none', () => {
  expect(isNewer('1', null)).toBe(true);
});
