/*
 * A plugin of Stryker that leaves alone what only people read (descriptions in the chart, the
 * wording of errors) and what only the compiler reads. Tests that pin the wording of each of these
 * would have to be changed with every better word, and would protect nobody.
 *
 * It leaves alone the literals that make up the chart, too: `chart-mutants.ts` changes the same, one
 * by one and in more ways, and in a hundredth of the time. Functions in the chart are not left alone.
 */

/** Leaves alone the value of a property. */
const PROPERTIES = {
  description:
    'A description in the chart or of a rule for options, which people read in a document.',
  types: 'The types of the chart, which are not there at run time.',
};

function reasonToIgnore(path) {
  const { node, parent } = path;
  if (parent?.type === 'ObjectProperty' && parent.value === node && !parent.computed) {
    return PROPERTIES[parent.key.name];
  }
  if (isPartOfChart(path)) return 'A literal of the chart, which has mutants of its own.';
  const isText = node.type === 'StringLiteral' || node.type === 'TemplateLiteral';
  if (!isText) return undefined;
  const made = path.findParent((p) => p.isNewExpression())?.node;
  const constructs = made?.callee.name ?? '';
  if (/Error$/.test(constructs) && isWithin(path, made.arguments[0])) {
    return 'The wording of an error.';
  }
  return undefined;
}

function isPartOfChart(path) {
  if (holdsFunction(path.node)) return false;
  const around = path.findParent((p) => p.isFunction() || isStateConfig(p.node));
  return around !== null && isStateConfig(around.node);
}

function isStateConfig({ type, callee }) {
  return type === 'CallExpression' && callee.property?.name === 'createStateConfig';
}

/** What is left alone is left alone with all that is in it. */
function holdsFunction(node) {
  if (/Function/.test(node.type)) return true;
  return Object.values(node)
    .flat()
    .some((inner) => typeof inner?.type === 'string' && holdsFunction(inner));
}

function isWithin(path, ancestor) {
  return path.node === ancestor || path.findParent((p) => p.node === ancestor) !== null;
}

export const strykerPlugins = [
  { kind: 'Ignore', name: 'texts', value: { shouldIgnore: reasonToIgnore } },
];
