// Imports each entry named on the command line and tells the names that it exports.
const names = {};
for (const specifier of process.argv.slice(2)) {
  const json = specifier.endsWith('.json');
  const module = await import(specifier, json ? { with: { type: 'json' } } : {});
  names[specifier] = Object.keys(json ? module.default : module).sort();
}
console.log(JSON.stringify(names));
