import { Argument, type Command } from 'commander';
import type { Defect } from '../../../node/contract/defect.ts';
import { behaviourNames } from '../../../node/io/behaviours.ts';
import { engineNames } from '../../../node/io/engines.ts';
import type { Behaviour } from '../../../node/malice/kit/behaviour.ts';
import {
  bugNamesOf,
  loadBehaviour,
  loadBenchWorkload,
  loadChecker,
  loadDefect,
  loadDriver,
  loadExperiment,
  loadFault,
  loadProtocol,
  loadReporter,
  loadStorage,
  loadTarget,
  loadWorkload,
  namesOf,
} from '../../catalog.ts';
import { commandFor, isByExperiment, wayOf } from '../../finders.ts';
import { options } from '../options.ts';
import { detailsInWords, detailsOf, type ProtocolDetails } from '../protocol-details.ts';
import { runNames } from '../results.ts';
import { columns, print } from '../terminal.ts';

interface Item {
  readonly name: string;
  readonly summary: string;
  readonly [detail: string]: unknown;
}

const kinds = [
  'experiments',
  'protocols',
  'bugs',
  'behaviours',
  'storages',
  'faults',
  'targets',
  'workloads',
  'checkers',
  'reporters',
  'bench-workloads',
  'drivers',
  'systems',
  'runs',
] as const;
type ListKind = (typeof kinds)[number];

export default function register(program: Command): void {
  program
    .command('list')
    .summary('what there is: experiments, protocols, planted bugs, faults, runs, ...')
    .description('Lists what there is. A planted bug comes with the command that shows it.')
    .addArgument(new Argument('[kind]', 'only these').choices(kinds))
    .option('--json', 'as JSON')
    .addOption(options.out())
    .action(list);
}

async function list(kind: ListKind | undefined, flags: { json?: boolean; out: string }): Promise<void> {
  const wanted = kind === undefined ? kinds : [kind];
  const found: Partial<Record<ListKind, Item[]>> = {};
  for (const each of wanted) found[each] = await itemsOf(each, flags.out);
  if (flags.json === true) {
    print(JSON.stringify(found, null, 2));
    return;
  }
  for (const [each, items] of Object.entries(found)) {
    print(`${each}:`);
    print(columns(items.map((item) => [`  ${item.name}`, describe(item)])) || '  (none)');
  }
}

function isProtocol(item: Item): item is Item & ProtocolDetails {
  return 'faultModel' in item;
}

function isBug(item: Item): item is Item & Pick<Defect, 'foundBy'> {
  return 'foundBy' in item;
}

function describe(item: Item): string {
  if (isProtocol(item)) return [item.summary, ...detailsInWords(item)].join(`\n${' '.repeat(4)}`);
  if (!isBug(item)) return item.summary;
  const { foundBy } = item;
  const how = isByExperiment(foundBy) ? 'found by' : `found by ${wayOf(foundBy)}, and no experiment`;
  return `${item.summary}\n${' '.repeat(4)}${how}: ${commandFor(item.name, item)}`;
}

function itemsOf(kind: ListKind, results: string): Promise<Item[]> {
  switch (kind) {
    case 'experiments':
      return each(namesOf('experiment'), async (name) => ({ summary: loadExperiment(name).experiment.question }));
    case 'protocols':
      return each(namesOf('protocol'), async (name) => ({ ...detailsOf(await loadProtocol(name)) }));
    case 'bugs':
      return bugs();
    case 'behaviours':
      return each(behaviourNames(), async (name) => behaviourItem((await loadBehaviour(name)).behaviour));
    case 'storages':
      return each(engineNames(), async (name) => ({ summary: (await loadStorage(name)).summary }));
    case 'faults':
      return each(namesOf('fault'), async (name) => {
        const { summary, needs, needsOfProtocol = [] } = await loadFault(name);
        return { summary, needs, needsOfProtocol };
      });
    case 'targets':
      return each(namesOf('target'), async (name) => ({ summary: (await loadTarget(name)).summary }));
    case 'workloads':
      return each(namesOf('workload'), async (name) => ({ summary: (await loadWorkload(name)).summary }));
    case 'checkers':
      return each(namesOf('checker'), async (name) => {
        const { summary, kind: about } = await loadChecker(name);
        return { summary, about };
      });
    case 'reporters':
      return each(namesOf('reporter'), async (name) => ({ summary: (await loadReporter(name)).summary }));
    case 'bench-workloads':
      return each(namesOf('bench-workload'), async (name) => ({ summary: (await loadBenchWorkload(name)).summary }));
    case 'drivers':
      return each(namesOf('driver'), async (name) => ({ summary: (await loadDriver(name)).summary }));
    case 'systems':
      return each(['replica'], async () => ({ summary: 'our own replica, running any of the protocols' }));
    case 'runs':
      return each(runNames(results), async () => ({ summary: '' }));
  }
}

function each(names: readonly string[], details: (name: string) => Promise<Omit<Item, 'name'>>): Promise<Item[]> {
  return Promise.all(names.map(async (name) => ({ name, ...(await details(name)) }) as Item));
}

function behaviourItem({ summary, needs, leavesProof }: Behaviour): Omit<Item, 'name'> {
  return { summary, needs, leavesProof };
}

async function bugs(): Promise<Item[]> {
  const items: Item[] = [];
  for (const protocol of namesOf('protocol')) {
    for (const name of bugNamesOf(protocol)) {
      const { summary, breaks, foundBy } = await loadDefect(protocol, name);
      items.push({ name, summary, protocol, breaks, foundBy });
    }
  }
  return items;
}
