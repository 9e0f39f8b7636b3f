import { type Resource, allResources, apiVersionOf } from './resources.js';

const VERSION = {
  major: '1',
  minor: '37',
  gitVersion: 'v1.37.0-embedded',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: `${process.platform}/${process.arch}`,
};

/** What the server says of itself, by path; null for other paths. JSON, or text where a string. */
export function discover(path: string): unknown {
  const trimmed = path.replace(/\/$/, '');
  if (['/healthz', '/livez', '/readyz'].includes(trimmed)) return 'ok';
  if (trimmed === '/version') return VERSION;
  if (trimmed === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  const groups = [...new Set(allResources.map(({ group }) => group))].filter((one) => one !== '');
  if (trimmed === '/apis') {
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(describeGroup) };
  }
  const group = groups.find((one) => trimmed === `/apis/${one}`);
  if (group !== undefined) return { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group) };
  const inVersion = allResources.filter((one) => trimmed === pathOf(one));
  const [first] = inVersion;
  if (first === undefined) return null;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(first),
    resources: inVersion.map(describeResource),
  };
}

function pathOf(resource: Resource): string {
  return `/${resource.group === '' ? 'api' : 'apis'}/${apiVersionOf(resource)}`;
}

function describeGroup(name: string): object {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}

function describeResource(one: Resource): object {
  const { resource, singular, namespaced, kind, verbs, shortNames } = one;
  const short = shortNames.length === 0 ? {} : { shortNames };
  return { name: resource, singularName: singular, namespaced, kind, verbs, ...short };
}
