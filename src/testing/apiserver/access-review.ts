import type { AccessRules } from './access.js';
import { readJson } from './bodies.js';
import { type Answer, answer } from './call.js';
import { invalid, invalidObject } from './field-errors.js';
import { isJsonObject } from './objects.js';
import type { ApiRequest, RequestInfo } from './routes.js';

const GROUP = 'authorization.k8s.io';

/** POST of a SelfSubjectAccessReview: may I? @throws ApiStatusError */
export function reviewAccess(rules: AccessRules, user: string, request: ApiRequest): Answer {
  const { spec, metadata = {} } = readJson(request, '');
  const resource = isJsonObject(spec) ? spec['resourceAttributes'] : undefined;
  const path = isJsonObject(spec) ? spec['nonResourceAttributes'] : undefined;
  if (isJsonObject(resource) === isJsonObject(path)) {
    const rule = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    throw invalidObject({ group: GROUP, kind: '' }, '', [invalid('spec', null, rule)]);
  }
  const allowed = rules.allows(user, infoOf(resource, path));
  return answer(201, {
    kind: 'SelfSubjectAccessReview',
    apiVersion: `${GROUP}/v1`,
    metadata,
    spec,
    status: { allowed },
  });
}

function infoOf(resource: unknown, path: unknown): RequestInfo {
  const asked = isJsonObject(resource) ? resource : isJsonObject(path) ? path : {};
  const text = (field: string): string => {
    const value = asked[field];
    return typeof value === 'string' ? value : '';
  };
  return {
    verb: text('verb'),
    group: text('group'),
    version: text('version'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: text('name'),
    onOne: text('name') !== '',
    path: text('path'),
  };
}
