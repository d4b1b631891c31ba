import type { Reporter } from '../contracts/report.ts';
import { convictionsOf } from '../convictions.ts';
import { epochNameOf } from '../epoch-name.ts';
import { renderPage } from './html/page.ts';

/** The run as a page that opens from disk and loads nothing. */
const reporter: Reporter = {
  summary: 'report.html: verdict, charts and counter-example in one file that opens from disk',
  render: async (input) => {
    const epochName = await epochNameOf(input.recording.plan);
    const convictions = await convictionsOf(input.recording);
    return [{ name: 'report.html', content: renderPage(input, epochName, convictions) }];
  },
};

export default reporter;
