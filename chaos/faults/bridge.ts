import { z } from 'zod';
import type { NodeId } from '../../node/contract/ids.ts';
import type { Link } from '../contracts/events.ts';
import type { Fault } from '../contracts/faults.ts';
import { everyLink, seenOnLinks } from '../links.ts';
import { paramsOf } from '../params.ts';

/** The links between the two halves of those who are no bridge, both ways. */
function linksAcross(bridges: readonly NodeId[], all: readonly NodeId[]): Link[] {
  const others = all.filter((node) => !bridges.includes(node));
  const left = others.slice(0, Math.ceil(others.length / 2));
  return everyLink(others).filter(({ from, to }) => left.includes(from) !== left.includes(to));
}

const fault: Fault<Record<string, never>> = {
  summary: 'partial connectivity: two halves that reach each other by way of the target alone',
  needs: ['link.cut'],
  parse: paramsOf('bridge', z.strictObject({})),
  links: linksAcross,
  strike: async ({ cluster, strike, links }) => {
    if (links.length === 0) throw new Error('a bridge stands between two others at least');
    return cluster.impair(strike, links, { kind: 'cut' });
  },
  bit: (evidence) => seenOnLinks(evidence, 'link-dropped'),
};

export default fault;
