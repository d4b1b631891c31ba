/** The parts of the house, as a CPU profile tells them: by the file that a function is in. */

const garbageCollector = '(garbage collector)';

/** Paths from the package root, without the ending; the first that fits counts. */
const ourAreas: readonly (readonly [RegExp, string])[] = [
  [/^chaos\/substrate\/sim\/clock/, 'simulator clock'],
  [/^chaos\/substrate\/sim\/network/, 'simulator network'],
  [/^chaos\/substrate\/sim\/disk/, 'simulator disk'],
  [/^chaos\/substrate\/sim\//, 'simulator processes'],
  [/^chaos\/substrate\/docker\//, 'docker'],
  [/^chaos\/random/, 'randomness'],
  [/^chaos\/(journal|history|recording-files|percentiles)/, 'recording'],
  [/^chaos\/(load|workloads\/)/, 'workload'],
  [/^chaos\/(checkers\/|judge|statistics|strike-effects)/, 'checkers'],
  [/^chaos\/reporters\//, 'reports'],
  [/^chaos\/bench\//, 'benchmark'],
  [/^chaos\/cli\//, 'command line'],
  [/^(chaos\/systems\/|node\/client)/, 'client'],
  [/^chaos\//, 'orchestration'],
  [/^node\/protocols?\b/, 'protocol'],
  [/^node\/(runtime|requests)/, 'runtime'],
  [/^node\/machine\//, 'machine'],
  [/^node\/hash/, 'hashing'],
  [/^node\/io\/(wal\/|timed-files|storage-faults)/, 'write-ahead log'],
  [/^node\/io\/(client-|request-samples)/, 'client API'],
  [/^node\/io\/(peer-|outbox|outgoing-link|inbound-links|link-watch|redialled-call|replica-connections)/, 'links'],
  [/^node\/io\/wire/, 'wire format'],
  [/^node\/io\/(metrics|status-page)/, 'metrics'],
  [/^node\//, 'replica process'],
];

/** Modules inside of Node that belong to one outside under another name. */
const nodeModules: Readonly<Record<string, string>> = { streams: 'stream', stream_base_commons: 'stream' };

/** The area of a function of ours, run as TypeScript or compiled; of a package, by its name; of Node, by the module. */
export function areaOf(url: string, functionName: string): string | null {
  if (functionName === garbageCollector) return garbageCollector;
  if (url === '') return null;
  // tsx gives every closure its name as it is made; compiled code has none of that.
  if (functionName === '__name') return 'tsx';
  const file = shortFile(url);
  if (file.startsWith('node:')) {
    const module = /^node:(?:internal\/)?_?([^/]+)/.exec(file)?.[1] ?? '';
    return `node:${nodeModules[module] ?? module}`;
  }
  const ours = ourAreas.find(([paths]) => paths.test(file));
  if (ours !== undefined) return ours[1];
  if (file.startsWith('wasm:')) return 'WebAssembly';
  return /^(@[^/:]+\/)?[^/:]+(?=\/)/.exec(file)?.[0] ?? 'elsewhere';
}

/** `node/runtime.ts`, `pure-rand/lib/...`, `node:internal/timers`: a URL as short as it is still understood. */
export function shortFile(url: string): string {
  const [path = ''] = url.split('?');
  const inPackage = /^.*\/node_modules\/(.*)$/.exec(path);
  if (inPackage !== null) return inPackage[1] ?? path;
  return /^.*\/((?:node|chaos)\/.*)$/.exec(path)?.[1] ?? path;
}
