import type { Reporter } from '../contracts.ts';
import { serialiseLines } from '../history.ts';

/** The raw history: what was invoked and how it ended. It can be judged again without the system. */
const reporter: Reporter = {
  summary: 'history.jsonl: every operation, one event a line',
  render: ({ recording }) => [{ name: 'history.jsonl', content: serialiseLines(recording.history) }],
};

export default reporter;
