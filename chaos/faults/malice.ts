import type { Fault } from '../contracts/faults.ts';
import { maliceParams } from '../malice.ts';
import { paramsOf } from '../params.ts';
import { strikeNodes } from '../strike-nodes.ts';

interface Params {
  readonly behaviour: string;
}

const fault: Fault<Params> = {
  summary: 'the target behaves as params.behaviour says (see: list behaviours), and is honest again when it heals',
  needs: ['replica.behave'],
  parse: paramsOf('malice', maliceParams),
  links: () => [],
  strike: ({ cluster, nodes }, { behaviour }) =>
    strikeNodes(nodes, {
      strike: (node) => cluster.behave(node, behaviour),
      takeBack: (node) => cluster.behave(node, null),
    }),
  // That it was told is not enough: it must have done something that an honest replica would not have done.
  bit: ({ nodes, events }) => {
    const deceived = new Set(events.flatMap((event) => (event.type === 'deceived' ? [event.node] : [])));
    return nodes.every((node) => deceived.has(node));
  },
};

export default fault;
