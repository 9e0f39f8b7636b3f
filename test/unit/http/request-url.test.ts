import { describe, expect, it } from 'vitest';
import { requestUrl } from '../../../src/http/request-url.js';

describe('the address of a request', () => {
  it.each([
    ['/', '/'],
    ['/healthz?x=1', '/healthz'],
    ['//', '//'],
    ['//:', '//:'],
    ['//other.example/token/', '//other.example/token/'],
    ['/%', '/%'],
    ['http://other.example/healthz', '/healthz'],
  ])('of %s is the path %s, on no other host', (target, pathname) => {
    expect(requestUrl(target)?.pathname).toBe(pathname);
  });

  it.each([undefined, '', '*', ':', '?', 'x', 'http://', 'http://[', 'http://a:99999/', 'data:,x'])(
    'is none in %s',
    (target) => {
      expect(requestUrl(target)).toBeNull();
    },
  );
});
