import type { NodeId } from '../../node/contract/ids.ts';
import type { Target } from '../contracts/faults.ts';
import { leaderAmong, running } from '../running.ts';

const target: Target = {
  summary: 'a random replica of the group that does not lead',
  choose: ({ statuses, random }) => {
    const up = running(statuses);
    const leader = leaderAmong(up);
    const group = up.find(({ node }) => node === leader)?.view?.group;
    const belongs = (node: NodeId) =>
      group === undefined || group.voters.includes(node) || group.learners.includes(node);
    return random.sample(
      up.map(({ node }) => node).filter((node) => node !== leader && belongs(node)),
      1,
    );
  },
};

export default target;
