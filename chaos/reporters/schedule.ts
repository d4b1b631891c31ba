import type { Reporter } from '../contracts.ts';

/** The plan itself: a run is replayed from this file alone. */
const reporter: Reporter = {
  summary: 'schedule.json: the plan, with its seed and every strike; all that a replay needs',
  render: ({ recording }) => [{ name: 'schedule.json', content: `${JSON.stringify(recording.plan, null, 2)}\n` }],
};

export default reporter;
